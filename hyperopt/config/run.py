"""A run's settings, and the id hashed from its config. Importing this does not import torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hyperopt import data, models
from hyperopt.config.compose import composed, own_rules, usual_procedure
from hyperopt.config.procedure import check_procedure
from hyperopt.config.schema import check_fit, of_rules
from hyperopt.config.shorthands import expanded
from hyperopt.errors import ConfigError, shown
from hyperopt.optim import parsing
from hyperopt.optim.assemble import habits_of
from hyperopt.optim.rules import find
from hyperopt.optim.stack_settings import stack_settings
from hyperopt.options import Declared, hashable, usual

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ConfigError", "Run", "from_canonical", "label", "resolve"]

ENGINE_VERSION = 1
"""Raised when the engine's arithmetic changes, so that all records go stale; data sets, models and rules say
their own version."""
GENERATED_ROWS = 100_000
"""Number of random rows available for data sets that have fewer."""


@dataclass(frozen=True)
class Run:
    """One training, fully determined.

    Attributes:
        dataset: the `name` and every option of the data set.
        model: the `name` and every option of the model.
        stack: rules, bottom to top.
        alpha: the learning rates, one per level.
        numbers: level 0's other hyperparameters, in its rule's order.
        clip: one flag per level above 0; empty for one level.
        tune: the hyperparameters of level 0 that level 1 tunes, in the rule's order; empty for one level.
        form: "reported" or "textbook"; sets the habits that are not given explicitly.
        habits: the value of every habit that the rules read.
        batch_size: rows of a minibatch.
        epochs: passes over the training set.
        seed: fixes initial weights and batch order.
        procedure: the value of every setting of `Procedure`.
    """

    dataset: Mapping[str, Any]
    model: Mapping[str, Any]
    stack: tuple[str, ...]
    alpha: tuple[float, ...]
    numbers: Mapping[str, float]
    clip: tuple[bool, ...]
    tune: tuple[str, ...]
    form: str
    habits: Mapping[str, Any]
    batch_size: int
    epochs: int
    seed: int
    procedure: Mapping[str, Any] = field(default_factory=usual_procedure)

    def canonical(self) -> dict[str, Any]:
        """The settings that identify this run, as JSON values.

        It contains only keys that the run's parts read, and omits values at their defaults, so that a new key
        keeps old ids. `form` appears only as habits that differ from the reported ones; if nothing is
        clipped, the clip's habits are not read.
        """
        return {**self.setting, "seed": self.seed}

    def at(self, seed: int) -> Run:
        """Return the same run with another seed; much faster than `resolve`."""
        other = object.__new__(type(self))
        vars(other).update(vars(self), seed=seed, setting=self.setting, _around_seed=self._around_seed)
        vars(other).pop("id", None)
        return other

    @cached_property
    def id(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the canonical form."""
        return self.id_at(self.seed)

    def id_at(self, seed: int) -> str:
        """Return the id of the same run with another seed."""
        before, after = self._around_seed
        return hashlib.sha256(f"{before}{seed}{after}".encode()).hexdigest()[:12]

    @cached_property
    def _around_seed(self) -> tuple[str, str]:
        """Return the canonical form as text, keys in order, before and after the seed's number."""
        first = {**self.setting, "seed": 0}
        text = json.dumps(first, sort_keys=True, separators=(",", ":"), allow_nan=False)
        before, seed, after = text.partition('"seed":')
        return before + seed, after.removeprefix("0")

    @cached_property
    def setting(self) -> dict[str, Any]:
        """The canonical form without its seed; runs made by `at` from one run share this very object."""
        rule = find(self.stack[0]).hyperparameters
        read = {k: reported for k, (_, reported) in habits_of(self.stack, clip=any(self.clip)).items()}
        everything = parsing.parse_tune("all", self.stack, self.numbers)
        versions = versions_of(self.dataset["name"], self.model["name"], self.stack)
        return {
            **_canonical_options(data.find(self.dataset["name"]), self.dataset),
            **_canonical_options(models.find(self.model["name"]), self.model),
            "stack": "/".join(self.stack),
            "alpha": list(self.alpha),
            **{name: number for name, number in self.numbers.items() if number != rule[name]},
            **({"clip": list(self.clip)} if any(self.clip) else {}),
            **({"tune": list(self.tune)} if self.tune != everything else {}),
            **{name: self.habits[name] for name, reported in read.items() if self.habits[name] != reported},
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "seed": self.seed,
            **{key: value for key, value in self.procedure.items() if value != usual_procedure()[key]},
            **({"versions": versions} if versions else {}),
        }

    @property
    def label(self) -> str:
        """The resolved stack, such as adam(0.001)/sgd(1e-05)."""
        return label(self.stack, self.alpha)


