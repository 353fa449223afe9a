"""Counts of a report's sentences by verdict, and of its numbers that agree, on one or more pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hyperopt.findings.judging import OUTCOMES
from hyperopt.findings.measurements import Measured, Measurements, Obstacle
from hyperopt.findings.verdicts import Verdict


@dataclass(frozen=True)
class Tally:
    """Counts of sentences and numbers.

    Attributes:
        sentences: the report's sentences, by verdict.
        ours: our own checks, by verdict.
        repeated: sentences that repeat one of another page, by verdict.
        agree: the report's numbers that agree.
        telling: those that agree while no rival would.
        compared: the numbers that are compared.
        left_out: the numbers that cannot be compared, by the reason.
    """

    sentences: Mapping[str, int]
    ours: Mapping[str, int]
    repeated: Mapping[str, int]
    agree: int
    telling: int
    compared: int
    left_out: Counter[Obstacle]


def tally_of(pages: Iterable[tuple[Sequence[Verdict], Measurements]]) -> Tally:
    """Return the counts for pages; a number that several pages compare with the same run counts once."""
    verdicts: list[Verdict] = []
    cells: dict[tuple[str, str, str, float | None], Measured] = {}
    for found, measurements in pages:
        verdicts += found
        for measured in measurements.values():
            if measured.cell.report is not None:
                cells.setdefault(_compared(measured), measured)
    agreed = [measured for measured in cells.values() if measured.agrees]
    return Tally(
        sentences=by_outcome(v for v in verdicts if v.claim.counts),
        ours=by_outcome(v for v in verdicts if v.claim.ours),
        repeated=by_outcome(v for v in verdicts if v.claim.same_as and not v.claim.ours),
        agree=len(agreed),
        telling=sum(measured.telling is True for measured in agreed),
        compared=sum(measured.agrees is not None for measured in cells.values()),
        left_out=Counter(filter(None, (measured.obstacle for measured in cells.values()))),
    )


def by_outcome(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Return the number of verdicts by outcome, for all OUTCOMES in order."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _compared(measured: Measured) -> tuple[str, str, str, float | None]:
    """Return a key of a comparison: its runs, what is read from them, and the report's number."""
    cell = measured.cell
    return cell.run(0).id, cell.metric, cell.column, cell.report
