"""The data of a live figure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hyperopt.experiments.figure import LINE_STYLES, Curve, Figure, Panel
from hyperopt.figures.style import BANDS, COLOURS, over_seeds
from hyperopt.findings.curves import MeasuredCurve
from hyperopt.findings.view import View
from hyperopt.site.evidence import rounded

DASHES = {"solid": "solid", "dashed": "dash", "dotted": "dot"}


def figure_of(view: View) -> dict[str, Any] | None:
    """Return axes, panels and curves; None if the experiment has no curves or no runs."""
    figure = view.experiment.figure
    panels = [(panel, drawn) for panel, drawn in view.curves.items() if drawn]
    if figure is None or not panels:
        return None
    seeds = view.drawn_over
    looks = _looks(figure)
    return {
        "x": {"label": figure.x.label, "log": figure.x.log, "whole": not figure.x.values},
        "ours": f"ours, {over_seeds(seeds, complete=view.complete)}",
        "band": BANDS[figure.band] if seeds[1] > 1 else "",
        "reference": view.experiment.reference,
        "panels": [
            _panel(panel, drawn, group, figure, looks) for panel, drawn in panels for group in _groups(figure)
        ],
    }


def _groups(figure: Figure) -> tuple[str, ...]:
    return figure.groups or ("",)


def _panel(
    panel: Panel, drawn: Any, group: str, figure: Figure, looks: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    group_of = {curve.label: curve.group for curve in figure.curves}
    return {
        "title": group,
        "label": panel.label,
        "log": panel.log,
        "curves": [_curve(one, looks[one.label]) for one in drawn if group_of[one.label] == group],
    }


def _curve(curve: MeasuredCurve, look: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": curve.label,
        **look,
        "x": _numbers(curve.x),
        "middle": _numbers(curve.middle),
        "low": _numbers(curve.low),
        "high": _numbers(curve.high),
        "diverged": np.flatnonzero(curve.diverged).tolist(),
        "seeds": list(curve.seeds),
        "by_seed": [_numbers(row) for row in curve.by_seed],
        "report": [_numbers(curve.report_x), _numbers(curve.report_y)],
        "sparse": len(curve.report_x) < len(curve.x),
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [rounded(value) for value in values.tolist()]


def _looks(figure: Figure) -> dict[str, dict[str, Any]]:
    """Return the colour, marker and dash of every drawn curve, as in the pictures."""
    drawn = [curve for curve in figure.curves if curve.drawn]
    if any(figure.groups):
        return {curve.label: _grouped(curve, drawn) for curve in drawn}
    return {
        curve.label: {"colour": i % len(COLOURS), "marker": i, "dash": "solid"}
        for i, curve in enumerate(drawn)
    }


def _grouped(curve: Curve, drawn: list[Curve]) -> dict[str, Any]:
    colours = list(dict.fromkeys(one.colour for one in drawn))
    lines = list(dict.fromkeys(one.line for one in drawn))
    colour, line = colours.index(curve.colour), lines.index(curve.line)
    return {"colour": colour % len(COLOURS), "marker": colour, "dash": DASHES[LINE_STYLES[line]]}
