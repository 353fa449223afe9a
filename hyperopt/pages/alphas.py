"""The page section for a report's list of initial alphas, compared with what is run."""

from __future__ import annotations

from dataclasses import asdict

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Table


def section(view: View, listed: Experiment) -> list[Block]:
    """Return a table per sub-table, and how to read it; `listed` is the experiment that has the alphas."""
    experiment = view.experiment
    parts: list[Block] = [f"## Initial α, as printed and as run in {listed.id}"]
    for table in experiment.tables:
        own = [line for line in view.alphas if line.table == table.heading]
        cells = [[line.row, line.printed, line.run, "" if line.agrees else "**differs**"] for line in own]
        header = [experiment.corner, "printed", "run", " "]
        parts += [f"**{table.heading}**", Table(header, cells, left=(experiment.corner, " "))]
    words = (
        "Levels are from bottom to top. What is run comes from the settings of that experiment, which are "
        "those of the report's code."
    )
    return [*parts, words]


def summary(view: View) -> str:
    """Return how many rows are run as printed, in words."""
    return f"{sum(line.agrees for line in view.alphas)} of {len(view.alphas)} rows are run as printed"


def csv(view: View) -> str:
    """Return the rows of the list as CSV."""
    import pandas as pd  # importing it takes longer than most commands

    rows = [asdict(line) | {"agrees": line.agrees} for line in view.alphas]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
