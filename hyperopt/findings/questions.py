"""What a reader asks of the study of stacks, and an answer in words, with what it hangs on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hyperopt.findings.methods import BASELINE, Method
from hyperopt.findings.standings import Measures, Numbers
from hyperopt.statistics import Interval
from hyperopt.wording import counted

FEW = 5
"""Of fewer workloads an answer is no advice for others, as it says itself."""
SURE = 0.95
"""An answer is firm where it is the same in such a share of draws of seeds, whatever workload is left out."""


@dataclass(frozen=True)
class Question:
    """What a reader asks.

    Attributes:
        who: the reader.
        rated: the attribute of `Standing` that scores a method which needs a rate.
        free: the one that scores a method which needs none.
        where: what that is, in words.
        given: whether the reader gives a rate.
        before: the question as it was scored until its numbers were seen, if that has changed.
    """

    who: str
    rated: str
    free: str
    where: str
    given: bool
    before: Question | None = None

    def scores(self, means: Mapping[str, Measures], of: Mapping[str, Method]) -> dict[str, Numbers]:
        """By label, in the order of the means."""
        return {label: m[self.measure(of[label])] for label, m in means.items()}

    def measure(self, method: Method) -> str:
        """The attribute of `Standing` that scores a method."""
        return self.rated if method.needs_rate else self.free


BLINDLY = Question("No idea of the rate", "blind", "default", "at a rate drawn blindly", given=False)
"""What needs no rate at its default, beside draws."""
QUESTIONS = (
    Question("No idea of the rate", "default", "default", "at its default", given=False, before=BLINDLY),
    Question(
        "A rough idea",
        "near",
        "near",
        "averaged over its best rate and the neighbours of that, a decade below and above",
        given=True,
    ),
    Question(
        f"A tuned {BASELINE} at hand", "at_baselines", "default", f"at {BASELINE}'s best rate", given=True
    ),
)


@dataclass(frozen=True)
class Left:
    """Without a workload: the answer, and the scores of the answer to all of them and of the baseline."""

    method: str
    score: float
    baseline: float


@dataclass(frozen=True)
class Pick:
    """An answer.

    Attributes:
        question: that it answers.
        method: the method of the least score, unless the baseline is as good.
        score: its mean excess, as the question scores it.
        interval: where the middle 95 % of that lie when seeds are drawn anew; None of one seed everywhere.
        baseline: the score of the baseline.
        again: by method, in which share of draws of seeds it is the answer, most often first.
        without: by workload, what is left without it.
        of: the workloads that it is of.
        checks: by workload that is only begun and has the method, its score there and the baseline's.
        stack: the best of the stacks, if there is one, and its score.
        other: the best of all others, and its score.
        band: by how much more a lower score has to be lower, to be more than as good.
        before: the answer, and its score, to the question as it was before; None where it has not changed.
        beside: more about the method and the baseline, as sentences.
        lines: Python that makes the method.
    """

    question: Question
    method: str
    score: float
    interval: Interval | None
    baseline: float
    again: Mapping[str, float]
    without: Mapping[str, Left]
    of: tuple[str, ...]
    checks: Mapping[str, tuple[float, float]]
    stack: tuple[str, float] | None
    other: tuple[str, float]
    band: float
    before: tuple[str, float] | None
    beside: str
    lines: tuple[str, ...]

    @property
    def is_firm(self) -> bool:
        """Whether it is advice: of enough workloads, and no single one or chance of seeds decides it."""
        stays = all(left.method == self.method for left in self.without.values())
        return len(self.of) >= FEW and stays and self.again.get(self.method, 0.0) >= SURE

    @property
    def sentence(self) -> str:
        """The answer in words, in Markdown: what to do, how sure that is, and more."""
        verb, where = "use" if self.is_firm else "try", self.question.where
        if self.method == BASELINE:
            found = f"{where}, no method's loss is lower by more than {percent(self.band)}"
        else:
            found = f"{where}, its loss is {times(self.score)} that of {BASELINE}"
            if self.question.rated != "at_baselines":
                found += f" at its best rate, {BASELINE}'s own {times(self.baseline)}"
        return f"**{self.question.who}:** {verb} {self.method}; {found}. {self._sureness}{self.beside}"

    @property
    def _sureness(self) -> str:
        """Between what its score lies, and what it hangs on."""
        of = f"of {counted(len(self.of), 'workload')}{' alone' if len(self.of) < FEW else ''}"
        words = ["one seed, so nothing tells what is chance"]
        if self.interval:
            share = self.again.get(self.method, 0.0)
            words = [f"{_between([self.interval.low, self.interval.high])} over draws of seeds"]
            if share < SURE:
                words[0] += f", {100 * share:.0f} % of which give this answer"
                likeliest, its = next(iter(self.again.items()))
                words[0] += f" and {100 * its:.0f} % {likeliest}" if its > share else ""
        if lefts := self.without.values():
            base = f" ({BASELINE} {_between([left.baseline for left in lefts])})"
            base = "" if self.question.rated == "at_baselines" or self.method == BASELINE else base
            words.append(f"{_between([left.score for left in lefts])}{base} with one of them left out")
        other = {name: left.method for name, left in self.without.items() if left.method != self.method}
        lacks = [f"without {name} it would be {method}" for name, method in other.items()]
        return f"This is {of}: {'; '.join([*words, *lacks])}."


def _between(values: Collection[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def times(excess: float) -> str:
    """An excess in words."""
    return f"{excess:.2f} times"


def percent(share: float) -> str:
    """A share in words."""
    return f"{100 * share:g} %"
