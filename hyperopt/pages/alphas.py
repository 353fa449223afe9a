"""A report's list of initial alphas: its text beside the settings of the experiment that it describes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

import pandas as pd

from hyperopt.experiments.experiment import Experiment
from hyperopt.pages import markdown


@dataclass(frozen=True)
class Line:
    """One row: the alphas `printed` in the report and those `run`, per level, bottom to top."""

    table: str
    row: str
    printed: str
    run: str

    @property
    def agrees(self) -> bool:
        """Whether both are the same numbers."""
        return _numbers(self.printed) == _numbers(self.run)


def lines(experiment: Experiment, listed: Experiment) -> list[Line]:
    """Every row of the list, with the alphas of the row of that label in the experiment `listed`."""
    alphas = {cell.row: cell.run(seed=0).alpha for cell in listed.cells()}
    return [
        Line(table.heading, row.label, row.printed, " / ".join(map(_text, alphas[row.label])))
        for table in experiment.tables
        for row in table.rows
    ]


def section(experiment: Experiment, listed: Experiment, rows: Sequence[Line]) -> str:
    """A table per sub-table, then what it says."""
    parts = [f"## Initial α, as printed and as run in {listed.id}"]
    for table in experiment.tables:
        own = [line for line in rows if line.table == table.heading]
        cells = [[line.row, line.printed, line.run, "" if line.agrees else "**differs**"] for line in own]
        header = [experiment.corner, "printed", "run", " "]
        parts.append(f"**{table.heading}**\n\n{markdown.table(header, cells, left=(experiment.corner, ' '))}")
    words = (
        "Levels from bottom to top. What is run is read from the settings of that experiment: the α of the "
        "report's code."
    )
    return "\n\n".join([*parts, words])


def summary(rows: Sequence[Line]) -> str:
    """How many rows are as printed."""
    return f"{sum(line.agrees for line in rows)} of {len(rows)} rows are run as printed"


def csv(rows: Sequence[Line]) -> str:
    """A row per row of the list."""
    return pd.DataFrame([asdict(line) | {"agrees": line.agrees} for line in rows]).to_csv(
        index=False, lineterminator="\n"
    )


def _text(alpha: float) -> str:
    """As the reports print it: 0.01, 1e-4."""
    if alpha >= 1e-3:
        return f"{alpha:g}"
    digits, power = f"{alpha:e}".split("e")
    return f"{float(digits):g}e{int(power)}"


def _numbers(text: str) -> list[Decimal]:
    return [Decimal(part.strip()) for part in text.split("/")]
