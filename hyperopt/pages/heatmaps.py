"""Heat maps on a page: the picture, then every cell beside the report's."""

from __future__ import annotations

import math

from hyperopt.experiments.figure import HeatMap
from hyperopt.findings.measurements import WIDENED, Measured
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.markdown import NOTHING
from hyperopt.wording import steps_or_more


def section(view: View, figure: HeatMap) -> str:
    """The picture and how to read it."""
    experiment = view.experiment
    name = experiment.id.rpartition("/")[2]
    words = [
        f"Medians over {view.over}: {figure.label}. Grey: no run got "
        "there; a count under a median: so many did not."
    ]
    if hidden := [one.label for one in figure.maps if not one.drawn]:
        words.append(f"Not drawn here: {', '.join(hidden)}.")
    notes = "\n".join(f"- {note}" for note in experiment.notes)
    picture = f"![{experiment.title}]({name}.svg)"
    return "\n\n".join(filter(None, ["## The figure, our numbers", picture, " ".join(words), notes]))


def comparison(views: list[View], figure: HeatMap) -> str:
    """Per view how many cells agree with the report's, which do not, and every cell."""
    reference = views[0].experiment.reference
    parts = [f"## Beside {reference}"]
    for view in views:
        parts += [f"### {view.count}"] if len(views) > 1 else []
        parts += [_share(view, figure), _cells(view, figure)]
    parts.append(
        f"A cell is inside where {reference} has a number in the range of ours over seeds, widened {WIDENED} "
        "times both ways. A run that never got there counts as more than its steps; no mean is told of such "
        "numbers."
    )
    return "\n\n".join(parts)


def _share(view: View, figure: HeatMap) -> str:
    compared = [cell for cell in _all(view, figure) if cell.agrees is not None]
    outside = [cell for cell in compared if not cell.agrees]
    if not compared:
        return "No cell to compare."
    inside = len(compared) - len(outside)
    text = f"**{inside} of {len(compared)} cells are inside ({100 * inside / len(compared):.0f} %).**"
    if outside:
        names = (
            f"{_place(cell)} ({steps_or_more(cell.cell.report or 0)}; ours {_range(cell)})"
            for cell in outside
        )
        text += f" Not inside: {'; '.join(names)}."
    return text


def _cells(view: View, figure: HeatMap) -> str:
    header = ["map", figure.rows.name, figure.columns.name, view.experiment.reference.removeprefix("the ")]
    header += ["median", "range", "never", "n", "inside"]
    rows = []
    for one in figure.maps:
        for label, y in zip(one.rows, figure.rows.values, strict=True):
            for column in one.columns:
                cell = view.measured[label, column]
                x = "any" if cell.cell.x is None else f"{cell.cell.x:g}"
                report = NOTHING if cell.cell.report is None else steps_or_more(cell.cell.report)
                rows.append([one.label, f"{y:g}", x, report, *_ours(cell)])
    return markdown.table(header, rows, left=("map",))


def _ours(cell: Measured) -> list[str]:
    if cell.summary is None:
        return [NOTHING, NOTHING, "", "0", NOTHING]
    never = sum(map(math.isinf, cell.by_seed.values()))
    inside = NOTHING if cell.agrees is None else "yes" if cell.agrees else "**no**"
    lost = f"{never} ({len(cell.diverged)} diverged)" if cell.diverged else str(never or "")
    return [steps_or_more(cell.summary.median, cell.most), _range(cell), lost, str(cell.summary.n), inside]


def _range(cell: Measured) -> str:
    assert cell.summary
    low, high = (steps_or_more(end, cell.most) for end in (cell.summary.range.low, cell.summary.range.high))
    return low if low == high else f"{low} to {high}"


def _all(view: View, figure: HeatMap) -> list[Measured]:
    return [view.measured[row, column] for one in figure.maps for row in one.rows for column in one.columns]


def _place(cell: Measured) -> str:
    return cell.cell.row if cell.cell.x is None else f"{cell.cell.row}, {cell.cell.column}"
