"""The runs that `hyperopt view` shows, reread while others train."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hyperopt.cli.selection_words import FROM
from hyperopt.findings.timings import is_timing
from hyperopt.records import Store, home, published, working
from hyperopt.selection import select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperopt.findings.own_runs import OwnRuns
    from hyperopt.records import Record

MOST_RUNS = 2000
"""Maximum runs on a page; of more, the last are shown."""
STORES = {"here": (working,), "published": (published,), "all": (published, working)}


class ChosenRuns:
    """Reads the selected runs, each only once even if called repeatedly.

    Args:
        words: the selection.
        place: the records to select from.
    """

    def __init__(self, words: Sequence[str], place: str) -> None:
        self.words, self.place = words, place
        self._records: dict[str, Record] = {}
        self._stores: tuple[Store, ...] = tuple(store() for store in STORES[place])

    def runs(self) -> OwnRuns:
        """Return the runs in their current state."""
        every = select(self.words, self.place, also=FROM)
        from hyperopt.findings.own_runs import own_runs  # slow to import, and the words may be invalid

        runs = [place for place, id_ in enumerate(every.ids) if not is_timing(id_)]
        chosen = every.take(runs[-MOST_RUNS:])
        missing = {*chosen.ids} - self._records.keys()
        for store in self._stores:
            self._records |= store.load(missing) if missing else {}
        return own_runs(chosen, self._records, len(runs), home())


def now() -> str:
    """Return the current time in the pages' format."""
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
