"""A report's answers: its points, each with a verdict that follows from those of its sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from hyperopt.findings.judging import DECIDED, Outcome
from hyperopt.findings.tally import by_outcome
from hyperopt.findings.verdicts import Verdict

Overall = Outcome | Literal["differs"]
OVERALL: tuple[Overall, ...] = ("holds", "does not hold", "differs", "at the bound", "undecided")


@dataclass(frozen=True)
class Answer:
    """A point of a report, and the number of its sentences by verdict."""

    point: str
    sentences: Mapping[str, int]

    @property
    def outcome(self) -> Overall:
        """The verdict of its decided sentences, if they have one verdict in common."""
        found = [outcome for outcome in DECIDED if self.sentences[outcome]]
        if len(found) > 1:
            return "differs"
        return found[0] if found else "undecided"


def answers(verdicts: Iterable[Verdict]) -> list[Answer]:
    """Return the answers to a report, by verdict and then in the order of its pages.

    Args:
        verdicts: of all its pages; only sentences of the report count, and only those with a point.
    """
    points: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.claim.counts and verdict.claim.point:
            points[verdict.claim.point].append(verdict)
    made = [Answer(point, by_outcome(of_point)) for point, of_point in points.items()]
    return sorted(made, key=lambda answer: OVERALL.index(answer.outcome))
