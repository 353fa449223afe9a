"""Selecting stored runs by criteria, and explaining why none matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hyperopt.errors import ConfigError, shortened, typed
from hyperopt.records import home
from hyperopt.selection.checks import check_key, check_values, values_in_words
from hyperopt.selection.criteria import criteria_of
from hyperopt.selection.stored import Selection, everything
from hyperopt.wording import counted


def select(
    words: Iterable[str] = (), place: str = "here", of: Selection | None = None, also: Iterable[str] = ()
) -> Selection:
    """Return the stored runs that meet all criteria.

    Args:
        words: criteria such as `stack=adam/*`, `alpha=<1e-3`, `seed=0,1`, `test_error=1..3`, `diverged=true`.
        place: "here", "published" or "all".
        of: all runs of that place, if they have already been read.
        also: what a key could have been meant for besides, such as the options of a verb.

    Raises:
        ConfigError: no run has a key, or a key cannot have a value.
    """
    criteria, there = criteria_of(words), everything(place) if of is None else of
    meets = [True] * len(there)
    for criterion in criteria:
        check_key(criterion.key, there, given=f"{criterion.key}={criterion.text}", also=also)
        column = there.column(criterion.key)
        check_values(criterion, column)
        meets = [before and criterion(value) for before, value in zip(meets, column, strict=True)]
    return there.take([place for place, met in enumerate(meets) if met]) if criteria else there


def needed(
    words: Sequence[str], place: str = "here", of: Selection | None = None, also: Iterable[str] = ()
) -> Selection:
    """Return the stored runs that meet all criteria, as `select` does, but at least one.

    Raises:
        ConfigError: as for `select`, or no run meets the criteria; the message says which values exist.
    """
    chosen = select(words, place, of, also)
    if not len(chosen):
        raise ConfigError(why_none(words, place))
    return chosen


def why_none(words: Sequence[str], place: str = "here") -> str:
    """Return a sentence that explains why no stored run meets the criteria."""
    there = everything(place)
    if not len(there):
        where = "published" if place == "published" else f"stored in {home()}"
        return f"no run is {where} yet; `hyperopt run` trains one, and from=published shows published runs."
    for criterion in criteria_of(words):
        column = there.column(criterion.key)
        if not any(map(criterion, column)):
            none = f"none of the {counted(len(there), 'stored run')} has it"
            return f"{typed(criterion.key, criterion.text)}: {none}; {values_in_words(column)}."
    given = shortened(" ".join(words))
    return f"{given}: some of the {len(there)} stored runs match each criterion, but none matches all."
