"""Times of single runs beside the report's, and each as a multiple of its baseline's time."""

from __future__ import annotations

from hyperopt.findings.time_ratios import TimedTable, Times
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.blocks import Block, Table
from hyperopt.pages.markdown import number

FOR_ALL_STEPS = (
    "Seconds of the row's epochs, one run alone with one torch thread, its data in memory, without "
    "compiling and evaluation; a ratio is to the first row of the sub-table, round by round. The "
    "report's seconds are of its own machine, with a DataLoader: only its ratios compare."
)
PER_STEP = (
    "Microseconds per iteration, one run alone with one thread, its data in memory, without compiling and "
    "evaluation; a ratio is to the first row of the sub-table, round by round. The report's times are of its "
    "own machine: only its ratios compare."
)


def section(view: View) -> list[Block]:
    """A table per sub-table, whose first row is the baseline; [] where the experiment times nothing."""
    times = view.times
    if times is None:
        return []
    corner = view.experiment.corner
    tables = [part for one in times.tables for part in (f"**{one.heading}**", _table(one, times, corner))]
    return ["## Times", *tables, *_how_timed(times, view.experiment.id)]


def _table(table: TimedTable, times: Times, corner: str) -> Table:
    header = [corner, "report", "ratio"]
    for library in times.libraries:
        header += [library, "ratio ", "95 % interval"]
    rows = []
    for row in table.rows:
        cells = [row.label, number(row.reported), number(row.reported_ratio)]
        for ours in row.ours:
            interval = "" if row is table.rows[0] else markdown.interval(ours.interval)
            cells += [number(ours.mean), number(ours.ratio), interval]
        rows.append(cells)
    return Table(header, rows, left=(corner,))


def _how_timed(times: Times, name: str) -> list[Block]:
    words = PER_STEP if times.per_step else FOR_ALL_STEPS
    command, share = f"make times ONLY={name}", ""
    if not times.rounds:
        return [f"{words} Not timed yet: `{command}` on an idle machine."]
    if times.timed_steps:
        command += f" STEPS={times.timed_steps}"
        share = (
            f" Of a run's steps {times.timed_steps} were timed in each round; the seconds are in proportion."
        )
    return [
        f"{words}{share}",
        f"Timed by `{command}` on {', '.join(times.cpus)}, "
        f"{', '.join(times.days)}, in {' or '.join(map(str, times.rounds))} rounds. Every run "
        f"had at least {times.core:.2f} of a core; a share far below 1 would mean that the machine was busy, "
        "and that its times are worth little.",
    ]
