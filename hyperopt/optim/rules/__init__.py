"""Update rules, one a file. Importing them does not import torch."""

from hyperopt.optim.rules.adagrad import Adagrad
from hyperopt.optim.rules.adam import Adam
from hyperopt.optim.rules.rmsprop import Rmsprop
from hyperopt.optim.rules.rule import Rule
from hyperopt.optim.rules.sgd import Sgd

RULES: dict[str, type[Rule]] = {"sgd": Sgd, "adam": Adam, "adagrad": Adagrad, "rmsprop": Rmsprop}

__all__ = ["RULES", "Rule"]
