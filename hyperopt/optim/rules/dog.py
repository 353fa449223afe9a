"""Distance over gradients, DoG (Ivgi, Hinder and Carmon, 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Dog(Rule):
    """Gradient descent whose rate is the largest distance from the start over the norm of all gradients.

        r = max(r, |w - w0|)                          at the first step r = reps * (1 + |w0|)
        G = G + |g|**2                                at the first step eps + |g|**2
        w = w - alpha * r / sqrt(G) * g               |.| over all parameters
        x = (1 - c) * x + c * w                       c = (1 + decay) / (t + decay)

    x, an average in which late weights count most, is evaluated; the paper calls it essential.

    Hyperparameters, none of which is tuned:
        alpha: multiplies the rate.
        reps: the first distance, in units of 1 + |w0|.

    State:
        start: w0, the weights before the first step.
        average: x, if it is evaluated.
        r: the largest distance.
        G: the sum of squared gradients.

    Options:
        average: whether x is evaluated, or the weights themselves.
        average_decay: how much more late weights count, `decay` above.
        eps: the initial value of G.

    References:
        Ivgi, Hinder and Carmon, "DoG is SGD's Best Friend: A Parameter-Free Dynamic Step Size Schedule",
        2023, https://arxiv.org/abs/2302.12022; Shamir and Zhang, "Stochastic Gradient Descent for Non-smooth
        Optimization", 2013, https://arxiv.org/abs/1212.1824, for x.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 1.0, "reps": 1e-6}
    options: ClassVar[dict[str, Any]] = {"average": True, "average_decay": 8.0, "eps": 1e-8}
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)
    common: ClassVar[frozenset[str]] = frozenset({"r", "G"})
    average: bool = True
    average_decay: float = 8.0
    eps: float = 1e-8

    @property
    def uses_param(self) -> bool:
        return True

    @property
    def averages(self) -> bool:
        return self.average

    @property
    def summed(self) -> tuple[str, ...]:
        return ("distance", "start", "gradient")

    def init(self, param: Tensor) -> State:
        none = param.new_zeros(())
        state = {"start": param.clone(), "r": none, "G": none}
        return state | {"average": param.clone()} if self.average else state

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        start = state["start"]
        squares = {"distance": param - start, "start": start, "gradient": grad}
        return {name: value.square().sum() for name, value in squares.items()}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        first = hyper["reps"] * (1 + safe_sqrt(hyper["start"]))
        r = first.where(step == 1, state["r"].maximum(safe_sqrt(hyper["distance"])))
        G = state["G"].where(step > 1, self.eps) + hyper["gradient"]
        update = hyper["alpha"] * r / G.sqrt() * grad
        after = {"start": state["start"], "r": r, "G": G}
        if self.average:
            share = (1 + self.average_decay) / (step + self.average_decay)
            after["average"] = (1 - share) * state["average"] + share * (param - update)
        return update, after

    def evaluated(self, param: Tensor, state: State, hyper: Hyper) -> Tensor:
        return state["average"] if self.average else param

    def effective_rate(self, state: State, hyper: Hyper) -> Tensor:
        """The factor of the gradient."""
        return hyper["alpha"] * state["r"] / state["G"].sqrt()

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The largest distance `r`, and the `rate` r / sqrt(G)."""
        some = next(iter(states.values()))
        return {"r": some["r"], "rate": some["r"] / some["G"].sqrt()}
