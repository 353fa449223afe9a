from pathlib import Path

import pytest
from fake_records import ERRORS, SMALL, page_of, records
from figures_fake import GRID, GROUPS, LOSSES, NEVER, crossings, epoch_records, written
from hypothesis import given
from hypothesis import strategies as st

from hyperopt.experiments import read
from hyperopt.experiments.claim import Bound
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import measure
from hyperopt.findings.verdicts import Verdict, outcome, verdicts
from hyperopt.statistics import Interval


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(SMALL)
    return read(path, "report/table9")


def judged(experiment: Experiment, errors: dict, seeds: tuple[int, ...] = (0, 1, 2)) -> list[Verdict]:
    return verdicts(experiment, measure(experiment, records(experiment, errors), seeds))


AT_LEAST = Bound(low=1)
WITHIN = Bound(-1, 1)


@pytest.mark.parametrize(
    ("bound", "interval", "expected"),
    [
        (AT_LEAST, (1.0, 3.0), "reproduced"),
        (AT_LEAST, (0.9, 3.0), "undecided"),
        (AT_LEAST, (-3.0, 0.9), "not reproduced"),
        (AT_LEAST, (-3.0, 1.0), "undecided"),
        (Bound(high=1, high_open=True), (-3.0, 0.9), "reproduced"),
        (Bound(high=1, high_open=True), (-3.0, 1.0), "undecided"),
        (Bound(high=1, high_open=True), (1.0, 3.0), "not reproduced"),
        (Bound(low=0, low_open=True), (0.0, 1.0), "undecided"),
        (Bound(low=0, low_open=True), (0.1, 1.0), "reproduced"),
        (Bound(low=0, low_open=True), (-1.0, 0.0), "not reproduced"),
        (WITHIN, (-1.0, 1.0), "reproduced"),
        (WITHIN, (-0.5, 1.1), "undecided"),
        (WITHIN, (-2.0, 2.0), "undecided"),
        (WITHIN, (1.1, 2.0), "not reproduced"),
        (WITHIN, (-2.0, -1.1), "not reproduced"),
        (Bound(2, 85), (2.0, 85.0), "reproduced"),
        (Bound(2, 85), (80.0, 90.0), "undecided"),
    ],
)
def test_the_verdict_follows_from_the_interval(bound: Bound, interval: tuple[float, float], expected: str):
    assert outcome(bound, Interval(*interval)) == expected


def test_without_an_interval_nothing_is_decided():
    assert outcome(AT_LEAST, None) == "undecided"


def test_what_excludes_nothing_is_not_testable():
    assert outcome(None, Interval(0, 1)) == "not testable"


def test_a_whole_point_is_one_in_spite_of_floating_point():
    assert 1.9 - 0.9 < 1
    assert AT_LEAST.holds(1.9 - 0.9)
    assert not Bound(high=1, high_open=True).holds(1.9 - 0.9)


@given(st.floats(-9, 9), st.floats(0, 9), st.floats(-9, 9), st.floats(0, 9))
def test_an_interval_is_never_inside_and_outside(low: float, width: float, claimed: float, size: float):
    bound, interval = Bound(claimed, claimed + size), Interval(low, low + width)
    assert not (bound.contains(interval) and bound.misses(interval))


def test_effects_are_paired_by_seed(experiment: Experiment):
    first, *_ = judged(experiment, ERRORS | {("0.1", "clip"): [4.0, 5.5, 5.5]})
    # 6 - 4, 7 - 5.5, 8 - 5.5: mean 2, s = 0.5, half width 4.30265 * 0.5 / sqrt(3) = 1.24207
    assert first.effects == {0: 2.0, 1: 1.5, 2: 2.5}
    assert first.center == 2.0
    assert (first.interval.low, first.interval.high) == pytest.approx((0.75793, 3.24207), abs=1e-5)
    assert (first.outcome, first.p, first.diverged) == ("undecided", None, (0, 6))


def test_where_a_run_diverged_median_and_range_decide(experiment: Experiment):
    _, second, *_ = judged(experiment, ERRORS)
    assert second.effects == pytest.approx({0: 50.0, 1: 40.0, 2: -40.0})
    assert second.center == pytest.approx(40.0)
    assert (second.interval.low, second.interval.high) == pytest.approx((-40.0, 50.0))
    assert (second.outcome, second.diverged) == ("undecided", (3, 6))


def test_over_several_rows_a_seeds_effect_is_its_mean(experiment: Experiment):
    over_both = judged(experiment, ERRORS)[2]
    assert over_both.rows == ("0.1", "10")
    assert over_both.effects == pytest.approx({0: 26.0, 1: 21.0, 2: -19.0})
    assert over_both.diverged == (3, 12)


def test_a_seed_that_lacks_a_run_is_left_out(experiment: Experiment):
    verdict = judged(experiment, ERRORS | {("0.1", "clip"): [4.0, 5.0]})[0]
    assert verdict.effects == {0: 2.0, 1: 2.0}
    assert (verdict.interval, verdict.outcome) == (Interval(2.0, 2.0), "reproduced")


def test_no_or_one_seed_decides_nothing(experiment: Experiment):
    for seeds in ((7,), (0,)):
        assert {v.outcome for v in judged(experiment, ERRORS, seeds)} == {"undecided", "not testable"}
    assert judged(experiment, ERRORS, (7,))[0].center is None


def test_p_from_five_seeds(experiment: Experiment):
    five = {("0.1", "no clip"): [2.0, 4.0, 6.0, 8.0, 10.0], ("0.1", "clip"): [1.0, 2.0, 3.0, 4.0, 5.0]}
    assert judged(experiment, five, (0, 1, 2, 3))[0].p is None
    assert judged(experiment, five, (0, 1, 2, 3, 4))[0].p == pytest.approx(0.0132356, abs=1e-6)


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_a_claim_on_steps_is_judged_by_median_and_range(grid: Experiment) -> None:
    first, second = verdicts(grid, measure(grid, crossings(grid), (0, 1, 2)))
    assert first.effects == {0: 25 / 50, 1: 30 / 40, 2: 35 / 70}
    assert (first.center, first.interval.low, first.interval.high) == (0.5, 0.5, 0.75)
    assert (first.outcome, first.rows, first.by_rank, first.p) == ("reproduced", ("0.1",), True, None)
    # 300 / inf is 0, inf / 400 infinite; neither where both never got there.
    assert second.effects == {0: 0, 1: NEVER, 2: 1}
    assert (second.center, second.outcome) == (1, "undecided")


def test_a_distance_from_the_reports_number_is_an_effect(tmp_path: Path) -> None:
    experiment = written(
        tmp_path, GROUPS.replace("    group: sgd\n", "    group: sgd\n    report: {3: 2.2}\n")
    )
    records = epoch_records(experiment, {"SGD 0.1": LOSSES["SGD"]})
    [verdict] = verdicts(experiment, measure(experiment, records, (0, 1, 2)))
    assert verdict.effects == pytest.approx({0: -0.2, 1: -0.1, 2: -0.3})
    assert verdict.outcome == "reproduced"
    assert "(epoch 3) − (epoch 3 of the report)" in page_of(experiment, records).markdown
