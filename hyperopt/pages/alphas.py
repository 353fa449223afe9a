"""A report's list of initial alphas beside what is run."""

from __future__ import annotations

from dataclasses import asdict

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Table


def section(view: View, listed: Experiment) -> list[Block]:
    """A table per sub-table, then how to read it; `listed` is the experiment whose alphas they are."""
    experiment = view.experiment
    parts: list[Block] = [f"## Initial α, as printed and as run in {listed.id}"]
    for table in experiment.tables:
        own = [line for line in view.alphas if line.table == table.heading]
        cells = [[line.row, line.printed, line.run, "" if line.agrees else "**differs**"] for line in own]
        header = [experiment.corner, "printed", "run", " "]
        parts += [f"**{table.heading}**", Table(header, cells, left=(experiment.corner, " "))]
    words = (
        "Levels from bottom to top. What is run is read from the settings of that experiment: the α of the "
        "report's code."
    )
    return [*parts, words]


def summary(view: View) -> str:
    """The number of rows that are run as printed."""
    return f"{sum(line.agrees for line in view.alphas)} of {len(view.alphas)} rows are run as printed"


def csv(view: View) -> str:
    """A row per row of the list."""
    import pandas as pd  # takes longer to import than most commands run

    rows = [asdict(line) | {"agrees": line.agrees} for line in view.alphas]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
