"""Hyper-regularization by the chi-squared divergence: `chi1`, `chi2`, `chi3`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hyperopt.optim.rules.hyper_regularization import HyperRegularization, iterations

if TYPE_CHECKING:
    from torch import Tensor


class Chi(HyperRegularization):
    """phi(t) = (t - 1)**2, phi'(t) = 2 (t - 1)."""

    largest: ClassVar[tuple[float, float]] = (8.0, 2.0)

    def exact(self, c: Tensor) -> Tensor:
        """The growth to r = 1 + s with s (1 + s)**2 = c / 2, by Newton's method from above."""
        s = (c / 2).minimum((c / 2) ** (1 / 3))
        for _ in range(iterations(clipped=self.growth_clip)):
            s = s - (s * (1 + s).square() - c / 2) / ((1 + s) * (1 + 3 * s))
        return s

    def alternating(self, c: Tensor) -> Tensor:
        """The growth to r = 1 + c / 2."""
        return c / 2


class Chi1(Chi):
    """Exact: 2 r**2 (r - 1) = c."""

    algorithm: ClassVar[int] = 1
    nested_reads: ClassVar[bool] = True


class Chi2(Chi):
    """Alternating, with a step by the new beta: r = 1 + c / 2."""

    algorithm: ClassVar[int] = 2


class Chi3(Chi):
    """Alternating, with a step by the old beta: r = 1 + c / 2."""

    algorithm: ClassVar[int] = 3
