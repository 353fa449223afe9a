"""A page for a terminal: the report's layout with our numbers beside its own, verdicts, the page's path."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table as RichTable
from rich.text import Text

from hyperopt.pages.markdown import NOTHING, mean, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, RenderableType

    from hyperopt.experiments.grid import Row, Table
    from hyperopt.findings.measurements import Measured
    from hyperopt.findings.view import View

AGREES = {True: "green", False: "red", None: ""}


def show(console: Console, view: View, lines: Sequence[str]) -> None:
    """Print an experiment fitted to the console, then these lines."""
    for part in parts(view):
        console.print(part, highlight=False)
    console.print()
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def parts(view: View) -> Iterator[RenderableType]:
    """Return the title, the tables, how to read them, and a line per claim."""
    experiment = view.experiment
    yield Text(f"\n{experiment.title}", style="bold")
    if experiment.lists:
        yield _listed(view)
    elif not (experiment.figure or experiment.heatmap):
        for table in experiment.tables:
            yield _table(view, table)
        yield Text(_how_to_read(view), style="dim")
    for says, outcomes in _outcomes(view).items():
        told = Text(", ".join(f"{outcome} {n}" if len(outcomes) > 1 else outcome for outcome, n in outcomes))
        yield Text.assemble("- ", told, ": ", says)


def _table(view: View, table: Table) -> RichTable:
    experiment = view.experiment
    shown = RichTable(title=Text(table.heading), title_justify="left", title_style="italic")
    shown.add_column(Text(experiment.corner), overflow="fold")
    for column in experiment.columns:
        shown.add_column(Text(column.label), justify="right", overflow="fold")
    if experiment.baseline and table is experiment.tables[0]:
        measured = view.measurements[experiment.baseline.label, experiment.columns[0].name]
        shown.add_row(Text(experiment.baseline.label), _cell(measured))
    for row in table.rows:
        shown.add_row(Text(row.label), *_cells(view, row), style="bold" if row.label in view.bold else "")
    return shown


def _cells(view: View, row: Row) -> list[Text]:
    names = [column.name for column in view.experiment.columns]
    return [_cell(view.measurements.get((row.label, name))) for name in names]


def _cell(measured: Measured | None) -> Text:
    """Format our mean, and the report's number in brackets if it has one; lines break between them."""
    if measured is None:
        return Text(NOTHING)
    ours = Text(mean(measured), style=AGREES[measured.agrees])
    report = number(measured.cell.report, measured.cell.decimals)
    if report == NOTHING:
        return ours
    sign = "≠ " if measured.agrees is False else ""
    return Text.assemble(ours, " ", sign, (f"({report})", "dim"))


def _listed(view: View) -> RichTable:
    shown = RichTable()
    for name in (view.experiment.corner, "printed", "run", ""):
        shown.add_column(Text(name), overflow="fold")
    for line in view.alphas:
        shown.add_row(*map(Text, (line.row, line.printed, line.run, "" if line.agrees else "differs")))
    return shown


def _how_to_read(view: View) -> str:
    words = f"Means over {view.over}"
    if view.experiment.compares:
        words += (
            f", {view.experiment.reference}'s numbers in brackets; ≠, and red: it does not agree with ours"
        )
    return f"{words}.{' † Some of these runs diverged.' if view.diverged else ''}"


def _outcomes(view: View) -> dict[str, list[tuple[str, int]]]:
    """Count each claim's verdicts by kind."""
    counts: dict[str, Counter[str]] = {}
    for verdict in view.verdicts:
        counts.setdefault(verdict.claim.says, Counter())[verdict.outcome] += 1
    return {says: count.most_common() for says, count in counts.items()}
