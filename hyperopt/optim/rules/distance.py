"""The common part of Prodigy and D-adaptation: a rate that is an estimate of a distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.rule import Hyper, Rule, State
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class DistanceEstimate(Rule):
    """Adam whose rate is an estimate d of the distance from the start to the solution; d never falls.

    A subclass defines the sums over all parameters for the estimate, and the update.

        l = d * alpha                                 times sqrt(1 - beta2**t) / (1 - beta1**t) if corrected

    State:
        m, v: Adam's moving means.
        s: a moving sum of gradients.
        n: the numerator of the estimate.
        d: the estimate.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 1.0,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
        "d0": 1e-6,
    }
    options: ClassVar[dict[str, Any]] = {"eps": 1e-8, "bias_correction": False}
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)
    common: ClassVar[frozenset[str]] = frozenset({"n", "d"})
    has_weight_decay: bool = False
    eps: float = 1e-8
    bias_correction: bool = False

    def space(self, name: str) -> Space:
        return UNIT_INTERVAL if name in ("beta1", "beta2") else LINEAR

    @property
    def summed(self) -> tuple[str, ...]:
        return ("numerator", "denominator")

    def init(self, param: Tensor) -> State:
        none = param.new_zeros(())
        return {name: param.new_zeros(param.shape) for name in ("m", "v", "s")} | {"n": none, "d": none}

    def effective_rate(self, state: State, hyper: Hyper) -> Tensor:
        """The estimate d times alpha, not corrected for the start of Adam's means."""
        return state["d"] * hyper["alpha"]

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The estimate `d`."""
        return {"d": next(iter(states.values()))["d"]}

    def estimate(self, state: State, hyper: Hyper, step: Tensor) -> Tensor:
        """The estimate d before a step."""
        return hyper["d0"].where(step == 1, state["d"])

    def rate(self, state: State, hyper: Hyper, step: Tensor) -> Tensor:
        """The rate l, corrected for the start of Adam's means if `bias_correction` is set."""
        rate = self.estimate(state, hyper, step) * hyper["alpha"]
        if self.bias_correction:
            rate = rate * (1 - hyper["beta2"] ** step).sqrt() / (1 - hyper["beta1"] ** step)
        return rate
