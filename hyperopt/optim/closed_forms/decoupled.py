"""The closed form of decoupled weight decay, around that of a rule."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from hyperopt.optim.closed_forms.closed_form import ClosedForm, Numbers, R, Scalar, Update, dot, over


class Decoupled(ClosedForm[R]):
    """The form of a rule without decay, with w -= alpha * weight_decay * w added.

    The weights w' before an update are not kept. With u the step without decay, they are
    w' = (w + u) / (1 - alpha * weight_decay), and the sums give <c, u>, where c is the cotangent. If
    alpha * weight_decay is 1, w tells nothing of w', and the slope through w' is taken as 0.
    """

    def __init__(self, rule: R, form: ClosedForm[R]) -> None:
        super().__init__(rule)
        self._form = form
        self.keeps = form.keeps

    @property
    def decays_gradient(self) -> bool:
        return False

    def coefficients(self, hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        decay = {"decay": hyper["alpha"] * hyper["weight_decay"]} if self.rule.uses_param else {}
        return self._form.coefficients(hyper, step) | decay

    def move(self, u: Update) -> Tensor:
        step = self._form.move(u)
        if u.param is None or not self.rule.uses_param:
            return step
        return step.add_(u.param * u.numbers["decay"])

    def sums(self, cotangent: Tensor, u: Update) -> Sequence[Tensor]:
        sums = self._form.sums(cotangent, u)
        if u.param is None or not self.rule.uses_param:
            return sums
        return *sums, dot(cotangent, u.param)

    def gradient(self, sums: Sequence[Scalar], hyper: Numbers, step: Scalar) -> dict[str, Scalar]:
        if not self.rule.uses_param:
            return self._form.gradient(sums, hyper, step)
        *of_form, of_param = sums
        slopes = self._form.gradient(of_form, hyper, step)
        alpha, decay = hyper["alpha"], hyper["weight_decay"]
        of_former = over(of_param - alpha * slopes["alpha"], 1 - alpha * decay)
        alpha_slope = slopes["alpha"] - decay * of_former
        return slopes | {"alpha": alpha_slope, "weight_decay": -alpha * of_former}
