"""`hyperopt runs`: the store's contents as a table."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.cli.selection_words import ANY, FROM, few, names, split
from hyperopt.cli.tables import table, terminal_width
from hyperopt.errors import shown
from hyperopt.records import home, working
from hyperopt.selection.criteria import PerLevel
from hyperopt.selection.rows import MOST_VARIED, Row, grouped, in_order, mixed, ordered, rows_of, varied
from hyperopt.selection.select import select, why_none
from hyperopt.selection.stored import Selection
from hyperopt.wording import counted, printable

if TYPE_CHECKING:
    from argparse import Namespace

FORMATS = ("text", "json", "csv", "markdown")
OPTIONS = {**FROM, "by": ANY, "show": ANY, "sort": ANY, "format": FORMATS}
LETTERS_OF_AN_ID = 7


def runs(arguments: Namespace) -> int:
    """Print the selected runs, one line each, or one for each group."""
    words, options = split(arguments.words, OPTIONS)
    place = options.get("from", "here")
    chosen = select(words, place, also=OPTIONS)
    by, show = names(options.get("by")), names(options.get("show"))
    sort = options.get("sort")
    if sort and not by:  # also by columns that are not shown
        chosen = in_order(chosen, sort)
    rows = grouped(chosen, by, show) if by else rows_of(chosen, show)
    if sort and by:
        rows = ordered(rows, sort, chosen)
    if not len(chosen):  # reported only if all words are valid
        print(why_none(words, place), file=sys.stderr)
    told = options.get("format", "text")
    if rows or told in ("json", "csv"):
        write(rows, told)
    if rows and told == "text":
        print("\n" + _summary(chosen, by, show, len(rows)))
    if not words and place != "published" and (begun := _unfinished()):
        print(
            f"{counted(begun, 'unfinished run')} {'has' if begun == 1 else 'have'} a checkpoint; unless a "
            "command trains them now, repeating theirs resumes them",
            file=sys.stderr,
        )
    return 0


def _unfinished() -> int:
    """Return how many runs have a checkpoint here, and no record."""
    from hyperopt.engine.heads import checkpointed_ids

    ids = {id_ for of_pack in checkpointed_ids(home()) for id_ in of_pack}
    return len(ids - working().present(ids))


def _summary(chosen: Selection, by: Sequence[str], show: Sequence[str], groups: int) -> str:
    """Describe the number of runs and the differing settings that are not shown."""
    says = counted(len(chosen), "run") + (f" in {counted(groups, 'group')}" if by else "")
    others = mixed(chosen, by) if by else [] if show else varied(chosen)[MOST_VARIED:]
    if not others:
        return says
    return f"{says}; {'runs of one group' if by else 'they'} also differ in {few(others)}"


def write(rows: Sequence[Row], told: str) -> None:
    """Print rows in one of FORMATS: full-precision numbers in json and csv, four digits in the others."""
    if told == "json":
        from hyperopt.cli.train import to_json

        print(to_json({"runs": [{key: _plain(value) for key, value in row.items()} for row in rows]}))
    elif told == "csv":
        writer = csv.DictWriter(sys.stdout, [*rows[0]] if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _typed(value) for key, value in row.items()} for row in rows)
    else:
        texts = [_texts(row) for row in rows]
        keys = [key for key in texts[0] if any(text[key] not in ("-", "") for text in texts)]
        cells = [[text[key] for key in keys] for text in texts]
        heads = [printable(key.rpartition(" ")[2]) for key in keys]
        if told == "markdown":
            print(table(cells, heads, None, tablefmt="pipe", disable_numparse=True))
        else:
            print(table(cells, heads, terminal_width(), disable_numparse=True))


def _texts(row: Row) -> dict[str, str]:
    """Return a row's cells by column; the ends of a range form one cell."""
    texts = {key: _cell(key, value) for key, value in row.items()}
    for key in [key for key in row if key.endswith(" median")]:
        for end in (" min", " max"):
            del texts[key.replace(" median", end)]
        if row[key] is not None:
            low, high = (_cell("", row[key.replace(" median", end)]) for end in (" min", " max"))
            texts[key] = f"{texts[key]} ({low} to {high})"
    return texts


def _cell(key: str, value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if key == "id":
        return str(value)[:LETTERS_OF_AN_ID]
    if isinstance(value, list):
        return printable(",".join(map(shown, value))) or "-"
    return "-" if value is None else printable(_typed(value).replace("\n", " ").replace("|", "/"))


def _typed(value: Any) -> str:
    """Return a value as it is typed to select it; nothing for none."""
    if value is None:
        return ""
    return str(value) if isinstance(value, PerLevel) else shown(value)


def _plain(value: Any) -> Any:
    return list(value.levels) if isinstance(value, PerLevel) else value
