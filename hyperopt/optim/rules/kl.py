"""Hyper-regularization by the Kullback-Leibler divergence: `kl1`, `kl2`, `kl3`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.hyper_regularization import HyperRegularization, iterations

if TYPE_CHECKING:
    from torch import Tensor


class Kl(HyperRegularization):
    """phi(t) = t log t - t + 1, phi'(t) = log t."""

    largest: ClassVar[tuple[float, float]] = (4 * math.log(2), math.log(2))

    def exact(self, c: Tensor) -> Tensor:
        """The growth to r = exp(l) with l exp(2 l) = c, by Newton's method from above."""
        log = c.minimum((2 * c).log1p() / 2)
        for _ in range(iterations(clipped=self.growth_clip)):
            log = log - (log - c * (-2 * log).exp()) / (1 + 2 * log)
        return log.expm1()

    def alternating(self, c: Tensor) -> Tensor:
        """The growth to r = exp(c)."""
        return c.expm1()


class Kl1(Kl):
    """Exact: r**2 log r = c."""

    algorithm: ClassVar[int] = 1


class Kl2(Kl):
    """Alternating, with a step by the new beta: r = exp(c)."""

    algorithm: ClassVar[int] = 2


class Kl3(Kl):
    """Alternating, with a step by the old beta: r = exp(c)."""

    algorithm: ClassVar[int] = 3
