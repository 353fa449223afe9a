"""A report's list of initial alphas, compared with the settings of the experiment that it describes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hyperopt.experiments.experiment import Experiment


@dataclass(frozen=True)
class ListedAlphas:
    """A row: the alphas `printed` in the report and those `run`, per level, bottom to top."""

    table: str
    row: str
    printed: str
    run: str

    @property
    def agrees(self) -> bool:
        """Whether both are equal as numbers."""
        return _numbers(self.printed) == _numbers(self.run)


def listed_alphas(experiment: Experiment) -> list[ListedAlphas]:
    """Return every row of a list, with the alphas of the same row in the experiment that it lists."""
    if experiment.lists is None:
        return []
    alphas = {cell.row: cell.run(seed=0).alpha for cell in experiment.lists.cells()}
    return [
        ListedAlphas(table.heading, row.label, row.printed, " / ".join(map(_text, alphas[row.label])))
        for table in experiment.tables
        for row in table.rows
    ]


def _text(alpha: float) -> str:
    """Return an alpha as the reports print it: 0.01, 1e-4."""
    if alpha >= 1e-3:
        return f"{alpha:g}"
    digits, power = f"{alpha:e}".split("e")
    return f"{float(digits):g}e{int(power)}"


def _numbers(text: str) -> list[Decimal]:
    return [Decimal(part.strip()) for part in text.split("/")]
