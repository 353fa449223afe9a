"""How many sentences of a report hold, and how many of its numbers agree: on one page, or on several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hyperopt.findings.judging import OUTCOMES
from hyperopt.findings.measurements import Measured, Measurements
from hyperopt.findings.verdicts import Verdict


@dataclass(frozen=True)
class Tally:
    """What is counted.

    Attributes:
        sentences: of the report, by outcome.
        ours: checks of ours, by outcome.
        repeated: sentences that say what another page's says, by outcome.
        agree: numbers of the report that agree.
        saying: of these, those that would not have agreed with a rival number too.
        compared: numbers that are compared.
        left_out: numbers that are not, since too few runs tell what to expect.
    """

    sentences: Mapping[str, int]
    ours: Mapping[str, int]
    repeated: Mapping[str, int]
    agree: int
    saying: int
    compared: int
    left_out: int


def tally_of(pages: Iterable[tuple[Sequence[Verdict], Measurements]]) -> Tally:
    """The tally of pages; a number that several of them compare with the same run counts once."""
    verdicts: list[Verdict] = []
    cells: dict[tuple[str, str, str, float | None], Measured] = {}
    for found, measurements in pages:
        verdicts += found
        for measured in measurements.values():
            if measured.cell.report is not None:
                cells.setdefault(_compared(measured), measured)
    agreed = [measured for measured in cells.values() if measured.agrees]
    return Tally(
        sentences=_counted(v for v in verdicts if v.claim.counts),
        ours=_counted(v for v in verdicts if v.claim.ours),
        repeated=_counted(v for v in verdicts if v.claim.same_as and not v.claim.ours),
        agree=len(agreed),
        saying=sum(measured.tells is True for measured in agreed),
        compared=sum(measured.agrees is not None for measured in cells.values()),
        left_out=sum(measured.agrees is None and measured.comparable for measured in cells.values()),
    )


def _counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many there are of each outcome, in the order of OUTCOMES, none left out."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _compared(measured: Measured) -> tuple[str, str, str, float | None]:
    """What is compared with what: the runs, what is read of them, and the report's number."""
    cell = measured.cell
    return cell.run(0).id, cell.metric, cell.column, cell.report
