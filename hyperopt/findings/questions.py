"""The questions of readers to the study which_stack, and the answers in words, with their uncertainty."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hyperopt.findings.methods import BASELINE, Method
from hyperopt.findings.standings import Measures, Numbers
from hyperopt.statistics import Interval
from hyperopt.wording import counted, listed

FEW = 5
"""With fewer workloads, an answer is no advice for other work."""
SURE = 0.95
"""The share of bootstrap draws of seeds that must give the same answer for it to be firm."""


@dataclass(frozen=True)
class Question:
    """A reader's question.

    Attributes:
        who: the reader.
        rated: the attribute of `Standing` that scores methods with a learning rate.
        free: the attribute of `Standing` that scores methods without one.
        where: what the score is, in words.
        alike: that another method is scored in the same way, in words.
        given: whether the reader provides a learning rate.
        before: the question by an earlier rule, if the rule was changed after its results were seen.
    """

    who: str
    rated: str
    free: str
    where: str
    alike: str
    given: bool
    before: Question | None = None

    def scores(self, means: Mapping[str, Measures], of: Mapping[str, Method]) -> dict[str, Numbers]:
        """Return the score of each method, by label."""
        return {label: m[self.measure(of[label])] for label, m in means.items()}

    def measure(self, method: Method) -> str:
        """Return the attribute of `Standing` that scores a method."""
        return self.rated if method.needs_rate else self.free


BLINDLY = Question(
    "No idea of the rate", "blind", "default", "at a rate drawn blindly", "at one", given=False
)
"""The earlier rule: methods without a rate at their default, others by their mean over all rates."""
QUESTIONS = (
    Question(
        "No idea of the rate",
        "default",
        "default",
        "at its default",
        "at its own default",
        given=False,
        before=BLINDLY,
    ),
    Question(
        "A rough idea",
        "near",
        "near",
        "averaged over its best rate and the neighbouring rates, a decade below and above",
        "averaged alike",
        given=True,
    ),
    Question(
        f"A tuned {BASELINE} at hand",
        "at_baselines",
        "default",
        f"at {BASELINE}'s best rate",
        "at its best rate",
        given=True,
    ),
)


@dataclass(frozen=True)
class Left:
    """The result without one workload.

    Attributes:
        method: the answer.
        score: the score of the method that is the answer with all workloads.
        baseline: the score of the baseline.
    """

    method: str
    score: float
    baseline: float


@dataclass(frozen=True)
class Pick:
    """An answer.

    Attributes:
        question: the question.
        method: the recommended method: the one with the least score, or the baseline if it is as good.
        scores: the score of every method, a mean of excess losses (`standings`).
        interval: the 95 % bootstrap interval of the score over seeds; None if all workloads have one seed.
        again: the share of bootstrap draws of seeds in which each method is the answer, the largest first.
        without: the result without each workload, by the workload's name.
        of: the names of the workloads that it is based on.
        drawn: how many of them have several seeds.
        checks: the scores of the method and the baseline on workloads with incomplete runs, by name.
        stack: the best stack, if any, and its score.
        own: the scores of the method and of the baseline on each workload, by name.
        each: the scores of that stack and of the baseline on each workload, by name.
        other: the best of all other methods, and its score.
        band: how much lower, as a share, a score has to be than the baseline's to count as better.
        before: the answer, and its score, by the earlier rule of the question; None if there is none.
        beside: further sentences about the method and the baseline.
        lines: Python code that creates the method.
    """

    question: Question
    method: str
    scores: Mapping[str, float]
    interval: Interval | None
    again: Mapping[str, float]
    without: Mapping[str, Left]
    of: tuple[str, ...]
    drawn: int
    checks: Mapping[str, tuple[float, float]]
    stack: tuple[str, float] | None
    own: Mapping[str, tuple[float, float]]
    each: Mapping[str, tuple[float, float]]
    other: tuple[str, float]
    band: float
    before: tuple[str, float] | None
    beside: str
    lines: tuple[str, ...]

    @property
    def score(self) -> float:
        """The score of the recommended method."""
        return self.scores[self.method]

    @property
    def baseline(self) -> float:
        """The score of the baseline."""
        return self.scores[BASELINE]

    @property
    def is_unit(self) -> bool:
        """Whether the score is 1 by definition: the baseline's at its own best rate."""
        return self.method == BASELINE and self.question.rated == "at_baselines"

    @property
    def is_firm(self) -> bool:
        """Whether it has enough workloads, and neither a single workload nor chance in seeds decides it."""
        stays = all(left.method == self.method for left in self.without.values())
        return len(self.of) >= FEW and stays and self.again.get(self.method, 0.0) >= SURE

    @property
    def sentence(self) -> str:
        """The answer in Markdown: what to use, how certain that is, and more."""
        verb, where = "use" if self.is_firm else "try", self.question.where
        if self.method == BASELINE:
            found = f"{where}, no method's loss is lower by more than {percent(self.band)}"
        else:
            found = f"{where}, its loss is {times(self.score)} that of {BASELINE}"
            if self.question.rated != "at_baselines":
                found += (
                    f" at its best rate; {BASELINE} {self.question.alike} has {times(self.baseline)} that"
                )
        return f"**{self.question.who}:** {verb} {self.method}; {found}. {self._sureness}{self.beside}"

    @property
    def _sureness(self) -> str:
        """Sentences about what the answer is based on and depends on."""
        words = [self._by_chance, self._by_workload, self._behind]
        return " ".join(filter(None, words))

    @property
    def _by_chance(self) -> str:
        """How many workloads there are, and what other seeds could change."""
        of = f"This is based on {'only ' if len(self.of) < FEW else ''}{counted(len(self.of), 'workload')}"
        if not self.interval:
            return f"{of} with one seed each, so chance cannot be judged."
        several = f", {self.drawn} of them with several seeds" if self.drawn < len(self.of) else ""
        share, (likeliest, its) = self.again.get(self.method, 0.0), next(iter(self.again.items()))
        give = f"{100 * share:.0f} % of bootstrap draws of seeds give this answer"
        if its > share:
            give += f", {100 * its:.0f} % {likeliest} ({times(self.scores[likeliest])} over all seeds)"
        if not self.is_unit:
            its_interval = f"Its 95 % interval is {_between([self.interval.low, self.interval.high])}"
            give = f"{its_interval}; {give}" if share < SURE else its_interval
        return f"{of}{several}. {give}."

    @property
    def _by_workload(self) -> str:
        """What the answer and its score would be without each workload; "" if there is only one."""
        words = []
        if (lefts := self.without.values()) and not self.is_unit:
            base = f" ({BASELINE} {_between([left.baseline for left in lefts])})"
            base = "" if self.question.rated == "at_baselines" or self.method == BASELINE else base
            words.append(f"without one workload it is {_between([left.score for left in lefts])} times{base}")
        without: dict[str, list[str]] = {}
        for name, left in self.without.items():
            without.setdefault(left.method, []).append(name)
        words += [
            f"without {listed(names, by='or')} the answer would be {method}"
            for method, names in without.items()
            if method != self.method
        ]
        text = "; ".join(words)
        return f"{text[0].upper()}{text[1:]}." if text else ""

    @property
    def _behind(self) -> str:
        """Where its loss is above the baseline's by more than the band; "" if nowhere."""
        worse = [
            f"{name} ({own:.2f}; {base:.2f})"
            for name, (own, base) in self.own.items()
            if own > base * (1 + self.band)
        ]
        if not worse:
            return ""
        by = f"more than {percent(self.band)} behind {BASELINE} {self.question.alike}"
        return f"It is {by} on {listed(worse)}."


def _between(values: Collection[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def times(excess: float) -> str:
    """Return an excess loss in words."""
    return f"{excess:.2f} times"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{100 * share:g} %"
