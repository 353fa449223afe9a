"""The stacks with the lowest test error on each data set."""

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
        measured: its numbers by seed; errors are in percent.
        run: its run with the first seed.
    """

    page: str
    measured: Measured
    run: Run

    @property
    def error(self) -> float:
        """The mean test error over seeds, in percent."""
        assert self.measured.summary
        mean = self.measured.summary.mean
        return 100 - mean if self.measured.cell.metric == "test_accuracy" else mean


def best(views: Mapping[str, View], most: int = 3) -> dict[str, list[Best]]:
    """Return the stacks with the lowest mean test error after the last epoch, by data set, lowest first.

    Each stack occurs once, with its best settings. Cells with a single seed, or with a missing or diverged
    run, are ignored.

    Args:
        views: views by experiment id.
        most: the maximum number of stacks per data set.
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
