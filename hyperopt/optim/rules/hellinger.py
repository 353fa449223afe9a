"""Hyper-regularization by the squared Hellinger distance: `hellinger1`, `hellinger2`, `hellinger3`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from hyperopt.optim.rules.hyper_regularization import PAST_POLE, HyperRegularization, iterations

if TYPE_CHECKING:
    from torch import Tensor


class Hellinger(HyperRegularization):
    """phi(t) = (sqrt(t) - 1)**2, phi'(t) = 1 - 1 / sqrt(t)."""

    largest: ClassVar[tuple[float, float]] = (4 - 2 * math.sqrt(2), 1 - math.sqrt(0.5))
    pole: ClassVar[float] = 1.0

    def exact(self, c: Tensor) -> Tensor:
        """The growth to r = (1 + s)**2 with s (1 + s)**3 = c, by Newton's method from above."""
        s = c.minimum(c.sqrt().sqrt())
        for _ in range(iterations(clipped=self.growth_clip)):
            s = s - (s * (1 + s) ** 3 - c) / ((1 + s).square() * (1 + 4 * s))
        return 2 * s + s.square()

    def alternating(self, c: Tensor) -> Tensor:
        """The growth to r = 1 / (1 - c)**2."""
        return c * (2 - c) / (1 - c).square()


class Hellinger1(Hellinger):
    """Exact: r**2 - r**1.5 = c."""

    algorithm: ClassVar[int] = 1
    nested_reads: ClassVar[bool] = True


class Hellinger2(Hellinger):
    """Alternating, with a step by the new beta: r = 1 / (1 - c)**2."""

    algorithm: ClassVar[int] = 2
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Hellinger.habits | PAST_POLE


class Hellinger3(Hellinger):
    """Alternating, with a step by the old beta: r = 1 / (1 - c)**2."""

    algorithm: ClassVar[int] = 3
    habits: ClassVar[dict[str, tuple[Any, Any]]] = Hellinger.habits | PAST_POLE
