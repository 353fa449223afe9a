"""Command lines: parses Hydra's override syntax into settings and expands sweeps into runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from itertools import product
from math import isinf, prod
from typing import TYPE_CHECKING, Any

from hyperopt.config.compose import GROUPS, own_rules, settings_keys
from hyperopt.config.process_options import PROCESS_KEYS, process_options
from hyperopt.config.rates import two_meanings
from hyperopt.config.run import Run, resolve
from hyperopt.config.schema import Settings, number_names
from hyperopt.config.shorthands import SHORTHANDS
from hyperopt.errors import ConfigError, shortened, shown, typed, unknown
from hyperopt.optim.parsing import NothingToClipError, with_plain_minus
from hyperopt.optim.rules import RULES, find
from hyperopt.optim.spaces import HELD, is_held
from hyperopt.optim.stack_settings import check_has_levels_above
from hyperopt.options import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydra.core.override_parser.types import Override

FORMATS = ("text", "json")
USUAL_KEYS = ("stack", "alpha", "clip", "dataset", "epochs")
"""The keys suggested first if no name is similar."""
MOST_RUNS = 100_000
"""Maximum runs of a sweep: more are probably a mistake."""
OF_EVERY_RUN = {key.name for key in fields(Settings)}
A_KEY = re.compile(r"[\w.]+")
PLAIN = re.compile(
    r"(?P<key>[a-z]\w*(?:\.[a-z]\w*)*)=(?:"
    r"(?P<text>[a-z]\w*(?:/[a-z]\w*)*)|(?P<whole>-?(?:0|[1-9]\d{0,15}))|"
    r"(?P<number>-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15}(?:e[-+]?\d{1,3})?|e[-+]?\d{1,3})))",
    re.ASCII,
)
"""A simple override that can be parsed without Hydra, which is slow to import."""
FROM_TO = re.compile(r"(\d{1,9})(?:\.\.|:|-)(\d{1,9})")
"""What may be meant as a range of whole numbers, which is written `range(0,4)`, without its end."""
LACKING = re.compile(r"(?:^|,)\s*,|,\s*$")
"""A comma with nothing on one side."""
NO_TEXT = ("true", "false", "null", "nan", "inf")


@dataclass(frozen=True)
class Sweep:
    """The values that one key takes in turn, as in alpha=1e-4,1e-3 or seed=range(0,3)."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return ",".join(map(shown, self.values))


def read(overrides: Iterable[str]) -> dict[str, Any]:
    """Parse overrides to a mapping, sweeps to `Sweep`.

    Raises:
        ConfigError: an override is not of the form key=value, or a key is repeated.
    """
    settings: dict[str, Any] = {}
    for text in overrides:
        override = plain(text) or _parse(text)
        key = override[0] if isinstance(override, tuple) else override.key_or_group
        if key in settings:
            raise ConfigError(
                f"{shortened(text)}: {key} is given twice; separate the values of a sweep by commas."
            )
        settings[key] = override[1] if isinstance(override, tuple) else _value(text, override)
    return settings


def plain(text: str) -> tuple[str, Any] | None:
    """Return key and value if an override is a name, a stack or a number; otherwise None."""
    match = PLAIN.fullmatch(text)
    if match is None or match["text"] in NO_TEXT:
        return None
    if match["text"]:
        return match["key"], match["text"]
    return match["key"], int(match["whole"]) if match["whole"] else float(match["number"])


def check_keys(overrides: Sequence[str], also: Sequence[str] = ()) -> None:
    """Reject unknown keys from the text alone, so that typos do not wait for Hydra.

    If a user-defined part, which has its own keys, may be named, nothing is rejected here.

    Args:
        overrides: as in `read`.
        also: allowed keys beside those of runs and processes.
    """
    if any(":" in text for text in overrides):
        return
    stack = next((text.partition("=")[2] for text in overrides if text.startswith("stack=")), "")
    for text in overrides:
        key, equals, _ = text.partition("=")
        if equals and A_KEY.fullmatch(key) and key not in (*shipped_keys(), *PROCESS_KEYS, *also):
            raise _unknown(key, (*also, *_of_stack(shipped_keys(), stack)), text)


