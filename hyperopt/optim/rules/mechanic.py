"""Mechanic (Cutkosky, Defazio and Mehta, 2023) around a rule: `mechanic_sgd`, `mechanic_adamw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.adamw import Adamw
from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt
from hyperopt.optim.rules.sgd import Sgd
from hyperopt.optim.spaces import LINEAR, Space

if TYPE_CHECKING:
    from torch import Tensor

HORIZONS = (0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
SCALE = 1e-8
DECAY = 0.01
OWN: dict[str, float] = {"s0": SCALE, "scale_decay": DECAY}


@dataclass(frozen=True)
class Mechanic(Rule):
    """Any rule, with a scale s, summed over six horizons b, for its whole displacement D from w0.

        h = <D, g + scale_decay * s * |g| / |w'| * w'>           w' = w - u, |.| and <,> over all parameters
        D = D - u                                     u the rule's own update
        m = max(b * m, |h|)                           from 1e-6
        q = b**2 * q + h**2
        r = max(0, b * r - s_b * h)                   s_b the part of s with this b
        s_b = (s0 / 6 * m + r) / (sqrt(q) + eps)
        w = w0 + max(0, sum of s_b) * D

    To put it around another rule, write `class Mine(Mechanic, Other)`. Its `hyperparameters` are those of
    Other and `OWN`, all of them `constants`, because Mechanic itself tunes the rate. The formulas are those
    of the authors' package with `store_delta`. As in the paper, h is not clipped; other published code clips
    it.

    Hyperparameters, too:
        s0: the initial scale.
        scale_decay: how strongly large weights pull s down.

    State:
        start: w0, the weights before the first step.
        way: D.
        s: s_b for every horizon.
        q: the decaying sum of squared h for every horizon.
        r: the accumulated gain for every horizon.
        largest: m for every horizon.

    References:
        Cutkosky, Defazio and Mehta, "Mechanic: A Learning Rate Tuner", 2023, https://arxiv.org/abs/2306.00144.
    """

    elementwise: ClassVar[bool] = False
    common: ClassVar[frozenset[str]] = frozenset({"s", "q", "r", "largest"})

    def space(self, name: str) -> Space:
        return LINEAR if name in OWN else super().space(name)

    @property
    def uses_param(self) -> bool:
        return True

    @property
    def summed(self) -> tuple[str, ...]:
        return ("way_gradient", "way_weight", "gradient", "weight")

    def init(self, param: Tensor) -> State:
        zeros, none = param.new_zeros(param.shape), param.new_zeros(len(HORIZONS))
        state = {"start": param.clone(), "way": zeros, "largest": none + 1e-6}
        return super().init(param) | state | dict.fromkeys(("s", "q", "r"), none)

    def accumulate(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Tensor:
        return grad

    def sums(self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor) -> Hyper:
        moved = param - self._own(grad, state, hyper, step, param)[0]
        way = state["way"]
        return {
            "way_gradient": (way * grad).sum(),
            "way_weight": (way * moved).sum(),
            "gradient": grad.square().sum(),
            "weight": moved.square().sum(),
        }

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        import torch

        own, after = self._own(grad, state, hyper, step, param)
        b, s = torch.tensor(HORIZONS, dtype=grad.dtype, device=grad.device), state["s"]
        pull = hyper["scale_decay"] * s.sum() * safe_sqrt(hyper["gradient"])
        h = hyper["way_gradient"] + pull / (safe_sqrt(hyper["weight"]) + SCALE) * hyper["way_weight"]
        largest = (b * state["largest"]).maximum(h.abs())
        q = b.square() * state["q"] + h.square()
        r = (b * state["r"] - s * h).clamp(min=0)
        s = (largest * hyper["s0"] / len(HORIZONS) + r) / (safe_sqrt(q) + SCALE)
        way = state["way"] - own
        after |= {"start": state["start"], "way": way, "s": s, "q": q, "r": r, "largest": largest}
        return param - (state["start"] + s.sum().clamp(min=0) * way), after

    def _own(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        """The update of the rule itself, and its next state."""
        direction = super().accumulate(grad, state, hyper, step, param)
        return super().update(direction, state, hyper, step, param)

    def effective_rate(self, state: State, hyper: Hyper) -> Tensor:
        """The scale of the whole displacement times the rule's own alpha."""
        return state["s"].sum().clamp(min=0) * hyper["alpha"]

    def diagnostics(self, states: Mapping[str, State]) -> dict[str, Tensor]:
        """The `scale`, the sum of s over its horizons."""
        return {"scale": next(iter(states.values()))["s"].sum()}


@dataclass(frozen=True)
class MechanicSgd(Mechanic, Sgd):
    """Mechanic around gradient descent."""

    hyperparameters: ClassVar[dict[str, float]] = Sgd.hyperparameters | OWN
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)


@dataclass(frozen=True)
class MechanicAdamw(Mechanic, Adamw):
    """Mechanic around AdamW."""

    hyperparameters: ClassVar[dict[str, float]] = Adamw.hyperparameters | OWN
    constants: ClassVar[frozenset[str]] = frozenset(hyperparameters)
    options: ClassVar[dict[str, Any]] = Adamw.options
