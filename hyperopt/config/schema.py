"""The typed schema of a run's settings: keys, types and allowed values.

Defaults are in conf/; each data set and model declares its own options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from typing import Any

from hyperopt.data import DATASETS, Dataset
from hyperopt.errors import ConfigError
from hyperopt.models import Model
from hyperopt.optim.assemble import known_habits
from hyperopt.optim.rules import RULES, find
from hyperopt.optim.schedule import SHAPES
from hyperopt.optim.stack_settings import FORMS
from hyperopt.optim.trace import HYPERGRADIENTS
from hyperopt.options import Declared, schema_of

GRADIENTS = ("mean", "sum")
DTYPES = ("float32", "float64")
SOFTMAXES = ("stable", "naive")
TUNED_AFTER = ("step", "tensor")
FROM_0 = {"least": 0}
ROWS_OF_A_BATCH = {"least": 1, "most": 100_000}
PASSES = {"least": 1, "most": 1_000_000}


@dataclass(kw_only=True)
class Procedure:
    """Settings of training and measurement for every data set, model and rule.

    A default is not part of a run's id.
    """

    shuffle: bool
    drop_last: bool
    gradient: str = field(metadata={"choices": GRADIENTS})
    l2: float
    l2_biases: bool
    softmax: str = field(metadata={"choices": SOFTMAXES})
    dtype: str = field(metadata={"choices": DTYPES})
    full_loss: bool
    schedule: str = field(metadata={"choices": SHAPES})
    warmup: float
    multiplicative: bool
    trace: float
    hypergradient: str = field(metadata={"choices": HYPERGRADIENTS})
    tune_after: str = field(metadata={"choices": TUNED_AFTER})
    stop_at_loss: float | None


@dataclass(kw_only=True)
class Settings(Procedure):
    """Settings common to all data sets, models and rules."""

    stack: Any
    alpha: Any
    tune: Any
    clip: Any
    form: str = field(metadata={"choices": FORMS})
    batch_size: int | None = field(metadata=ROWS_OF_A_BATCH)
    epochs: int | None = field(metadata=PASSES)
    seed: int = field(metadata=FROM_0)


TAKEN = {"dataset", "model", *(key.name for key in fields(Settings))} - {"alpha"}


def number_names(own: Sequence[str] = ()) -> list[str]:
    """Return all hyperparameters of the rules, including user rules in `own`, except alpha (own syntax)."""
    rules = [*RULES.values(), *map(find, own)]
    return list(dict.fromkeys(name for rule in rules for name in rule.hyperparameters if name != "alpha"))


@cache
def of_rules(own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return all hyperparameters except alpha, habits and options of the rules, including `own`."""
    return (*number_names(own), *known_habits(own))


def keys_of(kinds: Sequence[type[Declared]], own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return all keys of a run's settings, with these data sets' and models' options and `own` rules."""
    options = (f"{kind.group}.{key.name}" for kind in kinds for key in fields(kind))
    settings = (key.name for key in fields(Settings))
    return (*settings, "dataset", "model", *of_rules(own), *options)


def run_schema(dataset: type[Dataset], model: type[Model], own: Sequence[str] = ()) -> type:
    """Return the schema of a run's settings, including all rules' hyperparameters, habits and options.

    Args:
        dataset: the data set whose options are included.
        model: the model whose options are included.
        own: user-defined rules.

    Raises:
        ConfigError: a user-defined rule's hyperparameter has the name of another setting.
    """
    names, habits = number_names(own), known_habits(own)
    for name in own:
        rule = find(name)
        if clash := (TAKEN | set(known_habits())) & set(rule.hyperparameters) or TAKEN & set(rule.options):
            raise ConfigError(
                f"rule {name!r}: {min(clash)} is a setting of every run; a hyperparameter or option needs "
                "another name."
            )
    numbers = [(name, float | None, field(default=None)) for name in names]
    kinds = [(name, type(textbook) | None, field(default=None)) for name, (textbook, _) in habits.items()]
    groups = [("dataset", schema_of(dataset), field()), ("model", schema_of(model), field())]
    keys = [*groups, *numbers, *kinds]  # it is never instantiated, so it needs no methods
    return make_dataclass("Run", keys, bases=(Settings,), kw_only=True, init=False, repr=False, eq=False)


def check_fit(dataset: type[Dataset], model: Model) -> None:
    """Reject a model that does not accept the data set's inputs or classifies something else."""
    if dataset.classes_of != model.classes_of:
        fitting = [name for name, kind in DATASETS.items() if kind.classes_of == model.classes_of]
        raise ConfigError(
            f"model={model.name}: it finds classes of {model.classes_of}, as in "
            f"dataset={' or '.join(fitting)}; dataset={dataset.name} has classes of {dataset.classes_of}."
        )
    model.check(dataset)