def parse(
    overrides: Iterable[str], formats: Sequence[str] = FORMATS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return run settings, with sweeps as `Sweep`, and the process options.

    Process options are those of `process_options`; `format` must be one of `formats`.

    Raises:
        ConfigError: an override is not key=value, a key is repeated or unknown, or a value is out of range.
    """
    texts = list(overrides)
    check_keys(texts)
    settings = read(texts)
    for text, value in zip(texts, settings.values(), strict=True):
        if "inf" not in text and any(isinstance(one, float) and isinf(one) for one in _values(value)):
            raise ConfigError(f"{shortened(text)}: numbers of at most 1.7e308 are expected.")
    process = process_options({key: settings.pop(key) for key in PROCESS_KEYS if key in settings}, formats)
    known = known_keys(settings)
    for key, value in settings.items():
        if key not in known:
            raise _unknown(key, known, typed(key, value))
        if key == "seed" and (ends := FROM_TO.fullmatch(str(value))):
            meant = f"-m seed='range({ends[1]},{int(ends[2]) + 1})'"
            raise ConfigError(f"{typed(key, value)}: a whole number is expected; did you mean {meant}?")
        if key in OF_EVERY_RUN and not isinstance(value, Sweep):
            checked(Settings, key, value)  # before composing the defaults of all keys, which is slow
    return settings, process


def one(settings: Mapping[str, Any]) -> Run:
    """Return the run for settings without sweeps.

    Raises:
        ConfigError: there is a sweep, `resolve` fails, or `tune` is given for a stack of one level.
    """
    for key, value in settings.items():
        if isinstance(value, Sweep):
            raise ConfigError(f"{key}={value}: several values for one run; did you mean -m?")
    run = resolve(settings)
    _check_tune(settings, [run])
    return run


def expand(settings: Mapping[str, Any]) -> tuple[list[Run], list[str]]:
    """Return each combination of a sweep's values once, and notes on dropped or ambiguous values.

    The last key varies fastest. clip=true on a one-level stack is dropped with a note; `tune` does not
    change a one-level stack, which may stand beside taller ones.

    Raises:
        ConfigError: a seed is repeated, nothing is left to run, `resolve` fails, or `tune` is given and no
            stack has a level above 0.
    """
    choices = {key: value.values if isinstance(value, Sweep) else (value,) for key, value in settings.items()}
    if (asked := prod(map(len, choices.values()))) > MOST_RUNS:
        raise ConfigError(f"the sweep has {asked:,} runs; at most {MOST_RUNS:,} are expected.")
    seeds = tuple(checked(Settings, "seed", seed) for seed in choices.get("seed", ()))
    if len(set(seeds)) < len(seeds):
        raise ConfigError(f"seed={','.join(map(shown, seeds))}: a seed is given twice.")
    others = {key: values for key, values in choices.items() if key != "seed"}
    notes: list[str] = []

    @cache
    def of_setting(*places: int) -> Run | None:
        """Return the run at an index of each key's values except seed; resolved once for all seeds."""
        given = zip(others.items(), places, strict=True)
        try:
            return resolve({key: values[place] for (key, values), place in given})
        except NothingToClipError as error:
            notes.append(f"dropped: {error}")
            return None

    runs: dict[str, Run] = {}
    for places in product(*(range(len(values)) for values in choices.values())):
        at = dict(zip(choices, places, strict=True))
        seed = at.pop("seed", None)
        if run := of_setting(*at.values()):
            run = run if seed is None else run.at(seeds[seed])
            runs.setdefault(run.id, run)
    notes += [two_meanings(alpha, runs.values()) for alpha in choices.get("alpha", ())[:1]]
    notes = list(dict.fromkeys(filter(None, notes)))
    if not runs:
        raise ConfigError("; ".join(notes).removeprefix("dropped: ") or "the sweep has no runs.")
    _check_tune(settings, runs.values())
    return list(runs.values()), notes


def _check_tune(settings: Mapping[str, Any], runs: Iterable[Run]) -> None:
    """Reject a given `tune` if all runs have one level, so that none reads it."""
    named = [tune for tune in _values(settings.get("tune", "all")) if tune not in ("all", ["all"])]
    stacks = [run.stack for run in runs]
    if named and all(len(stack) == 1 for stack in stacks):
        check_has_levels_above(stacks[0], "tune", named[0])


def known_keys(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return all keys of runs for any data set and model, including named user-defined ones."""
    keys = dict.fromkeys(shipped_keys())
    for group in GROUPS:
        for name in _values(settings.get(group)):
            if ":" in str(name):
                keys |= dict.fromkeys(settings_keys(**{group: str(name)}))
    for stack in _values(settings.get("stack")):
        if ":" in str(stack):
            keys |= dict.fromkeys(settings_keys(own=own_rules(stack)))
    return tuple(keys)


@cache
def shipped_keys() -> tuple[str, ...]:
    """Return all keys of runs without user-defined data sets, models or rules."""
    choices = [{group: name} for group, kinds in GROUPS.items() for name in kinds]
    return tuple(dict.fromkeys(key for choice in choices for key in settings_keys(**choice)))


def _of_stack(keys: Iterable[str], stack: str) -> list[str]:
    """Return the keys that may apply to a stack: not those of rules other than its first."""
    first = stack.partition("/")[0]
    others = {*number_names()} - {*find(first).hyperparameters} if first in RULES else set()
    return [key for key in keys if key not in others]


def _unknown(key: str, known: Iterable[str], given: str) -> ConfigError:
    return unknown("key", key, (*USUAL_KEYS, *known, *PROCESS_KEYS), given=given)


def _meant(word: str) -> str | None:
    """Return the override meant by a bare word: the name of a data set or model, or a stack."""
    for group, known in GROUPS.items():
        if word.lower() in known:
            return f"{group}={word.lower()}"
    rules = word.lower().split("/")
    return f"stack={'/'.join(rules)}" if all(rule in (*RULES, *SHORTHANDS) for rule in rules) else None


def _values(setting: Any) -> tuple[Any, ...]:
    return setting.values if isinstance(setting, Sweep) else (setting,)


def _parse(text: str) -> Override:
    if "=" not in text:
        meant = _meant(text)
        hint = f"did you mean {meant}?" if meant else "see --help for the keys."
        raise ConfigError(f"{shortened(text)}: key=value is expected; {hint}")
    from hydra.core.override_parser.overrides_parser import OverridesParser  # slow to import
    from hydra.core.override_parser.types import OverrideType
    from hydra.errors import HydraException

    try:
        override = OverridesParser.create().parse_override(with_plain_minus(text))
    except HydraException as error:
        if LACKING.search(text.partition("=")[2]):
            raise ConfigError(
                f"{shortened(text)}: a value is expected on both sides of each comma."
            ) from None
        reason = shortened(str(error).splitlines()[0])
        raise ConfigError(f"{shortened(text)}: key=value is expected; {reason}.") from None
    except (ValueError, RecursionError):  # thousands of digits; brackets nested a thousand deep
        raise ConfigError(
            f"{shortened(text)}: key=value is expected, with a value of ordinary size."
        ) from None
    if override.type is not OverrideType.CHANGE or override.package is not None:
        raise ConfigError(f"{shortened(text)}: key=value is expected; keys are neither added nor deleted.")
    return override


def _value(text: str, override: Override) -> Any:
    from hydra.core.override_parser.types import ChoiceSweep, RangeSweep

    value = override.value()
    if not override.is_sweep_override():
        return value
    if isinstance(value, ChoiceSweep):
        return Sweep(tuple(_unquoted(item) for item in value.list))
    if isinstance(value, RangeSweep):
        start, stop = value.start or 0, value.stop or 0
        if value.step == 0 or not all(map(is_held, (start, stop, value.step))):
            raise ConfigError(f"{shortened(text)}: a range has ends {HELD}, and a step other than 0.")
        if (stop - start) / value.step > MOST_RUNS:
            raise ConfigError(f"{shortened(text)}: a range of at most {MOST_RUNS:,} values is expected.")
        values = tuple(value.range())
        if not values:
            raise ConfigError(f"{shortened(text)}: the range is empty.")
        return Sweep(values)
    raise ConfigError(f"{shortened(text)}: a sweep is a comma list, choice(...) or range(...).")


def _unquoted(value: Any) -> Any:
    from hydra.core.override_parser.types import QuotedString

    if isinstance(value, QuotedString):
        return value.text
    return [_unquoted(item) for item in value] if isinstance(value, list) else value
