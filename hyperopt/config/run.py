"""What a run is, and the id that its config hashes to. Importing this does not import torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hyperopt.config.compose import composed, defaults, usual_procedure
from hyperopt.config.schema import Procedure, check_fit, number_names
from hyperopt.config.shorthands import expanded
from hyperopt.errors import ConfigError, shown
from hyperopt.optim import levels
from hyperopt.optim.assemble import build, habits_of, known_habits
from hyperopt.optim.rules import find

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VERSIONS", "ConfigError", "Run", "from_canonical", "resolve"]

VERSIONS: dict[str, int] = {"engine": 1}
"""Versions of `engine`, `dataset.NAME` and `model.NAME`, 1 where absent: raised when the arithmetic changes,
so that the records of that component go stale. A rule says its own version."""


@dataclass(frozen=True)
class Run:
    """One training, fully determined.

    Attributes:
        dataset: its `name` and every option.
        model: its `name` and every option.
        stack: rules, bottom to top.
        alpha: one per level.
        numbers: level 0's other hyperparameters, in its rule's order.
        clip: one per level above 0; empty for one level.
        tune: what level 1 tunes of level 0, in the rule's order; empty for one level.
        form: what the habits follow that were not given, "reported" or "textbook".
        habits: value of every habit that the rules read.
        batch_size: rows of a minibatch.
        epochs: passes over the training set.
        seed: fixes initial weights and batch order.
        procedure: value of every setting of `Procedure`.
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
        """The settings that tell this run from every other, as JSON has them.

        Only keys that its parts read, and of those with a default only what differs from it, so that a new
        key leaves old ids alone. `form` shows only in habits that are not as reported; where nothing is
        clipped, the clip's habits are not read.
        """
        rule = find(self.stack[0]).hyperparameters
        read = {k: reported for k, (_, reported) in habits_of(self.stack, clip=any(self.clip)).items()}
        everything = levels.parse_tune("all", self.stack, self.numbers)
        versions = self._versions()
        return {
            **_canonical_group("dataset", self.dataset),
            **_canonical_group("model", self.model),
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

    @cached_property
    def id(self) -> str:
        """The first 12 hexadecimal digits of the SHA-256 of the canonical form."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """The resolved stack, such as adam(0.001)/sgd(1e-05)."""
        return "/".join(f"{rule}({shown(alpha)})" for rule, alpha in zip(self.stack, self.alpha, strict=True))

    def _versions(self) -> dict[str, int]:
        parts = ("engine", f"dataset.{self.dataset['name']}", f"model.{self.model['name']}")
        versions = {part: VERSIONS.get(part, 1) for part in parts}
        versions |= {f"rule.{rule}": find(rule).version for rule in self.stack}
        return {part: version for part, version in versions.items() if version > 1}


def resolve(settings: Mapping[str, Any]) -> Run:
    """The run that settings ask for, keys as in overrides.

    Args:
        settings: such as {"stack": "adam/sgd", "alpha": 1e-3, "model.hidden": [64]}.

    Raises:
        ConfigError: an unknown key, a value of the wrong type or out of range, or values at odds.
    """
    config = composed(expanded(settings))
    check_fit(config["dataset"], config["model"])
    stack = levels.parse_stack(config["stack"])
    rule = find(stack[0]).hyperparameters
    for name in number_names():
        if config[name] is not None and name not in rule:
            raise ConfigError(
                f"{name}={shown(config[name])}: level 0 is {stack[0]}, which has {', '.join(rule)}."
            )
    numbers = {
        name: rule[name] if config.get(name) is None else config[name] + 0.0
        for name in rule
        if name != "alpha"
    }
    for name, number in numbers.items():
        levels.check_decay(name, number, stack[0])
    clip = levels.parse_clip(config["clip"], stack)
    tune = levels.parse_tune(config["tune"], stack, numbers)
    habits = _habits(config, stack, clips=any(clip))
    for level, name in enumerate(stack):
        build(name, find(name).hyperparameters if level else numbers, habits, bottom=level == 0)
    if config["tune_after"] == "tensor":
        _check_by_tensor(stack, tune, clips=any(clip))
    return Run(
        dataset=_hashable(config["dataset"]),
        model=_hashable(config["model"]),
        stack=stack,
        alpha=levels.parse_alpha(config["alpha"], stack),
        numbers=numbers,
        clip=clip,
        tune=tune,
        form=config["form"],
        habits=habits,
        batch_size=config["batch_size"],
        epochs=config["epochs"] or config["default_epochs"].get(stack[0], config["default_epochs"]["other"]),
        seed=config["seed"],
        procedure={key.name: config[key.name] for key in fields(Procedure)},
    )


def from_canonical(canonical: Mapping[str, Any]) -> Run:
    """The run of a canonical form, at today's versions."""
    return resolve({key: value for key, value in canonical.items() if key != "versions"})


def _habits(config: Mapping[str, Any], stack: tuple[str, ...], *, clips: bool) -> dict[str, Any]:
    read = habits_of(stack)
    for name in known_habits():
        if config[name] is not None and name not in read:
            raise ConfigError(
                f"{name}={shown(config[name])}: stack={'/'.join(stack)} has no such habit; "
                f"it has {', '.join(read) or 'none'}."
            )
    by_form = {
        name: reported if config["form"] == "reported" else textbook
        for name, (textbook, reported) in read.items()
        if name in habits_of(stack, clip=clips)
    }
    return {name: value if config.get(name) is None else config[name] for name, value in by_form.items()}


def _check_by_tensor(stack: tuple[str, ...], tune: tuple[str, ...], *, clips: bool) -> None:
    """Refuses a stack whose level 1 cannot move several times a step: one with a memory of its steps."""
    if stack[1:] != ("sgd",) or tune != ("alpha",) or clips:
        raise ConfigError(
            "tune_after=tensor: a stack of two levels with sgd on top, tune=alpha and clip=false is expected."
        )


def _hashable(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def _canonical_group(group: str, options: Mapping[str, Any]) -> dict[str, Any]:
    usual = _hashable(defaults(group, options["name"]))
    return {
        group: options["name"],
        **{
            f"{group}.{key}": list(value) if isinstance(value, tuple) else value
            for key, value in options.items()
            if value != usual[key]
        },
    }
