"""`hyperopt compare`: compares two selections, paired by seed, with curves in the terminal."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from hyperopt.cli.plot import drawn, picture_path
from hyperopt.cli.selection_words import ANY, FROM, few, names, split
from hyperopt.errors import ConfigError, shortened, typed
from hyperopt.selection.checks import check_metric
from hyperopt.selection.rows import metric_of
from hyperopt.selection.select import needed
from hyperopt.selection.stored import everything
from hyperopt.wording import counted, printable

if TYPE_CHECKING:
    from argparse import Namespace

    from hyperopt.findings.comparison import Difference
    from hyperopt.selection.stored import Selection

OPTIONS = {**FROM, "metric": ANY, "plot": ANY}
WIDTH, HEIGHT = 100, 15


def compare(arguments: Namespace) -> int:
    """Print the differences between two selections, and plot a metric of both over the epochs."""
    from hyperopt.findings.comparison import differences, settings_that_differ, shared_metrics

    words, options = split(arguments.words, OPTIONS)
    path = picture_path(options["plot"], "plot") if "plot" in options else None
    place = options.get("from", "here")
    of_a, of_b = two(words)
    there = everything(place)
    a, b = (needed(of, place, there, also=OPTIONS) for of in (of_a, of_b))
    if {*a.ids} == {*b.ids}:
        raise ConfigError(f"{' '.join(of_a)} and {' '.join(of_b)} select the same {counted(len(a), 'run')}.")
    asked = names(options.get("metric"))
    for metric in asked:
        check_metric(metric, there)
    found = differences(a, b, asked or shared_metrics(a, b))
    lacking = [metric for metric in asked if metric not in {each.metric for each in found}]
    seeds = {config["seed"] for config in a.configs} & {config["seed"] for config in b.configs}
    if seeds and lacking:
        raise ConfigError(f"{typed('metric', lacking[0])}: no seed has it in both A and B.")

    from hyperopt.cli.tables import table, terminal_width

    for name, chosen, said in (("A", a, of_a), ("B", b, of_b)):
        print(f"{name}: {' '.join(said)}: {_described(chosen)}")
    width = terminal_width()
    settings = table(settings_that_differ(a, b), ["differs", "A", "B"], width, disable_numparse=True)
    print("\n" + printable(settings))
    if not found:
        why = "no seed has all of its settings in both" if seeds else "no seed is in both"
        print(f"\n{why}: {_seeds(a)} in A, {_seeds(b)} in B.")
        return 0
    rows = list(_rows(found))
    heads = ["metric", "A", "B", "B - A", "95 % interval", "seeds"]
    print("\n" + printable(table(rows, heads, width, disable_numparse=True)))
    if any(each.lost for each in found):
        print("\n†: runs diverged: medians, and the range of the differences")
    metric = asked[0] if asked else metric_of(a)
    print("\n" + "\n".join(terminal_curves(a, b, metric)))
    if path:
        both = _together(a, b)
        print(f"\n{drawn(both, asked or [metric], 'epoch', (), '', path)}")
    return 0


def two(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of A and B: the first two, each one or several in quotes; others apply to both.

    Raises:
        ConfigError: there are not two, or both are equal.
    """
    if len(words) < 2:
        raise ConfigError(
            "compare: two selections are expected, such as stack=adam stack=adam/sgd, or in quotes "
            "'stack=adam alpha=1e-3' 'stack=adam/sgd', and then what holds for both, such as dataset=mnist."
        )
    try:
        a, b = (shlex.split(word) for word in words[:2])
    except ValueError:
        raise ConfigError(f"compare {shortened(' '.join(words[:2]))}: a quote is not closed.") from None
    if sorted(a) == sorted(b):
        raise ConfigError(f"compare {shortened(words[0])}: A and B are the same selection.")
    return [*a, *words[2:]], [*b, *words[2:]]


def _described(chosen: Selection) -> str:
    from hyperopt.findings.comparison import count_settings, several

    settings = count_settings(chosen)
    more = f"; {settings} settings ({few(several(chosen))}), of which means are taken" * (settings > 1)
    return f"{counted(len(chosen), 'run')}, {_seeds(chosen)}{more}"


def _seeds(chosen: Selection) -> str:
    seeds = sorted({config["seed"] for config in chosen.configs})
    some = ", ".join(map(str, seeds[:8])) + (", ..." if len(seeds) > 8 else "")
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {some}"


def _rows(found: Sequence[Difference]) -> Iterator[list[str]]:
    from statistics import fmean, median

    from hyperopt.cli.results_text import number

    for each in found:
        seeds, middle = sorted(each.by_seed), median if each.lost else fmean
        a, b = (middle([of[seed] for seed in seeds]) for of in (each.a, each.b))
        interval = each.interval
        between = "-" if interval is None else f"{number(interval.low)} to {number(interval.high)}"
        told = "" if interval is None or each.lost or interval.low <= 0 <= interval.high else " *"
        cells = [number(a), number(b), f"{number(each.middle)}{told}", between, str(len(seeds))]
        yield [each.metric + " †" * (each.lost > 0), *("0" if cell == "-0" else cell for cell in cells)]


def terminal_curves(a: Selection, b: Selection, metric: str) -> Iterator[str]:
    """Plot the means of both over the epochs as text."""
    import plotext

    from hyperopt.findings.curves import along_epochs
    from hyperopt.findings.stored_curves import load_records

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(min(WIDTH, get_terminal_size().columns), HEIGHT)
    plotext.title(f"{metric}, mean over runs, by epoch")
    records, drawn_any = load_records(_together(a, b)), False
    for name, chosen in (("A", a), ("B", b)):
        x, y, _ = along_epochs([records[id_] for id_ in chosen.ids if id_ in records], metric)
        points = [
            (at, sum(finite) / len(finite))
            for at, column in zip(x, y.T, strict=True)
            if (finite := [value for value in column if math.isfinite(value)])
        ]
        if points:
            drawn_any = True
            marker = "braille" if _prints_braille() else name.lower()
            plotext.plot(*zip(*points, strict=True), label=name, marker=marker)
    if drawn_any:
        text = plotext.build()
        yield from (text if sys.stdout.isatty() else plotext.uncolorize(text)).rstrip().splitlines()
    else:
        yield f"{metric}: neither has it by epoch"


def _prints_braille() -> bool:
    try:
        "⠿┤".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _together(a: Selection, b: Selection) -> Selection:
    import pyarrow as pa

    from hyperopt.selection.stored import Selection

    mine = {*a.ids}
    others = b.take([place for place, id_ in enumerate(b.ids) if id_ not in mine])
    return Selection(pa.concat_tables([a.table, others.table]), a.said)
