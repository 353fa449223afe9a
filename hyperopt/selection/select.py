"""The stored runs that meet criteria, and why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyperopt.errors import ConfigError, shortened, typed
from hyperopt.records import home
from hyperopt.selection.checks import check_key, check_values, there_is
from hyperopt.selection.criteria import criteria_of
from hyperopt.selection.stored import Selection, everything
from hyperopt.wording import counted


def select(words: Iterable[str] = (), place: str = "here", of: Selection | None = None) -> Selection:
    """The stored runs that meet all of some words KEY=VALUE.

    Args:
        words: such as `stack=adam/*`, `alpha=<1e-3`, `seed=0,1`, `test_error=1..3`, `diverged=true`.
        place: "here", "published" or "all".
        of: all runs of that place, where they have been read.

    Raises:
        ConfigError: a key that no run has, or a value that the key cannot have.
    """
    criteria, there = criteria_of(words), everything(place) if of is None else of
    meets = [True] * len(there)
    for criterion in criteria:
        check_key(criterion.key, there, given=f"{criterion.key}={criterion.text}")
        column = there.column(criterion.key)
        check_values(criterion, column)
        meets = [before and criterion(value) for before, value in zip(meets, column, strict=True)]
    return there.take([place for place, met in enumerate(meets) if met]) if criteria else there


def needed(words: Sequence[str], place: str = "here", of: Selection | None = None) -> Selection:
    """As `select`, where at least one run is needed.

    Raises:
        ConfigError: also where no run meets them, with what there is instead.
    """
    chosen = select(words, place, of)
    if not len(chosen):
        raise ConfigError(why_none(words, place))
    return chosen


def why_none(words: Sequence[str], place: str = "here") -> str:
    """Why no stored run meets the words, in a sentence."""
    there = everything(place)
    if not len(there):
        where = "published" if place == "published" else f"stored in {home()}"
        return f"no run is {where} yet; `hyperopt run` makes one, and from=published shows what is published."
    for criterion in criteria_of(words):
        column = there.column(criterion.key)
        if not any(map(criterion, column)):
            none = f"none of the {counted(len(there), 'stored run')} has it"
            return f"{typed(criterion.key, criterion.text)}: {none}; {there_is(column)}."
    given = shortened(" ".join(words))
    return f"{given}: each is true of some of the {len(there)} stored runs, but all of no run."
