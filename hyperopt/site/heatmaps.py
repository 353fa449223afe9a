"""Heat maps as HTML tables with a colour, our median and the report's number in each cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hyperopt.errors import shown
from hyperopt.experiments.figure import HeatMap, Map
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Place
from hyperopt.pages.comparison import agrees
from hyperopt.wording import steps_or_more


@dataclass(frozen=True)
class HeatCell:
    """A cell: our text, the report's, background and text colour, and the cell's index on the page."""

    ours: str
    report: str
    colour: str
    ink: str
    cell: int
    agrees: str


@dataclass(frozen=True)
class HeatTable:
    """A map: its label, the labels of its columns, and its rows with their labels."""

    label: str
    columns: list[str]
    rows: list[tuple[str, list[HeatCell]]]


def heat_tables(view: View, cells: Mapping[Place, int]) -> list[HeatTable]:
    """Return the drawn maps of an experiment; [] if it has no maps or no runs."""
    figure = view.experiment.heatmap
    if figure is None or not view.measured:
        return []
    return [_table(view, figure, one, cells) for one in figure.maps if one.drawn]


def _table(view: View, figure: HeatMap, one: Map, cells: Mapping[Place, int]) -> HeatTable:
    from hyperopt.figures.heatmaps import scale_of, text_and_colours  # imports matplotlib

    scale = scale_of(view.measurements)
    rows = []
    for label, value in zip(one.rows, figure.rows.values, strict=True):
        found = []
        for column in one.columns:
            measured = view.measurements[label, column]
            text, colour, _ = text_and_colours(measured, scale)
            report = measured.cell.report
            theirs = "" if report is None else steps_or_more(report)
            found.append(
                HeatCell(
                    text, theirs, colour, _ink(colour), cells[label, column], agrees(measured).strip("*")
                )
            )
        rows.append((shown(value), found))
    several = len(one.columns) > 1
    columns = [shown(value) for value in figure.columns.values] if several else [one.columns[0]]
    return HeatTable(one.label, columns, rows)


def _ink(colour: str) -> str:
    """Return black or white, whichever has more contrast with a colour (WCAG 2.1, relative luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#ffffff" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "#000000"
