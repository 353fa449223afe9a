"""The page sections of heat maps: the picture, and the comparison of every cell with the report's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hyperopt.experiments.figure import HeatMap
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import comparison as comparison_table
from hyperopt.pages.answer import by_seeds, expected_share
from hyperopt.pages.blocks import Block, Folded, Picture, Table
from hyperopt.pages.markdown import NOTHING
from hyperopt.pages.over import differing
from hyperopt.wording import steps_or_more

FEW = 5
"""The maximum number of cells outside the range that are named."""


def section(view: View, figure: HeatMap) -> list[Block]:
    """Return the picture and how to read it."""
    experiment = view.experiment
    name = experiment.id.rpartition("/")[2]
    words = [
        f"Medians over {view.over}: {figure.label}. In grey cells at least half of the runs never got "
        "there. If only some did not, the text below the number says how many, in grey cells too.",
        differing(view),
    ]
    if hidden := [one.label for one in figure.maps if not one.drawn]:
        words.append(f"Not drawn here: {'; '.join(hidden)}.")
    notes = "\n".join(f"- {note}" for note in experiment.notes)
    picture = Picture(experiment.title, f"{name}.svg")
    return ["## The figure, our numbers", picture, " ".join(filter(None, words)), notes]


def comparison(view: View, others: Sequence[View], figure: HeatMap) -> list[Block]:
    """Return how many cells agree with the report's, a table of all cells, and folded ones of other views."""
    reference = view.experiment.reference
    parts: list[Block] = [f"## Comparison with {reference}", *_share(view, figure), _cells(view, figure)]
    parts.append(
        f"A cell is inside if the number of {reference} lies in the range of ours over seeds, and *not "
        "tellingly* if a number half the spread of the column away, on a logarithmic scale, would be inside "
        "too. A run that never got there counts as more than its steps."
    )
    return [*parts, *(Folded(f"At {one.count}", [_cells(one, figure)]) for one in others)]


def _share(view: View, figure: HeatMap) -> list[Block]:
    """Return how many cells are inside, and those furthest outside."""
    compared = [measured for measured in _all(view, figure) if measured.agrees is not None]
    outside = sorted((m for m in compared if not m.agrees), key=_off, reverse=True)
    if not compared:
        return ["No cell to compare."]
    inside = len(compared) - len(outside)
    text = (
        f"**{inside} of {len(compared)} cells are inside ({100 * inside / len(compared):.0f} %).** Of runs "
        f"like ours {expected_share(view)} % would be: "
    )
    if groups := by_seeds(view):
        text += (
            "one more run lies between the smallest and largest of n with a probability of (n − 1)/(n + 1), "
            f"and cells differ in their numbers of seeds. Inside are {groups}."
        )
    else:
        n = len(compared[0].by_seed)
        text += f"that is how often one more run lies between the smallest and largest of {n}."
    if outside:
        text += f" Furthest outside: {'; '.join(map(_described, outside[:FEW]))}."
    return [text]


def _off(measured: Measured) -> float:
    """Return the logarithm of the factor by which the report's number lies outside our range."""
    assert measured.summary
    assert measured.cell.report is not None
    report, ends = measured.cell.report, measured.summary.range
    near = ends.low if report < ends.low else ends.high
    return math.inf if math.isinf(report) or math.isinf(near) else abs(math.log(report / near))


def _described(measured: Measured) -> str:
    return f"{_place(measured)} ({steps_or_more(measured.cell.report or 0)}; ours {_range(measured)})"


def _cells(view: View, figure: HeatMap) -> Table:
    header = ["map", figure.rows.name, figure.columns.name, view.experiment.reference.removeprefix("the ")]
    header += ["median", "range", "never", "n", "inside"]
    rows, places = [], []
    for one in figure.maps:
        for label, y in zip(one.rows, figure.rows.values, strict=True):
            for column in one.columns:
                measured = view.measurements[label, column]
                x = "any" if measured.cell.x is None else f"{measured.cell.x:g}"
                report = NOTHING if measured.cell.report is None else steps_or_more(measured.cell.report)
                rows.append([one.label, f"{y:g}", x, report, *_ours(measured)])
                places.append([(label, column)])
    return Table(header, rows, left=("map",), places=places)


def _ours(measured: Measured) -> list[str]:
    if measured.summary is None:
        return [NOTHING, NOTHING, "", "0", NOTHING]
    never = sum(map(math.isinf, measured.by_seed.values()))
    lost = f"{never} ({len(measured.diverged)} diverged)" if measured.diverged else str(never or "")
    return [
        steps_or_more(measured.summary.median, measured.most),
        _range(measured),
        lost,
        str(measured.summary.n),
        comparison_table.agrees(measured),
    ]


def _range(measured: Measured) -> str:
    assert measured.summary
    low, high = (
        steps_or_more(end, measured.most) for end in (measured.summary.range.low, measured.summary.range.high)
    )
    return low if low == high else f"{low} to {high}"


def _all(view: View, figure: HeatMap) -> list[Measured]:
    return [
        view.measurements[row, column] for one in figure.maps for row in one.rows for column in one.columns
    ]


def _place(measured: Measured) -> str:
    return measured.cell.row if measured.cell.x is None else f"{measured.cell.row}, {measured.cell.column}"