def versions_of(dataset: str, model: str, stack: Sequence[str]) -> dict[str, int]:
    """Return the versions of a run's parts except those that are 1, as in its canonical form."""
    versions = {
        "engine": ENGINE_VERSION,
        f"dataset.{dataset}": data.find(dataset).version,
        f"model.{model}": models.find(model).version,
    }
    versions |= {f"rule.{rule}": find(rule).version for rule in stack}
    return {part: version for part, version in versions.items() if version > 1}


def label(stack: Sequence[str], alpha: Sequence[float]) -> str:
    """Format a stack with its alphas, such as adam(0.001)/sgd(1e-05)."""
    return "/".join(f"{rule}({shown(rate)})" for rule, rate in zip(stack, alpha, strict=True))


def resolve(settings: Mapping[str, Any]) -> Run:
    """Return the run for settings, with keys as in overrides.

    Args:
        settings: such as {"stack": "adam/sgd", "alpha": 1e-3, "model.hidden": [64]}.

    Raises:
        ConfigError: a key is unknown, a value has the wrong type or is out of range, or values conflict.
    """
    config = composed(expanded(settings))
    dataset, model = ({k: hashable(v) for k, v in config[group].items()} for group in ("dataset", "model"))
    kind = data.find(dataset["name"])
    check_fit(kind, models.made(model))
    for key in ("train", "test"):
        most = max(kind.rows, GENERATED_ROWS) if dataset["generated"] else kind.rows
        if (rows := dataset.get(key) or 0) > most:
            raise ConfigError(f"dataset.{key}={rows}: a whole number of at most {most} is expected.")
    own = own_rules(config["stack"])
    given = {name: config[name] for name in of_rules(own)}
    chosen = stack_settings(
        config["stack"],
        config["alpha"],
        config["clip"],
        config["tune"],
        config["form"],
        given,
        dtype=config["dtype"],
    )
    check_procedure(config, chosen)
    usual_epochs = kind.default_epochs.get(chosen.stack[0], kind.default_epochs["other"])
    return Run(
        dataset=dataset,
        model=model,
        stack=chosen.stack,
        alpha=chosen.alpha,
        numbers=chosen.numbers,
        clip=chosen.clip,
        tune=chosen.tune,
        form=config["form"],
        habits=chosen.habits,
        batch_size=config["batch_size"] or kind.batch_size,
        epochs=config["epochs"] or usual_epochs,
        seed=config["seed"],
        procedure={key: config[key] for key in usual_procedure()},
    )


def from_canonical(canonical: Mapping[str, Any]) -> Run:
    """Return the run of a canonical form, at current versions."""
    return resolve({key: value for key, value in canonical.items() if key != "versions"})


def _canonical_options(kind: type[Declared], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the name of a data set or model, and its non-default options."""
    return {
        kind.group: options["name"],
        **{
            f"{kind.group}.{key}": list(value) if isinstance(value, tuple) else value
            for key, value in options.items()
            if key != "name" and value != usual(kind)[key]
        },
    }
