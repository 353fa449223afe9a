"""The page section with times of single runs, compared with the report's by their ratios to a baseline."""

from __future__ import annotations

from hyperopt.findings.time_ratios import TimedTable, Times
from hyperopt.findings.view import View
from hyperopt.pages import markdown
from hyperopt.pages.blocks import Block, Table
from hyperopt.pages.markdown import number

FOR_ALL_STEPS = (
    "Seconds for the row's epochs, of a single run with one torch thread and its data in memory, excluding "
    "the time for compiling and evaluation. Ratios are to the first row of the sub-table, round by round. "
    "The report's seconds are from its own machine, with a DataLoader, so only the ratios can be compared."
)
PER_STEP = (
    "Microseconds per step, of a single run with one thread and its data in memory, excluding the time for "
    "compiling and evaluation. Ratios are to the first row of the sub-table, round by round. The report's "
    "times are from its own machine, so only the ratios can be compared."
)


def section(view: View) -> list[Block]:
    """Return a table per sub-table, whose first row is the baseline; [] if the experiment has no times."""
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
        share = f" In each round {times.timed_steps} steps of a run were timed, and the seconds extrapolated."
    return [
        f"{words}{share}",
        f"Timed by `{command}` on {', '.join(times.cpus)}, "
        f"{', '.join(times.days)}, in {' or '.join(map(str, times.rounds))} rounds. Every run "
        f"had at least {times.core:.2f} of a core; a share far below 1 would mean that the machine was busy "
        "and its times unreliable.",
    ]
