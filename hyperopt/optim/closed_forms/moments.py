"""Closed forms of Adam and its relatives: a mean of gradients over the root of a mean of squares.

All of them are w -= alpha * n / (sqrt(x / c2) + eps). Here n combines g and m, x is a mean of squares, and
c2 = 1 - beta2**t. With r = sqrt(x) and k = sqrt(c2), the denominator is (r + eps k) / k. So with
q = c / (r + eps k), where c is the cotangent, and w = 1 / (r (r + eps k)), the slope in n is -alpha k q, and
the slope in x is alpha k q n w / 2.

The state before an update follows from the state after it: m' - g = (m - g) / beta1, and
v' - g**2 = (v - g**2) / beta2. So four sums suffice: <q, m>, <q, g>, <q n, w x>, <q n, w g**2>. Each element
takes one division, because 1 / (r + eps k) = w r.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hyperopt.optim.closed_forms.closed_form import (
    ClosedForm,
    Numbers,
    Scalar,
    Update,
    dot,
    inverse,
    mean,
    over,
    root_of,
)
from hyperopt.optim.rules.adabelief import Adabelief
from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.amsgrad import Amsgrad
from hyperopt.optim.rules.nadam import Nadam


class AdamForm(ClosedForm[Adam]):
    """n = m / c1, where c1 = 1 - beta1**t; x = v."""

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        k = root_of_correction(hyper, step)
        scale = hyper["alpha"] * k * inverse(1 - hyper["beta1"] ** step)
        eps = self.rule.eps if self.rule.eps_before_correction else self.rule.eps * k
        return betas(hyper) | {"eps": eps + 0 * k, "scale": scale}

    def move(self, u: Update) -> Tensor:
        m = mean(u.memory["m"], u.grad, u.numbers["beta1"])
        v = mean(u.memory["v"], u.grad.square(), u.numbers["beta2"])
        return (m / v.sqrt().add_(u.numbers["eps"])).mul_(u.numbers["scale"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        v = u.memory["v"]
        inv, w = inverses(v, u.numbers["eps"])
        q = inv.mul_(cotangent)
        sums = dot(q, u.memory["m"]), dot(q, u.grad)
        return *sums, *in_squares(q.mul_(u.memory["m"]), w, v, u.grad)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_m, of_g, of_x, of_square = sums
        alpha, beta1, beta2 = hyper["alpha"], hyper["beta1"], hyper["beta2"]
        scale = root_of_correction(hyper, step) * inverse(1 - beta1**step)
        corrected = of_m if self.rule.eps_before_correction else of_x
        in_square = over(of_x - of_square, beta2) + corrected * growth(beta2, step)
        return {
            "alpha": -scale * of_m,
            "beta1": -alpha * scale * (over(of_m - of_g, beta1) + of_m * growth(beta1, step)),
            "beta2": alpha * scale * in_square / 2,
        }


class NadamForm(ClosedForm[Nadam]):
    """n = today g + tomorrow m, and x = v."""

    def shares(self, hyper: Numbers, step: Scalar) -> tuple[Scalar, ...]:
        """The shares of g and of m in n, and the slopes of both in beta1."""
        beta1, rule = hyper["beta1"], self.rule
        mu, mu_next = beta1 * rule.warmth(step), beta1 * rule.warmth(step + 1)
        start = rule.start(step) if isinstance(step, Tensor) else rule.start(torch.tensor(step)).item()
        product = beta1**step * start
        product_next = product * mu_next
        rest, rest_next = inverse(1 - product), inverse(1 - product_next)
        today, tomorrow = (1 - mu) * rest, mu_next * rest_next
        of_product = step * beta1 ** (step - 1) * start
        of_next = (step + 1) * product * rule.warmth(step + 1)
        slope = today * rest * of_product - rule.warmth(step) * rest
        return today, tomorrow, slope, rule.warmth(step + 1) * rest_next + tomorrow * rest_next * of_next

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        today, tomorrow, *_ = self.shares(hyper, step)
        k = root_of_correction(hyper, step)
        shares = {"today": today, "tomorrow": tomorrow}
        return betas(hyper) | shares | {"eps": self.rule.eps * k, "scale": hyper["alpha"] * k}

    def direction(self, u: Update) -> Tensor:
        """The vector n, after the update of m."""
        return u.grad.mul(u.numbers["today"]).add_(u.memory["m"].mul(u.numbers["tomorrow"]))

    def move(self, u: Update) -> Tensor:
        mean(u.memory["m"], u.grad, u.numbers["beta1"])
        v = mean(u.memory["v"], u.grad.square(), u.numbers["beta2"])
        return self.direction(u).div_(v.sqrt().add_(u.numbers["eps"])).mul_(u.numbers["scale"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        m, v = u.memory["m"], u.memory["v"]
        inv, w = inverses(v, u.numbers["eps"])
        q = inv.mul_(cotangent)
        sums = dot(q, m), dot(q, u.grad)
        return *sums, *in_squares(self.direction(u).mul_(q), w, v, u.grad)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_m, of_g, of_x, of_square = sums
        alpha, beta1, beta2 = hyper["alpha"], hyper["beta1"], hyper["beta2"]
        k = root_of_correction(hyper, step)
        today, tomorrow, today_slope, tomorrow_slope = self.shares(hyper, step)
        in_mean = tomorrow * over(of_m - of_g, beta1) + tomorrow_slope * of_m + today_slope * of_g
        in_square = over(of_x - of_square, beta2) + of_x * growth(beta2, step)
        return {
            "alpha": -k * (today * of_g + tomorrow * of_m),
            "beta1": -alpha * k * in_mean,
            "beta2": alpha * k * in_square / 2,
        }


class AmsgradForm(ClosedForm[Amsgrad]):
    """n = m / c1, and x is the largest v so far, which depends on this beta2 only where it is this v."""

    def applies(self) -> bool:
        return self.rule.amsgrad_running_maximum

    def corrections(self, hyper: Numbers, step: Scalar) -> tuple[Scalar, Scalar]:
        """The factors 1 / c1 and k, both 1 without the correction."""
        if not self.rule.amsgrad_bias_correction:
            return 1.0, 1.0
        return inverse(1 - hyper["beta1"] ** step), root_of_correction(hyper, step)

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        start, k = self.corrections(hyper, step)
        scale = hyper["alpha"] * k * start
        return betas(hyper) | {"eps": self.rule.eps * k + 0 * scale, "scale": scale}

    def move(self, u: Update) -> Tensor:
        m = mean(u.memory["m"], u.grad, u.numbers["beta1"])
        v = mean(u.memory["v"], u.grad.square(), u.numbers["beta2"])
        largest = u.memory["v_max"].copy_(v.maximum(u.memory["v_max"]))
        return (m / largest.sqrt().add_(u.numbers["eps"])).mul_(u.numbers["scale"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        largest = u.memory["v_max"]
        inv, w = inverses(largest, u.numbers["eps"])
        q = inv.mul_(cotangent)
        qn = q * u.memory["m"]
        today, of_x = qn * (u.memory["v"] == largest), w * largest
        return (
            qn.sum(),
            dot(q, u.grad),
            dot(qn, of_x),
            dot(today, of_x),
            dot(today, (w * u.grad).mul_(u.grad)),
        )

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_m, of_g, of_x, of_today, of_square = sums
        alpha, beta1, beta2 = hyper["alpha"], hyper["beta1"], hyper["beta2"]
        start, k = self.corrections(hyper, step)
        in_mean, in_square = over(of_m - of_g, beta1), over(of_today - of_square, beta2)
        if self.rule.amsgrad_bias_correction:
            in_mean, in_square = in_mean + of_m * growth(beta1, step), in_square + of_x * growth(beta2, step)
        return {
            "alpha": -k * start * of_m,
            "beta1": -alpha * k * start * in_mean,
            "beta2": alpha * k * start * in_square / 2,
        }


class AdabeliefForm(ClosedForm[Adabelief]):
    """n = m / c1, and x is a moving mean of (g - m)**2 that gains eps; it depends on beta1, too."""

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        k = root_of_correction(hyper, step)
        scale = hyper["alpha"] * k * inverse(1 - hyper["beta1"] ** step)
        return betas(hyper) | {"eps": self.rule.eps * k, "scale": scale}

    def move(self, u: Update) -> Tensor:
        m = mean(u.memory["m"], u.grad, u.numbers["beta1"])
        s = mean(u.memory["s"], (u.grad - m).square_(), u.numbers["beta2"]).add_(self.rule.eps)
        return (m / s.sqrt().add_(u.numbers["eps"])).mul_(u.numbers["scale"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        m, s = u.memory["m"], u.memory["s"]
        inv, w = inverses(s, u.numbers["eps"])
        q = inv.mul_(cotangent)
        qn = q * m
        mean_of_squares, square = (s - self.rule.eps).mul_(w), (u.grad - m).square_().mul_(w)
        return qn.sum(), dot(q, u.grad), dot(qn, w * s), dot(qn, mean_of_squares), dot(qn, square)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        of_m, of_g, of_x, of_mean, of_square = sums
        alpha, beta1, beta2 = hyper["alpha"], hyper["beta1"], hyper["beta2"]
        c2 = 1 - beta2**step
        scale = c2**0.5 * inverse(1 - beta1**step)
        in_mean = over(of_m - of_g, beta1) + of_m * growth(beta1, step)
        in_square = over(of_mean - of_square, beta2) + of_x * growth(beta2, step)
        return {
            "alpha": -scale * of_m,
            "beta1": alpha * scale * ((1 - beta2) * over(of_square, beta1) - in_mean),
            "beta2": alpha * scale * in_square / 2,
        }


def inverses(x: Tensor, eps: Scalar) -> tuple[Tensor, Tensor]:
    """The vectors 1 / (r + eps) and w = 1 / (r (r + eps)), with r the root of `x`."""
    r = root_of(x)
    w = (x + eps * r if isinstance(eps, Tensor) else torch.add(x, r, alpha=eps)).reciprocal_()
    return r.mul_(w), w


def in_squares(qn: Tensor, w: Tensor, x: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """The sums <q n, w x> and <q n, w g**2>; `qn` is overwritten."""
    qnw = qn.mul_(w)
    of_x = dot(qnw, x)
    return of_x, dot(qnw.mul_(grad), grad)


def betas(hyper: Numbers) -> dict[str, Scalar]:
    """The decay rates of both means."""
    return {"beta1": hyper["beta1"], "beta2": hyper["beta2"]}


def root_of_correction(hyper: Numbers, step: Scalar) -> Scalar:
    """The number k, the root of 1 - beta2**t."""
    return (1 - hyper["beta2"] ** step) ** 0.5


def growth(beta: Scalar, step: Scalar) -> Scalar:
    """The slope of -log(1 - beta**t) in beta: the relative growth of a correction for the start."""
    return step * beta ** (step - 1) * inverse(1 - beta**step)
