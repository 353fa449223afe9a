"""Closed forms of the common rules, computed in place of vector-Jacobian products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperopt.optim.closed_forms.closed_form import GRADIENT, ClosedForm, Update
from hyperopt.optim.closed_forms.decoupled import Decoupled
from hyperopt.optim.closed_forms.gradients import AdagradForm, MomentumForm, RmspropForm, SgdForm
from hyperopt.optim.closed_forms.moments import AdabeliefForm, AdamForm, AmsgradForm, NadamForm
from hyperopt.optim.rules import Rule
from hyperopt.optim.rules.adabelief import Adabelief
from hyperopt.optim.rules.adagrad import Adagrad
from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.adamw import Adamw
from hyperopt.optim.rules.amsgrad import Amsgrad
from hyperopt.optim.rules.nadam import Nadam
from hyperopt.optim.rules.nadamw import Nadamw
from hyperopt.optim.rules.rmsprop import Rmsprop
from hyperopt.optim.rules.sgd import Sgd

CLOSED_FORMS: dict[type[Rule], tuple[Callable[[Any], ClosedForm[Any]], ...]] = {
    Sgd: (SgdForm, MomentumForm),
    Adam: (AdamForm,),
    Adamw: (lambda rule: Decoupled(rule, AdamForm(rule)),),
    Nadam: (NadamForm,),
    Nadamw: (lambda rule: Decoupled(rule, NadamForm(rule)),),
    Adagrad: (AdagradForm,),
    Rmsprop: (RmspropForm,),
    Adabelief: (AdabeliefForm,),
    Amsgrad: (AmsgradForm,),
}

__all__ = ["CLOSED_FORMS", "GRADIENT", "ClosedForm", "Update", "closed_form"]


def closed_form(rule: Rule) -> ClosedForm[Any] | None:
    """The closed form of a rule; None if it has none for these habits and options."""
    forms = (form(rule) for form in CLOSED_FORMS.get(type(rule), ()))
    return next((form for form in forms if form.applies()), None)
