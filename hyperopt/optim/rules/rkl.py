"""Hyper-regularization by the reverse Kullback-Leibler divergence: `rkl1`, `rkl2`, `rkl3`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.hyper_regularization import PAST_POLE, HyperRegularization

if TYPE_CHECKING:
    from torch import Tensor


class Rkl(HyperRegularization):
    """phi(t) = t - log t - 1, phi'(t) = 1 - 1 / t."""

    largest: ClassVar[tuple[float, float]] = (2.0, 0.5)
    pole: ClassVar[float] = 1.0

    def exact(self, c: Tensor) -> Tensor:
        """The growth to r = (1 + sqrt(1 + 4 c)) / 2."""
        return 2 * c / (1 + (1 + 4 * c).sqrt())

    def alternating(self, c: Tensor) -> Tensor:
        """The growth to r = 1 / (1 - c)."""
        return c / (1 - c)


class Rkl1(Rkl):
    """Exact: r = (1 + sqrt(1 + 4 c)) / 2."""

    algorithm: ClassVar[int] = 1


class Rkl2(Rkl):
    """Alternating, with a step by the new beta: r = 1 / (1 - c)."""

    algorithm: ClassVar[int] = 2
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Rkl.habits | PAST_POLE


@dataclass(frozen=True)
class Rkl3(Rkl):
    """Alternating, with a step by the old beta: r = 1 / (1 - c).

    Habits:
        rkl3_as_rkl2: whether the step is by the new beta, as in the report's code, where both rules are one
            (docs/reports/hyper_regularization.md, "Update rules").
    """

    algorithm: ClassVar[int] = 3
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Rkl.habits | PAST_POLE | {"rkl3_as_rkl2": (False, True)}
    rkl3_as_rkl2: bool = False

    @property
    def steps_with_old(self) -> bool:
        return not self.rkl3_as_rkl2
