"""The page section that compares every number with the report's."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import NormalDist

from hyperopt.experiments.experiment import Experiment
from hyperopt.experiments.grid import Table as SubTable
from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured
from hyperopt.findings.rivals import opposite
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Folded, Table
from hyperopt.pages.columns import full
from hyperopt.pages.markdown import NOTHING, interval, number
from hyperopt.statistics import CONFIDENCE, FEWEST_RUNS, FEWEST_SUBSETS
from hyperopt.wording import possessive, sentence


def section(view: View, others: Sequence[View]) -> list[Block]:
    """Return a table per sub-table, how to read it, and the folded tables of other views."""
    reference, compares = view.experiment.reference, view.experiment.compares
    heading = f"## Comparison with {reference}" if compares else "## Every number"
    parts: list[Block] = [heading, *_tables(view)]
    parts.append(_words(view, view.experiment, compares=compares))
    return [*parts, *(Folded(f"At {one.count}", [*_tables(one)]) for one in others)]


def agrees(measured: Measured) -> str:
    """Return `yes`, `yes, not tellingly` if a rival number would agree too, or `no`."""
    if measured.agrees is None:
        return NOTHING
    return "**no**" if not measured.agrees else "yes" if measured.telling else "yes, not tellingly"


def _words(view: View, experiment: Experiment, *, compares: bool) -> str:
    words: list[str] = []
    if compares:
        m, number = experiment.runs_per_number, f"{sentence(possessive(experiment.reference))} number"
        where = f"lies in the prediction interval, {_predicted(len(view.seeds), m)}"
        words.append(f"{number} agrees if it {where if experiment.random else 'is equal to ours'}.")
        if experiment.random:
            words.append(
                "*Least visible* is how far from our mean a number has to be to disagree on either side: "
                "the distance to the farther end of the interval."
            )
        words.append(f"*Not tellingly*: the rival number, {_rival(experiment)}, would agree too.")
    if error := experiment.reading_error:
        words.append(f"Its numbers were read off its picture, to ±{error:g}, which widens the interval.")
    if error := experiment.rounding_error:
        words.append(f"Its numbers are rounded, by up to {error:g}, which widens the interval.")
    if any(metric_of(column.metric).is_share for column in experiment.columns):
        words.append("The interval of a share of runs is Clopper and Pearson's.")
    if view.diverged:
        words.append(
            "If a run diverged, Student's interval is meaningless: median and range are given instead, and "
            f"with fewer than {FEWEST_RUNS} seeds, or a number that is not finite, the cell is not compared."
        )
    return " ".join(words)


def _predicted(n: int, m: int) -> str:
    """Return the kind of prediction interval, and how often the mean of new normal runs lies in it."""
    if n < FEWEST_RUNS or math.comb(n, m) < FEWEST_SUBSETS:
        of = "one more run" if m == 1 else f"the mean of {m} more runs"
        return f"which is Student's and contains {of} 95 % of the time"
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * math.sqrt((n - m) / (n + m))
    held = 100 * (2 * NormalDist().cdf(z) - 1)
    return (
        f"the middle 95 % of the means of {m} of our own runs. Means of {m} new runs share none with ours: "
        f"only some {held:.0f} % of them lie in it, so a *no* is an indication and no proof"
    )


def _rival(experiment: Experiment) -> str:
    """Return what the rival number is."""
    spread = "one half the spread of the report's column away"
    other = "the report's own in the row's other column"
    return f"{other} ({spread}, if it has none there)" if opposite(experiment) else spread


def _tables(view: View) -> Iterator[Block]:
    for table in view.experiment.tables:
        yield from _table(view, table)


def _table(view: View, table: SubTable) -> Iterator[Block]:
    experiment = view.experiment
    columns = [column for column in experiment.columns if not metric_of(column.metric).timed_in]
    cells = [
        (view.measurements[row.label, column.name], full(experiment, column.name))
        for row in table.rows
        for column in columns
        if (row.label, column.name) in view.measurements
    ]
    if experiment.baseline and table is experiment.tables[0]:
        cells.insert(0, (view.measurements[experiment.baseline.label, experiment.columns[0].name], ""))
    compared = any(measured.cell.report is not None for measured, _ in cells)
    lost = any(measured.diverged for measured, _ in cells)
    header = [experiment.corner, "", *([experiment.reference.removeprefix("the ")] if compared else [])]
    if experiment.random:
        by_median = experiment.judged_by == "median"
        header += ["mean", *(["median"] if by_median else []), "sd", "95 % interval"]
        header += ["prediction interval", "n", "agrees", "least visible"] if compared else ["n"]
        header += ["diverged"] if lost else []
        row = partial(_row, by_median=by_median, compared=compared, lost=lost)
        rows = [row(measured, name) for measured, name in cells]
    else:
        header += ["ours", *(["agrees"] if compared else [])]
        printed = [(measured, name) for measured, name in cells if measured.cell.report is not None]
        cells = printed or cells  # the others are above, and have no interval to add here
        rows = [_exact(measured, name, compared=compared) for measured, name in cells]
    if len(experiment.tables) > 1:
        yield f"**{table.heading}**"
    places = [[(measured.cell.row, measured.cell.column)] for measured, _ in cells]
    yield Table(header, rows, left=("", "agrees", "diverged"), places=places)


def _exact(measured: Measured, name: str, *, compared: bool) -> list[str]:
    """Return the cells for a number that is not random and so has no spread or interval."""
    decimals = measured.cell.decimals
    ours = number(measured.summary.median if measured.summary else None, decimals)
    if not compared:
        return [measured.cell.row, name, ours]
    return [measured.cell.row, name, number(measured.cell.report, decimals), ours, agrees(measured)]


def _row(measured: Measured, name: str, *, by_median: bool, compared: bool, lost: bool) -> list[str]:
    decimals, summary = measured.cell.decimals, measured.summary
    share = metric_of(measured.cell.metric).is_share
    mean = number(summary.mean, decimals) if summary else NOTHING
    median = number(summary.median, decimals) if summary and not share else NOTHING
    plain = summary and not measured.diverged and not share
    sd = number(summary.sd, decimals) if summary and plain else NOTHING
    texts = [mean, *([median] if by_median else []), sd, interval(measured.interval, decimals)]
    n = str(summary.n if summary else 0)
    if compared:
        texts = [number(measured.cell.report, decimals), *texts, interval(measured.prediction, decimals), n]
        texts += [agrees(measured), number(measured.least_visible, decimals)]
    else:
        texts.append(n)
    return [measured.cell.row, name, *texts, *([_lost(measured, by_median=by_median)] if lost else [])]


def _lost(measured: Measured, *, by_median: bool) -> str:
    """Return how many runs diverged, and range and, unless a column gives it, median if these are numbers."""
    summary, lost = measured.summary, len(measured.diverged)
    if not lost or summary is None:
        return ""
    count = f"{lost} of {summary.n}"
    if metric_of(measured.cell.metric).is_share:
        return count
    middle, ends = number(summary.median, measured.cell.decimals), summary.range
    if NOTHING in (middle, number(ends.low), number(ends.high)):
        return f"{count}: no number left"
    given = "" if by_median else f"median {middle}, "
    return f"{count}: {given}range {interval(ends, measured.cell.decimals)}"
