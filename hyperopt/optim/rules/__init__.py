"""Update rules, one per file. Importing them does not import torch."""

from __future__ import annotations

from hyperopt.optim.errors import ConfigError, unknown
from hyperopt.optim.own import WRITTEN, own_class
from hyperopt.optim.rules.adabelief import Adabelief
from hyperopt.optim.rules.adagrad import Adagrad
from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.adamw import Adamw
from hyperopt.optim.rules.amsgrad import Amsgrad
from hyperopt.optim.rules.chi import Chi1, Chi2, Chi3
from hyperopt.optim.rules.dadapt_adam import DadaptAdam
from hyperopt.optim.rules.dog import Dog
from hyperopt.optim.rules.hellinger import Hellinger1, Hellinger2, Hellinger3
from hyperopt.optim.rules.kl import Kl1, Kl2, Kl3
from hyperopt.optim.rules.lion import Lion
from hyperopt.optim.rules.mechanic import MechanicAdamw, MechanicSgd
from hyperopt.optim.rules.nadam import Nadam
from hyperopt.optim.rules.nadamw import Nadamw
from hyperopt.optim.rules.prodigy import Prodigy
from hyperopt.optim.rules.rkl import Rkl1, Rkl2, Rkl3
from hyperopt.optim.rules.rmsprop import Rmsprop
from hyperopt.optim.rules.rule import Rule
from hyperopt.optim.rules.schedule_free import ScheduleFreeAdamw, ScheduleFreeSgd
from hyperopt.optim.rules.sgd import Sgd
from hyperopt.optim.rules.sgd_steroids import SgdSteroids

RULES: dict[str, type[Rule]] = {
    "sgd": Sgd,
    "adam": Adam,
    "adamw": Adamw,
    "nadam": Nadam,
    "nadamw": Nadamw,
    "adagrad": Adagrad,
    "rmsprop": Rmsprop,
    "sgd_steroids": SgdSteroids,
    "adabelief": Adabelief,
    "amsgrad": Amsgrad,
    "lion": Lion,
    "schedulefree_sgd": ScheduleFreeSgd,
    "schedulefree_adamw": ScheduleFreeAdamw,
    "prodigy": Prodigy,
    "dadapt_adam": DadaptAdam,
    "dog": Dog,
    "mechanic_sgd": MechanicSgd,
    "mechanic_adamw": MechanicAdamw,
    "kl1": Kl1,
    "kl2": Kl2,
    "kl3": Kl3,
    "rkl1": Rkl1,
    "rkl2": Rkl2,
    "rkl3": Rkl3,
    "hellinger1": Hellinger1,
    "hellinger2": Hellinger2,
    "hellinger3": Hellinger3,
    "chi1": Chi1,
    "chi2": Chi2,
    "chi3": Chi3,
}

__all__ = ["RULES", "Rule", "find"]


def find(name: str) -> type[Rule]:
    """The rule called `name`: one of RULES, or `package.module:Class` from the path or the current folder.

    Raises:
        ConfigError: there is no such rule, module or class, or the class is not a Rule with an alpha.
    """
    if name in RULES:
        return RULES[name]
    if ":" not in name:
        raise unknown("rule", name, (*RULES, WRITTEN))
    rule = own_class("rule", name, Rule)
    if "alpha" not in getattr(rule, "hyperparameters", {}):
        raise ConfigError(f"rule {name!r}: its hyperparameters name no alpha, the rate that every rule has.")
    return rule
