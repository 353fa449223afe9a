"""Checks of a selection's keys and values, which raise errors with suggestions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from hyperopt.data import DATASETS
from hyperopt.errors import ConfigError, shortened, shown, typed, unknown
from hyperopt.experiments.metrics import METRICS
from hyperopt.models import MODELS
from hyperopt.optim.own import WRITTEN
from hyperopt.optim.parsing import with_plain_minus
from hyperopt.optim.rules import RULES
from hyperopt.selection.criteria import BOUND, GLOB, RANGE, Criterion, of_top_level
from hyperopt.selection.settings import known_keys
from hyperopt.selection.stored import OF_A_LEVEL, OWN, PER_LEVEL, Selection
from hyperopt.wording import counted

MOST_SHOWN = 5
NUMBERS = "a number, several (1,2), a bound ('<1e-3') or a range (1e-4..1e-2)"
NAMED: Mapping[str, Collection[str]] = {"dataset": DATASETS, "model": MODELS, "stack": (*RULES, WRITTEN)}


def check_key(key: str, of: Selection, *, given: str | None = None, also: Iterable[str] = ()) -> None:
    """Check that a key is a setting, a result or another property of stored runs.

    Args:
        key: the key.
        of: the stored runs.
        given: what the user typed, for the message; by default the key.
        also: what else could have been meant, such as the options of a verb.

    Raises:
        ConfigError: it is none of these; the message suggests the nearest key.
    """
    known = (*OWN, *known_keys())
    if key in known or key in METRICS or key in of.results:
        return
    if OF_A_LEVEL.fullmatch(key):
        if len(of):  # only runs show which levels exist
            raise ConfigError(f"{given or key}: none of {counted(len(of), 'run')} has it; {_levels(of)}.")
        return
    if not any(key in config for config in of.configs):
        raise unknown(
            "key", key, ("stack", "alpha", "test_error", *known, *of.results, *also), given=given or key
        )


def check_metric(metric: str, of: Selection) -> None:
    """Check that a name is that of a metric, or of a level's hyperparameter that stored runs have.

    Raises:
        ConfigError: it is neither; the message suggests the nearest metric.
    """
    given = f"metric={metric}"
    if not (metric in METRICS or OF_A_LEVEL.fullmatch(metric) or metric in of.results):
        raise unknown("metric", metric, (*METRICS, *of.results), given=given)
    check_key(metric, of, given=given)


def _levels(of: Selection) -> str:
    """Return which hyperparameters the runs have, in words."""
    names = [name for name in of.results if OF_A_LEVEL.fullmatch(name)]
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f"they have {', '.join(names[:MOST_SHOWN]) or 'no hyperparameters'}{more}"


def check_values(criterion: Criterion, column: Sequence[Any]) -> None:
    """Check a criterion's values against the type that its key has in stored runs.

    Args:
        criterion: the criterion.
        column: the value of the key in every stored run.

    Raises:
        ConfigError: a value has another type, or is not a known rule, data set or model.
    """
    some = next((value for value in column if value is not None), None)
    some = of_top_level(some)
    key = criterion.key
    for text, _ in criterion.parts:
        parts = text.split("/") if key in (*PER_LEVEL, "stack") else [text]
        for part in (part for part in parts if not GLOB.search(part) and part):
            if key in NAMED:
                if part not in NAMED[key] and ":" not in part:
                    raise unknown("rule" if key == "stack" else key, part, NAMED[key], given=typed(key, text))
            elif isinstance(some, bool) and part not in ("true", "false"):
                raise ConfigError(f"{typed(key, text)}: true or false is expected.")
            elif isinstance(some, int | float) and not isinstance(some, bool) and not _is_number(part):
                raise ConfigError(f"{typed(key, text)}: {NUMBERS} is expected.")


def _is_number(part: str) -> bool:
    try:
        float(part)
    except ValueError:
        plain = with_plain_minus(part)
        return bool(BOUND.fullmatch(plain) or RANGE.fullmatch(plain))
    return True


def values_in_words(column: Sequence[Any]) -> str:
    """Return a summary of a key's values in stored runs: their range, or the first few of them."""
    values = [of_top_level(value) for value in column]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and v == v]
    if numbers:
        least, most = shown(min(numbers)), shown(max(numbers))
        return f"all have {least}" if least == most else f"their values are {least} to {most}"
    single = [one for value in values for one in (value if _is_texts(value) else [value])]
    texts = sorted({shortened(shown(value)) for value in single if value not in (None, "", [])})
    more = f" and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
    return f"their values are {', '.join(texts[:MOST_SHOWN])}{more}" if texts else "no run has a value of it"


def _is_texts(value: Any) -> bool:
    """Return whether a value is a list of strings, such as tags, of which a criterion needs to match one."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
