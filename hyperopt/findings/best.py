"""Which stacks ended with the lowest test error on each data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hyperopt.config import Run
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View


@dataclass(frozen=True)
class Best:
    """A cell with a low test error.

    Attributes:
        page: the id of its experiment.
        measured: its numbers, errors in percent.
        run: its run of the first seed.
    """

    page: str
    measured: Measured
    run: Run

    @property
    def error(self) -> float:
        """The mean over seeds."""
        assert self.measured.summary
        mean = self.measured.summary.mean
        return 100 - mean if self.measured.cell.metric == "test_accuracy" else mean


def best(views: Mapping[str, View], most: int = 3) -> dict[str, list[Best]]:
    """By data set the stacks with the lowest mean test error after their last epoch, the lowest first.

    Each stack stands once, with the settings that served it best. Cells of one seed, of which a run is
    missing or diverged, say too little.
    """
    found: dict[tuple[str, tuple[str, ...]], Best] = {}
    for page, view in views.items():
        for measured in view.measurements.values():
            if not _tells(measured):
                continue
            one = Best(page, measured, measured.cell.run(view.seeds[0]))
            if measured.cell.epoch not in (None, one.run.epochs):
                continue
            key = str(one.run.dataset["name"]), one.run.stack
            if key not in found or one.error < found[key].error:
                found[key] = one
    by_data: dict[str, list[Best]] = {}
    for (dataset, _), one in sorted(found.items(), key=lambda item: item[1].error):
        by_data.setdefault(dataset, []).append(one)
    return {dataset: ones[:most] for dataset, ones in sorted(by_data.items())}


def _tells(measured: Measured) -> bool:
    cell = measured.cell
    whole = cell.metric in ("test_error", "test_accuracy") and cell.reduction is None
    return whole and len(measured.by_seed) > 1 and not (measured.missing or measured.diverged)
