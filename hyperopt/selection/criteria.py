"""Criteria on stored runs, such as alpha='<1e-3': a value, several values, a glob, a bound or a range."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from hyperopt.config.shorthands import SHORTHANDS
from hyperopt.config.sweep import Sweep, read
from hyperopt.errors import ConfigError, shortened, shown, typed
from hyperopt.optim.parsing import with_plain_minus

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?inf"
BOUND = re.compile(rf"(<=|>=|<|>)\s*({NUMBER})")
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})")
TEXTS = ("id", "tag", "note", "started", "device")
"""Keys whose values are always text, even if they look like numbers."""
PREFIXES = ("id", "started")
"""Keys of which the beginning of a value suffices."""
GLOB = re.compile(r"[*?\[]")
EXPECTED = "a value, several (a,b), a glob ('adam/*'), a bound ('<1e-3') or a range (1e-4..1e-2) is expected."

Matches = Callable[[Any], bool]


@dataclass(frozen=True)
class Criterion:
    """A condition on the value of one key.

    Attributes:
        key: a setting, a metric, a hyperparameter (`0.alpha`), or one of the keys in `stored.OWN`.
        text: the condition as typed.
        parts: the alternatives, each with its text and a function that says whether a value matches.
        numeric: whether only numbers can match.
    """

    key: str
    text: str
    parts: tuple[tuple[str, Matches], ...]
    numeric: bool = False

    def __call__(self, value: Any) -> bool:
        """Return whether a run with this value matches; a run without the key (None) does not."""
        return value is not None and any(accepts(value) for _, accepts in self.parts)


def criteria_of(words: Iterable[str]) -> list[Criterion]:
    """Return the criteria of words KEY=VALUE, all of which a run must meet.

    Raises:
        ConfigError: a word is invalid, or a key is given twice.
    """
    found: dict[str, Criterion] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key.strip():
            read([word])  # raises an error with a suggestion for a bare name
            raise ConfigError(f"{shortened(word)}: key=value is expected; {EXPECTED}")
        for criterion in _criteria(key.strip(), text.strip()):
            if criterion.key in found:
                raise ConfigError(
                    f"{shortened(word)}: {criterion.key} is given twice; separate values by commas."
                )
            found[criterion.key] = criterion
    return list(found.values())


def _criteria(key: str, text: str) -> list[Criterion]:
    """Return the criteria of a word: one, or several for a stack's shorthand such as sgd_hd."""
    if key == "stack" and text in SHORTHANDS:
        return [_criterion(part, shown(value)) for part, value in SHORTHANDS[text].items()]
    return [_criterion(key, text)]


def _criterion(key: str, text: str) -> Criterion:
    parts: list[tuple[str, Matches]] = []
    bounds = 0
    for part in _split(text):
        if bound := BOUND.fullmatch(with_plain_minus(part)):
            parts.append((part, _bounded(bound[1], float(bound[2]))))
            bounds += 1
        elif between := RANGE.fullmatch(with_plain_minus(part)):
            parts.append((part, _between(key, part, float(between[1]), float(between[2]))))
            bounds += 1
        elif part.startswith(("<", ">")) and "/" not in part:
            raise ConfigError(f"{typed(key, text)}: a number is expected after {part[0]}.")
        else:
            parts += [(shown(value), _equal(value)) for value in _values(key, part)]
    return Criterion(key, text, tuple(parts), numeric=bounds == len(parts))


def _split(text: str) -> list[str]:
    """Split a text at its commas, except those within brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        depth += (letter in "([{") - (letter in ")]}") if not quote else 0
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _values(key: str, part: str) -> Sequence[Any]:
    """Return the values of a part by the syntax of overrides; a TEXTS key's is taken literally."""
    if not part:
        raise ConfigError(f"{key}=: {EXPECTED}")
    if key in TEXTS:
        text = part.strip("'\"")
        return [text if GLOB.search(text) or key not in PREFIXES else f"{text}*"]
    if "/" in part:  # one value per level, each parsed when it is compared
        return [part.strip("'\"")]
    value = read([f"{key}={part}"])[key]
    return value.values if isinstance(value, Sweep) else [value]


def _bounded(sign: str, bound: float) -> Matches:
    compared: dict[str, Callable[[float], bool]] = {
        "<": lambda number: number < bound,
        "<=": lambda number: number <= bound,
        ">": lambda number: number > bound,
        ">=": lambda number: number >= bound,
    }
    return lambda value: (number := _number(value)) is not None and compared[sign](number)


def _between(key: str, text: str, low: float, high: float) -> Matches:
    if low > high:
        raise ConfigError(f"{typed(key, text)}: the smaller number is expected first.")
    return lambda value: (number := _number(value)) is not None and low <= number <= high


def _number(value: Any) -> float | None:
    """Return a value as a number, or None if it is none; a value per level counts as the top level's."""
    value = of_top_level(value)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


@dataclass(frozen=True)
class PerLevel:
    """One value per level, bottom to top; as in `hyperopt run`, a single value means the top level's."""

    levels: tuple[Any, ...]

    def __str__(self) -> str:
        return "/".join(map(shown, self.levels)) or "-"


def of_top_level(value: Any) -> Any:
    """Return the top level's value, or the value itself if it is not one per level or has no levels."""
    return value.levels[-1] if isinstance(value, PerLevel) and value.levels else value


def _equal(asked: Any) -> Matches:
    if isinstance(asked, str) and "/" not in asked and GLOB.search(asked):
        return lambda value: any(fnmatchcase(text, asked) for text in _texts(value))
    return lambda value: _same(asked, value)


def _same(asked: Any, value: Any) -> bool:
    if isinstance(value, PerLevel):
        if isinstance(asked, str) and "/" in asked:
            parts = asked.split("/")
            return len(parts) == len(value.levels) and all(map(_of_level, parts, value.levels))
        if isinstance(asked, bool):  # all levels must agree; without levels, only false matches
            return all(own is asked for own in value.levels) and (bool(value.levels) or not asked)
        return bool(value.levels) and _same(asked, value.levels[-1])
    if isinstance(asked, bool) or isinstance(value, bool):
        return asked is value
    if isinstance(asked, int | float) and isinstance(value, int | float):
        return math.isclose(asked, value, rel_tol=1e-9) or (math.isnan(asked) and math.isnan(value))
    if isinstance(asked, list):
        return [*map(shown, asked)] == [*map(shown, value)] if isinstance(value, list) else False
    if isinstance(value, list):  # such as tags and tuned names: one match is enough
        return any(_same(asked, each) for each in value)
    return fnmatchcase(shown(value), shown(asked)) if isinstance(asked, str) else shown(asked) == shown(value)


def _of_level(part: str, value: Any) -> bool:
    """Return whether a level's value matches a part such as `*`, `1e-5`, `true` or `<1e-3`."""
    return any(accepts(value) for _, accepts in _criterion("level", part.strip()).parts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, PerLevel):
        return [str(value)] if not value.levels else [shown(value.levels[-1])]
    return [*map(shown, value)] if isinstance(value, list) else [shown(value)]
