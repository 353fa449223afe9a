"""Closed forms of SGD, and of gradients over the root of a sum or mean of squares: AdaGrad, RMSProp."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from hyperopt.optim.closed_forms.closed_form import (
    ClosedForm,
    Numbers,
    Scalar,
    Update,
    dot,
    mean,
    over,
    root_of,
)
from hyperopt.optim.rules.adagrad import Adagrad
from hyperopt.optim.rules.rmsprop import Rmsprop
from hyperopt.optim.rules.sgd import Sgd


class SgdForm(ClosedForm[Sgd]):
    """w -= alpha * g, without momentum."""

    def applies(self) -> bool:
        return not self.rule.has_momentum

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": hyper["alpha"]}

    def move(self, u: Update) -> Tensor:
        return u.grad.mul(u.numbers["alpha"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        return (dot(cotangent, u.grad),)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": -sums[0]}


class MomentumForm(ClosedForm[Sgd]):
    """w -= alpha * b, with b = momentum * b' + g; Nesterov's choice has b + momentum * (b - b') for b."""

    keeps = "buffer"

    def applies(self) -> bool:
        return self.rule.has_momentum and not self.rule.has_dampening

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": hyper["alpha"], "momentum": hyper["momentum"]}

    def move(self, u: Update) -> Tensor:
        momentum, b = u.numbers["momentum"], u.memory["buffer"]
        b.mul_(momentum).add_(u.grad)
        direction = b.mul(momentum).add_(u.grad) if self.rule.nesterov else b
        return direction.mul(u.numbers["alpha"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        return dot(cotangent, u.memory["buffer"]), dot(cotangent, u.grad)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_b, of_before = sums
        alpha, momentum = hyper["alpha"], hyper["momentum"]
        if self.rule.nesterov:
            alpha_slope = of_b + momentum * (of_b - of_before)
            return {"alpha": -alpha_slope, "momentum": -alpha * (of_b + momentum * of_before)}
        return {"alpha": -of_b, "momentum": -alpha * of_before}


class AdagradForm(ClosedForm[Adagrad]):
    """w -= alpha * g / (sqrt(G) + eps)."""

    def divisor(self, total: Tensor) -> Tensor:
        """The divisor of g."""
        return (
            (total + self.rule.eps).sqrt_() if self.rule.eps_inside_root else total.sqrt().add_(self.rule.eps)
        )

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": hyper["alpha"]}

    def move(self, u: Update) -> Tensor:
        total = u.memory["sum"].add_(u.grad.square())
        return (u.grad / self.divisor(total)).mul_(u.numbers["alpha"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        return (dot(cotangent, u.grad / self.divisor(u.memory["sum"])),)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": -sums[0]}


class RmspropForm(ClosedForm[Rmsprop]):
    """w -= alpha * g / (sqrt(s) + eps); the slope of s in gamma is s' - g**2 = (s - g**2) / gamma."""

    def root(self, s: Tensor) -> Tensor:
        """The root in the divisor; its slope in s is 1 / (2 root)."""
        return (s + self.rule.eps).sqrt_() if self.rule.eps_inside_root else root_of(s)

    def divisor(self, root: Tensor) -> Tensor:
        """The divisor of g."""
        return root if self.rule.eps_inside_root else root + self.rule.eps

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        return {"alpha": hyper["alpha"], "gamma": hyper["gamma"]}

    def move(self, u: Update) -> Tensor:
        s = mean(u.memory["s"], u.grad.square(), u.numbers["gamma"])
        return (u.grad / self.divisor(self.root(s))).mul_(u.numbers["alpha"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        s, g = u.memory["s"], u.grad
        root = self.root(s)
        divisor = self.divisor(root)
        q = cotangent * g / divisor
        slope = q / divisor / root
        return q.sum(), dot(slope, s), dot(slope, g.square())

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_g, of_s, of_square = sums
        return {"alpha": -of_g, "gamma": hyper["alpha"] * over(of_s - of_square, hyper["gamma"]) / 2}
