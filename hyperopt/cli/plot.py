"""`hyperopt plot`: plots stored runs in the style of the reports' figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hyperopt.cli.selection_words import ANY, FROM, few, names, split
from hyperopt.durable import is_there, write
from hyperopt.errors import ConfigError, typed
from hyperopt.selection.rows import metric_of, mixed
from hyperopt.selection.select import needed
from hyperopt.wording import counted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from hyperopt.selection.stored import Selection

KINDS = ("png", "svg")
AXES = ("x", "y", "xy")
OPTIONS = {**FROM, "metric": ANY, "x": ANY, "by": ANY, "log": AXES, "file": ANY}


def plot(arguments: Namespace) -> int:
    """Plot the selected runs, one curve per setting, with bands over seeds."""
    words, options = split(arguments.words, OPTIONS)
    path = picture_path(options.get("file", "plot.png"), "file")
    chosen = needed(words, options.get("from", "here"), also=OPTIONS)
    metrics = names(options.get("metric")) or [metric_of(chosen)]
    x, logarithmic = options.get("x", "epoch"), options.get("log", "")
    print(drawn(chosen, metrics, x, names(options.get("by")), logarithmic, path))
    return 0


def picture_path(text: str, key: str) -> Path:
    """Return the output path of a picture.

    Raises:
        ConfigError: its name has no supported extension.
    """
    path = Path(text).expanduser()
    if path.suffix.removeprefix(".") not in KINDS or (is_there(path) and path.is_dir()):
        raise ConfigError(f"{typed(key, text)}: a file whose name ends with .png or .svg is expected.")
    return path


def drawn(
    chosen: Selection, metrics: Sequence[str], x: str, by: Sequence[str], logarithmic: str, path: Path
) -> str:
    """Plot runs into a file, and describe its content.

    Raises:
        ConfigError: the runs lack a metric or an x, or there are too many curves.
    """
    from hyperopt.findings.stored_curves import figure_of, load_records, stored_curves

    figure = figure_of(chosen, metrics, x, logarithmic)
    panels = stored_curves(chosen, load_records(chosen), figure, by)
    from hyperopt.figures.draw import draw_panels

    seeds = [len(curve.seeds) for curves in panels.values() for curve in curves]
    drawing = draw_panels(
        figure, list(panels.items()), (min(seeds), max(seeds)), path.suffix.removeprefix(".")
    )
    write(path, drawing, durable=False)
    curves = counted(max(map(len, panels.values())), "curve")
    says = f"{path}: {curves} of {counted(len(chosen), 'run')}"
    others = [key for key in mixed(chosen, by) if key != x] if by else []
    return f"{says}; runs of one curve also differ in {few(others)}" if others else says
