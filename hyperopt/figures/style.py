"""What all pictures look like."""

from __future__ import annotations

from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F")
"""Okabe and Ito's, its yellow (too faint on white) replaced by a grey."""

BANDS = {"seeds": "middle 90 % of seeds", "mean": "95 % interval of the mean"}
"""What lies around a curve, in words."""

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "hyperopt",
    "svg.fonttype": "path",
}
