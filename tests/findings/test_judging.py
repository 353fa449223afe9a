"""Sentences judged together: repeats by hand, what lies at a bound, and times that are looked at once."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_records import ERRORS, SMALL, records
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.experiments import read
from hyperopt.experiments.claim import Bound
from hyperopt.experiments.experiment import ExperimentError
from hyperopt.findings.judging import Row, Sentence, decide, least_of, least_of_row, of_sentence, printed
from hyperopt.findings.measurements import measure
from hyperopt.findings.verdicts import level_of_times, looks, verdicts
from hyperopt.statistics import ALPHA, Evidence, Method, evidence


def rows(*effects: list[float]) -> tuple[Row, ...]:
    return tuple(Row(Bound(low=1), evidence(one), 0.25) for one in effects)


def test_a_repeat_prints_means_of_runs_that_no_other_has() -> None:
    # Means of three: 1, 2 and 0; the seventh to ninth count, the tenth has no repeat. The other row: 2, 0, 2.
    two = rows([0, 0, 3, 2, 2, 2, 0, 0, 0, 9], [2, 2, 2, 0, 0, 0, 2, 2, 2, 9])
    assert printed(two, 0, 3) == [True, False, False]
    assert printed(two, 1, 3) == [True, True, True]


def test_what_is_printed_holds_where_most_repeats_print_it() -> None:
    always, never = [2.0] * 30, [0.0] * 30
    assert of_sentence(Sentence(rows(always), repeat=3)) == pytest.approx((1 / 1024, 1.0))
    assert of_sentence(Sentence(rows(always, never), repeat=3)) == pytest.approx((1.0, 1 / 1024))
    assert of_sentence(Sentence(rows(always, never), spared=1, repeat=3)) == pytest.approx((1 / 1024, 1.0))
    assert of_sentence(Sentence(rows([2.0, 2.0]), repeat=3)) == (1.0, 1.0), "two runs make no mean of three"
    assert of_sentence(Sentence(rows([math.nan] * 30), repeat=3)) == (1.0, 1.0)


def test_what_so_few_runs_cannot_decide_takes_no_place_among_the_others() -> None:
    ten = [2.0 + 0.1 * i for i in range(10)]
    by_median = Sentence(tuple(Row(Bound(low=1), evidence(ten, "median"), 0.25) for _ in range(2)))
    printed_so = Sentence(rows(ten), repeat=3)
    assert least_of(by_median) == pytest.approx(2 / 1024)
    assert least_of(printed_so) == 1 / 8, "ten runs are three repeats"
    level = 2 / 1024  # for one sentence enough, for two not
    assert [one.outcome for one in decide([by_median, by_median], level)] == ["undecided"] * 2
    first, second = decide([by_median, printed_so], level)
    assert first.outcome == "holds"
    assert first.strength.p == pytest.approx(level)
    assert second.outcome == "undecided"
    lacks = Sentence((Row(Bound(low=1), evidence([], "median"), 0.25),), seeds=10)
    assert [one.outcome for one in decide([by_median, lacks], level)] == ["undecided"] * 2, (
        "it keeps its place"
    )


def test_a_sentence_cannot_have_a_smaller_p_than_its_least() -> None:
    """Of four rows one that fails is multiplied by four, and where one may fail two are by three."""
    row = Row(Bound(low=1), evidence([9.0] * 6, "median"), 0.25)
    lost = Row(Bound(low=1), evidence([0.0] * 6, "median"), 0.25)
    assert of_sentence(Sentence((row,) * 4))[0] == least_of(Sentence((row,) * 4)) == 2 / 64
    assert of_sentence(Sentence((row, row, row, lost)))[1] == 4 * 2 / 64
    assert of_sentence(Sentence((row, row, lost, lost), spared=1))[1] == 3 * 2 / 64


def test_what_a_test_of_shares_can_give_depends_on_the_side_of_its_bound() -> None:
    """Three runs on each side may show that less than half more diverge, but not that half more do."""
    shown, refuted = least_of_row(Bound(high=50, high_open=True), "share", 3)
    assert shown == pytest.approx(2 * 0.25**6)
    assert refuted == pytest.approx(2 * 0.5625**3)
    assert least_of_row(Bound(low=0), "share", 3) == pytest.approx((2 / 64, 2 / 64))


def test_ties_that_could_not_come_out_otherwise_lie_at_the_bound() -> None:
    """Which of two curves is smoother is not told by seeds in which both are as smooth as can be."""
    effects = [0.0] * 20 + [1.0] * 3 + [-1.0] * 7
    more = Bound(low=0, low_open=True)
    ties = evidence(effects, "median")
    still = replace(ties, mute=(True,) * 20 + (False,) * 10)
    [plain] = decide([Sentence((Row(more, ties, 0.0),))], ALPHA)
    [told] = decide([Sentence((Row(more, still, 0.0),))], ALPHA)
    assert (plain.outcome, told.outcome) == ("does not hold", "at the bound")
    assert told.rows[0].within == 0
    few = replace(evidence(effects[18:], "median"), mute=still.mute[18:])
    assert decide([Sentence((Row(more, few, 0.0),))], ALPHA)[0].outcome == "undecided"


@pytest.mark.parametrize(("n", "refuted"), [(10, False), (11, True)])
def test_one_of_many_rows_refutes_from_so_many_seeds_on(n: int, refuted: bool) -> None:
    """Of 18 rows in one of two sentences: 2 times 18 times 2 / 2^n is below 5 % with eleven."""
    two = page_of_many([[-1.0] * n, *([2.0] * n for _ in range(17))])
    assert decide(two, ALPHA)[0].outcome == ("does not hold" if refuted else "undecided")


def test_of_many_rows_wrong_verdicts_are_5_percent_at_most() -> None:
    """At the last look of hypergradient/fig4: the effects of all rows lie about their bound."""
    rng, wrong, draws = np.random.default_rng(3), 0, 300
    for _ in range(draws):
        two = page_of_many(rng.normal(1.0, 1.0, size=(18, 11)).tolist())
        wrong += decide(two, ALPHA)[0].outcome in ("holds", "does not hold")
    assert wrong / draws <= 0.05


def page_of_many(effects: list[list[float]]) -> list[Sentence]:
    """A sentence of these rows, each to be 1 at least by the median, beside one that nothing decides."""
    many, n = [Row(Bound(low=1), evidence(one, "median"), 0.0) for one in effects], len(effects[0])
    left = Row(Bound(low=1), evidence([0.0, 2.0] * (n // 2) + [1.0] * (n % 2), "median"), 0.0)
    return [Sentence(tuple(many)), Sentence((left,) * 6)]


def test_a_claim_about_what_is_printed_takes_numbers_that_are_means(tmp_path: Path) -> None:
    path = tmp_path / "table9.yaml"
    claim = '{says: Clipping helps., each_of: ["0.1", "10"], at_least: 1'
    path.write_text(SMALL.replace(claim, f"{claim}, judged_by: repeats"))
    experiment = read(path, "report/table9")
    assert [claim.by_repeats for claim in experiment.claims] == [True, False, False]
    found = verdicts(experiment, measure(experiment, records(experiment, ERRORS), (0, 1, 2)), (0, 1, 2))
    assert found[0].outcome == "undecided", "three runs are one repeat"
    path.write_text(path.read_text().replace("runs_per_number: 3", "runs_per_number: 1"))
    with pytest.raises(ExperimentError, match="requires a runs_per_number of 2 or more"):
        read(path, "report/table9")
    path.write_text(SMALL.replace(claim, f"{claim}, judged_by: eye"))
    with pytest.raises(ExperimentError, match="eye"):
        read(path, "report/table9")


def test_at_the_bound_costs_no_level_of_its_own() -> None:
    """An effect at the end of what is negligible is wrongly said to be at the bound, or beyond it."""
    rng, wrong, draws = np.random.default_rng(2), 0, 2000
    for _ in range(draws):
        sample = rng.normal(1.25, 0.2, size=10).tolist()
        [decision] = decide([Sentence(rows(sample))], ALPHA)
        wrong += decision.outcome in ("at the bound", "does not hold")
    assert 0.01 < wrong / draws <= 0.05


TIMED = SMALL.replace("columns:\n", "columns:\n  time: {label: Time, metric: time}\n").replace(
    "claims:\n",
    'claims:\n  - {says: It takes no longer., ratio: {from: time, to: {row: "10", column: time}}, '
    'each_of: ["0.1"], at_most: 1.1}\n',
)


def test_times_are_looked_at_once_for_their_part(tmp_path: Path) -> None:
    path = tmp_path / "table9.yaml"
    path.write_text(
        TIMED.replace("report: [6, 4]", "report: [.nan, 6, 4]").replace("[60, 30]", "[.nan, 60, 30]")
    )
    experiment = read(path, "report/table9")
    assert level_of_times(experiment) == pytest.approx(ALPHA / 3)
    assert sum(look.level for look in looks(experiment, range(30))) == pytest.approx(ALPHA * 2 / 3)


@given(st.data())
def test_what_some_rows_decide_stands_when_the_others_come(data: st.DataObject) -> None:
    """A row without its runs has no evidence; with it, no decision is another, and none is taken back."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32), label="effects"))
    several, part = [], []
    for _ in range(data.draw(st.integers(1, 4), label="sentences")):
        method: Method = data.draw(st.sampled_from(["mean", "median", "share"]), label="method")
        bound = data.draw(
            st.sampled_from([Bound(low=0), Bound(high=0), Bound(low=-1, high=1)]), label="bound"
        )
        every = [
            Row(bound, drawn(method, rng), 0.25) for _ in range(data.draw(st.integers(1, 3), label="rows"))
        ]
        spared = data.draw(st.integers(0, len(every) - 1), label="rows that may fail")
        repeat = 0 if method == "share" else data.draw(st.sampled_from([0, 0, 2]), label="runs of a repeat")
        empty = [replace(row, sample=evidence([], method)) for row in every]
        there = [data.draw(st.booleans(), label="there") for _ in every]
        some = [row if yes else none for yes, row, none in zip(there, every, empty, strict=True)]
        several.append(Sentence(tuple(every), spared, repeat, seeds=10))
        part.append(Sentence(tuple(some), spared, repeat, seeds=10))
    for before, after in zip(decide(part, 0.02), decide(several, 0.02), strict=True):
        if before.outcome in ("holds", "does not hold"):
            assert after.outcome == before.outcome


def drawn(method: Method, rng: np.random.Generator) -> Evidence:
    """Ten effects about a number, or the outcomes of ten runs on each side."""
    if method == "share":
        first, second = (int(rng.binomial(10, rng.choice([0.0, 0.5, 1.0]))) for _ in range(2))
        return Evidence("share", (0.0,) * 10, ((first, 10), (second, 10)))
    return evidence(list(rng.normal(rng.choice([-2, 0, 2]), 1, 10)), method)


def test_repeats_of_a_sentence_take_the_seeds_that_all_its_rows_have(tmp_path: Path) -> None:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL.replace('each_of: ["0.1", "10"]', 'each_of: ["0.1", "10"], judged_by: repeats'))
    experiment = read(path, "report/table9")
    errors = {
        ("0.1", "no clip"): [6.0] * 5,
        ("0.1", "clip"): [4.0] * 3 + [9.0] * 2,
        ("10", "no clip"): [9.0] * 4,
        ("10", "clip"): [4.0] * 4,
    }
    found = verdicts(experiment, measure(experiment, records(experiment, errors), range(5)), range(5))
    assert found[0].repeats == 1 / 4, "of the four subsets of seeds 0 to 3 one is without seed 3"
