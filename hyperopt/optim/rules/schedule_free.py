"""Schedule-free descent (Defazio et al., 2024): `schedulefree_sgd`, `schedulefree_adamw`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.errors import ConfigError
from hyperopt.optim.rules.rule import Hyper, Rule, State, safe_sqrt
from hyperopt.optim.spaces import LINEAR, UNIT_INTERVAL, Space

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ScheduleFree(Rule):
    """An average x of all iterates z in place of a falling rate; gradients are taken at y, between both.

        z = z - alpha * d                             d from the gradient at y
        c = a**2 / (sum of all a**2 so far)           a the largest alpha so far
        x = (1 - c) * x + c * z
        y = (1 - beta) * z + beta * x

    y holds the trained weights, x those to evaluate. beta is `momentum` in `schedulefree_sgd` and `beta1` in
    `schedulefree_adamw`. Running statistics of batch normalization belong to y. No level above tunes the
    hyperparameters, because a is not differentiable in an alpha that is constant.

    State:
        z: the iterate that the steps move.
        largest: the largest alpha so far.
        total: the sum of the squares of a over all steps.

    References:
        Defazio et al., "The Road Less Scheduled", 2024, https://arxiv.org/abs/2405.15682.
    """

    constants: ClassVar[frozenset[str]] = frozenset({"alpha", "momentum", "beta1", "beta2", "weight_decay"})
    common: ClassVar[frozenset[str]] = frozenset({"largest", "total"})
    interpolation: ClassVar[str]
    """The name of the hyperparameter that is beta."""
    has_weight_decay: bool = False

    def __post_init__(self) -> None:
        if not getattr(self, f"has_{self.interpolation}"):
            raise ConfigError(f"{self.interpolation}=0: a number above 0 is expected, the share of x in y.")

    def space(self, name: str) -> Space:
        return LINEAR if name in ("alpha", "weight_decay") else UNIT_INTERVAL

    @property
    def uses_param(self) -> bool:
        return True

    @property
    def averages(self) -> bool:
        return True

    def init(self, param: Tensor) -> State:
        none = param.new_zeros(())
        return {"z": param.clone(), "largest": none, "total": none}

    def evaluated(self, param: Tensor, state: State, hyper: Hyper) -> Tensor:
        return param.lerp(state["z"], 1 - 1 / hyper[self.interpolation])

    def interpolated(
        self, direction: Tensor, state: State, hyper: Hyper, param: Tensor
    ) -> tuple[Tensor, State]:
        """The update of y for a step of z in a direction, and the next state."""
        alpha, beta, z = hyper["alpha"], hyper[self.interpolation], state["z"]
        largest = alpha.maximum(state["largest"])
        total = state["total"] + largest.square()
        c = (largest.square() / total.where(total > 0, 1.0)).where(total > 0, 0.0)
        if self.has_weight_decay:
            direction = direction + hyper["weight_decay"] * param
        update = c * (param - z) + alpha * (1 - beta * (1 - c)) * direction
        return update, {"z": z - alpha * direction, "largest": largest, "total": total}


@dataclass(frozen=True)
class ScheduleFreeSgd(ScheduleFree):
    """Schedule-free steps along the gradient.

        d = g + weight_decay * y

    Hyperparameters:
        alpha: the learning rate, several times that of plain descent.
        momentum: the share of x in y, above 0.
        weight_decay: the multiple of the weight that is added to the gradient.
    """

    hyperparameters: ClassVar[dict[str, float]] = {"alpha": 1.0, "momentum": 0.9, "weight_decay": 0.0}
    interpolation: ClassVar[str] = "momentum"
    has_momentum: bool = True

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        return self.interpolated(grad, state, hyper, param)


@dataclass(frozen=True)
class ScheduleFreeAdamw(ScheduleFree):
    """Schedule-free steps of Adam without a mean of gradients, with decoupled weight decay.

        v = beta2 * v + (1 - beta2) * g**2            v_hat = v / (1 - beta2**t)
        d = g / (sqrt(v_hat) + eps) + weight_decay * y

    Hyperparameters:
        alpha: the learning rate, several times Adam's.
        beta1: the share of x in y, above 0.
        beta2: the share of v that is kept.
        weight_decay: a step subtracts alpha * weight_decay * y from z.

    State:
        v: the moving mean of squared gradients.

    Options:
        eps: added to a divisor, which could be 0.
    """

    hyperparameters: ClassVar[dict[str, float]] = {
        "alpha": 0.0025,
        "beta1": 0.9,
        "beta2": 0.999,
        "weight_decay": 0.0,
    }
    options: ClassVar[dict[str, Any]] = {"eps": 1e-8}
    interpolation: ClassVar[str] = "beta1"
    has_beta1: bool = True
    eps: float = 1e-8

    def init(self, param: Tensor) -> State:
        return super().init(param) | {"v": param.new_zeros(param.shape)}

    def update(
        self, grad: Tensor, state: State, hyper: Hyper, step: Tensor, param: Tensor
    ) -> tuple[Tensor, State]:
        v = hyper["beta2"] * state["v"] + (1 - hyper["beta2"]) * grad.square()
        direction = grad / (safe_sqrt(v / (1 - hyper["beta2"] ** step)) + self.eps)
        update, after = self.interpolated(direction, state, hyper, param)
        return update, after | {"v": v}
