"""Verdicts on sentences: what they rest on, and that so many are wrong at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_records import ERRORS, SMALL, page_of, records
from figures_fake import ALONG_ALPHA, GRID, GROUPS, LOSSES, NEVER, crossings, epoch_records, written
from numpy.typing import NDArray

from hyperopt.experiments import read
from hyperopt.experiments.claim import Bound, Effect, Place
from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import Measured, measure
from hyperopt.findings.verdicts import Verdict, looks, verdicts
from hyperopt.statistics import ALPHA

TEN = tuple(range(10))


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    return made(tmp_path, SMALL)


def made(tmp_path: Path, text: str) -> Experiment:
    path = tmp_path / "table9.yaml"
    path.write_text(text)
    return read(path, "report/table9")


def judged(experiment: Experiment, errors: dict, seeds: tuple[int, ...] = (0, 1, 2)) -> list[Verdict]:
    return verdicts(experiment, measure(experiment, records(experiment, errors), seeds), seeds)


def cells(experiment: Experiment, effects: Mapping[str, NDArray[np.float64]]) -> dict:
    """Measurements whose effects are those of each row, by seed."""
    found = {}
    for cell in experiment.cells():
        values = effects.get(cell.row, np.zeros(1))
        first = values if cell.column == "no clip" else np.zeros(len(values))
        by_seed = dict(enumerate(map(float, first)))
        found[cell.row, cell.column] = Measured(cell, by_seed, frozenset(), (), m=3)
    return found


def test_a_whole_point_is_one_in_spite_of_floating_point() -> None:
    at_least = Bound(low=1)
    assert 1.9 - 0.9 < 1
    assert at_least.holds(1.9 - 0.9)
    assert not Bound(high=1, high_open=True).holds(1.9 - 0.9)


def test_the_ratio_of_a_number_to_0_is_infinite() -> None:
    ratio = Effect(Place("a"), Place("b"), ratio=True)
    assert (ratio.of(2.0, 0.0), ratio.of(-2.0, 0.0), ratio.of(0.0, 0.0)) == (math.inf, -math.inf, 1.0)


def test_what_is_not_a_number_is_never_as_claimed() -> None:
    assert not Bound().holds(math.nan)
    assert not Bound(high=0).holds(math.nan)


def test_effects_are_paired_by_seed(experiment: Experiment) -> None:
    first = judged(experiment, ERRORS | {("0.1", "clip"): [4.0, 5.5, 5.5]})[0].rows[0]
    # 6 - 4, 7 - 5.5, 8 - 5.5: mean 2, s = 0.5, half width 4.30265 * 0.5 / sqrt(3) = 1.24207
    assert first.tested.effects == {0: 2.0, 1: 1.5, 2: 2.5}
    assert first.tested.center == 2.0
    interval = first.tested.interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.75793, 3.24207), abs=1e-5)
    assert (first.outcome, first.tested.diverged) == ("undecided", (0, 6))


def test_a_tie_at_the_end_of_what_can_be_is_mute(experiment: Experiment) -> None:
    """No error is below 0: where both are 0, or both 100, clipping could not have lowered (raised) it."""
    without = {"no clip": [0.0, 0.0, 100.0, 5.0], "clip": [0.0, 3.0, 100.0, 5.0]}
    errors = {(row, column): [1.0] * 4 for row, column in ERRORS}
    errors |= {("0.1", column): values for column, values in without.items()}
    verdict = judged(experiment, errors, (0, 1, 2, 3))[0]
    assert [row.tested.mute for row in verdict.rows] == [{0, 2}, frozenset()]
    assert verdict.rows[0].tested.evidence().mute == (True, False, True, False)
    assert verdict.rows[0].tested.evidence((3, 2)).mute == (False, True)


def test_over_several_rows_a_seeds_effect_is_its_mean(experiment: Experiment) -> None:
    [over_both] = judged(experiment, ERRORS)[1].rows
    assert over_both.tested.rows == ("0.1", "10")
    assert over_both.tested.effects == pytest.approx({0: 26.0, 1: 21.0, 2: -19.0})
    assert over_both.tested.diverged == (3, 12)


def test_a_seed_that_lacks_a_run_leaves_its_sentence_undecided(experiment: Experiment) -> None:
    calm = {cell: [4.0, 5.0, 6.0] for cell in ERRORS}
    assert judged(experiment, calm)[0].outcome == "undecided", "all effects are 0: three tell no spread"
    verdict = judged(experiment, ERRORS | {("0.1", "clip"): [4.0, 5.0]})[0]
    assert verdict.rows[0].tested.effects == {0: 2.0, 1: 2.0}
    assert verdict.outcome == "undecided"
    assert verdict.strength
    assert verdict.strength.p == 1


def test_below_the_first_look_nothing_is_decided(experiment: Experiment) -> None:
    for seeds in ((7,), (0, 1)):
        assert [v.outcome for v in judged(experiment, ERRORS, seeds)] == [
            "undecided",
            "undecided",
            "cannot be told",
        ]
        assert judged(experiment, ERRORS, seeds)[0].strength is None


def test_a_row_that_is_nan_leaves_its_sentence_undecided(tmp_path: Path) -> None:
    experiment = made(tmp_path, SMALL)
    found = cells(experiment, {"0.1": np.arange(5.0, 15.0), "10": np.arange(5.0, 15.0)})
    assert verdicts(experiment, found, TEN)[0].outcome == "holds"
    lost = found["10", "no clip"]
    found["10", "no clip"] = replace(lost, by_seed={**lost.by_seed, 4: math.nan})
    verdict = verdicts(experiment, found, TEN)[0]
    assert (verdict.outcome, verdict.holding) == ("undecided", 1)


def test_a_sentence_holds_where_all_rows_do_and_not_where_one_does_not(experiment: Experiment) -> None:
    up, down = np.arange(5.0, 15.0), -np.arange(5.0, 15.0)
    outcomes = {
        (True, True): "holds",
        (True, False): "does not hold",
        (False, False): "does not hold",
    }
    for (first, second), outcome in outcomes.items():
        effects = {"0.1": up if first else down, "10": up if second else down}
        verdict = verdicts(experiment, cells(experiment, effects), TEN)[0]
        assert (verdict.outcome, verdict.holding) == (outcome, first + second)


@pytest.mark.parametrize(("spared", "outcome"), [(0, "does not hold"), (1, "holds")])
def test_almost_all_spares_rows(tmp_path: Path, spared: int, outcome: str) -> None:
    experiment = made(tmp_path, SMALL.replace("at_least: 1}\n  -", f"at_least: 1, all_but: {spared}}}\n  -"))
    effects = {"0.1": np.arange(5.0, 15.0), "10": -np.arange(5.0, 15.0)}
    assert verdicts(experiment, cells(experiment, effects), TEN)[0].outcome == outcome


@pytest.mark.parametrize(("up", "outcome"), [(2, "holds"), (1, "holds"), (0, "does not hold")])
def test_any_of_rows_is_enough(tmp_path: Path, up: int, outcome: str) -> None:
    experiment = made(tmp_path, SMALL.replace("Clipping helps., each_of", "Clipping helps., any_of"))
    effects = {row: np.arange(5.0, 15.0) * (1 if i < up else -1) for i, row in enumerate(("0.1", "10"))}
    verdict = verdicts(experiment, cells(experiment, effects), TEN)[0]
    assert (verdict.outcome, verdict.holding) == (outcome, up)


SPARED = """claims:
  - says: Clipping helps.
    at_least: 1
    all_but: 1
    checks:
      - {of: small, each_of: ["0.1", "0.2"]}
      - {of: large, each_of: ["10"]}
"""


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [
        (("0.1",), "holds"),
        (("10",), "holds"),
        (("0.1", "0.2"), "does not hold"),
        (("0.2", "10"), "does not hold"),
    ],
)
def test_what_may_fail_is_counted_over_the_rows_of_all_checks(
    tmp_path: Path, failing: tuple[str, ...], outcome: str
) -> None:
    row = '      - {label: "0.1", settings: {alpha: 0.1}, report: [6, 4]}\n'
    text = SMALL.replace(row, row + row.replace("0.1", "0.2"))
    experiment = made(tmp_path, text.partition("claims:")[0] + SPARED)
    up = np.arange(5.0, 15.0)
    effects = {label: -up if label in failing else up for label in ("0.1", "0.2", "10")}
    [verdict] = verdicts(experiment, cells(experiment, effects), TEN)
    assert verdict.outcome == outcome
    assert verdict.repeats == (outcome == "holds")


def test_a_verdict_stays_with_the_look_that_decided_it(experiment: Experiment) -> None:
    early = np.concatenate([[50.0, 50.1, 49.9], np.full(7, -900.0) + np.arange(7)])
    verdict = verdicts(experiment, cells(experiment, {"0.1": early, "10": early}), TEN)[0]
    assert (verdict.outcome, verdict.seeds) == ("holds", 3)
    assert verdict.decided


def test_where_the_median_is_judged_looks_begin_with_six_seeds(tmp_path: Path) -> None:
    experiment = made(tmp_path, SMALL + "judged_by: median\n")
    assert [len(look.seeds) for look in looks(experiment, TEN)] == [10]
    assert looks(made(tmp_path, SMALL), (0, 1, 2))[0].level < ALPHA
    [only] = looks(made(tmp_path, SMALL + "judged_by: median\nlooks: [3, 10]\n"), TEN)
    assert only.level == ALPHA
    effects = {"0.1": np.array([-70.0, *np.full(9, 5.0)]), "10": np.full(10, 5.0)}
    first, *_ = verdicts(experiment, cells(experiment, effects), TEN)
    assert [row.tested.center for row in first.rows] == [5.0, 5.0]


def test_a_look_that_can_decide_nothing_gets_no_share(tmp_path: Path) -> None:
    """Of shares three runs on each side decide nothing at a third of 5 %, whatever they give."""
    shares = ALONG_ALPHA.replace("test_error", "diverged").replace(
        "column: range}, to: range", "column: α 1}, to: α 1"
    )
    experiment = written(tmp_path, shares)
    assert [(len(look.seeds), look.level) for look in looks(experiment, range(30))] == [
        (10, ALPHA / 2),
        (30, ALPHA / 2),
    ]


def test_at_the_bound_is_said_with_how_far(experiment: Experiment) -> None:
    near = 1 + 0.02 * np.array([-1.0, 1, -1, 1, -1, 1, -1, 1, -1, 1])
    verdict = verdicts(experiment, cells(experiment, {"0.1": near, "10": near}), TEN)[0]
    assert verdict.outcome == "at the bound"
    assert verdict.rows[0].within == pytest.approx(0.02, abs=0.01)
    far = 1 + 5 * (near - 1) / 0.02
    assert verdicts(experiment, cells(experiment, {"0.1": far, "10": far}), TEN)[0].outcome == "undecided"


def test_repeats_are_over_all_subsets_of_three(experiment: Experiment) -> None:
    # 4 of 4 - 3 = 1 of the means of three of 0, 0, 0, 3 is 0, the others are 1.
    effects = {"0.1": np.array([0.0, 0, 0, 3]), "10": np.array([0.0, 0, 0, 3])}
    verdict = verdicts(experiment, cells(experiment, effects), (0, 1, 2, 3))[0]
    assert [row.tested.repeats for row in verdict.rows] == [0.75, 0.75]


@pytest.fixture
def grid(tmp_path: Path) -> Experiment:
    return written(tmp_path, GRID)


def test_a_claim_on_steps_is_judged_by_the_median(grid: Experiment) -> None:
    [verdict] = verdicts(grid, measure(grid, crossings(grid), (0, 1, 2)), (0, 1, 2))
    first, second = (row.tested for row in verdict.rows)
    assert first.effects == {0: 25 / 50, 1: 30 / 40, 2: 35 / 70}
    assert (first.center, first.method, first.interval) == (0.5, "median", None)
    # 300 / inf is 0, inf / 400 infinite; neither where both never got there.
    assert second.effects == {0: 0, 1: NEVER, 2: 1}
    assert (second.center, verdict.outcome) == (1, "undecided"), "three seeds tell no median"


def test_a_distance_from_the_reports_number_is_an_effect(tmp_path: Path) -> None:
    experiment = written(
        tmp_path, GROUPS.replace("    group: sgd\n", "    group: sgd\n    report: {3: 2.2}\n")
    )
    found = epoch_records(experiment, {"SGD 0.1": LOSSES["SGD"]})
    [verdict] = verdicts(experiment, measure(experiment, found, (0, 1, 2)), (0, 1, 2))
    assert verdict.rows[0].tested.effects == pytest.approx({0: -0.2, 1: -0.1, 2: -0.3})
    assert (
        "(training loss, epoch 3) − (training loss, epoch 3 of the report)"
        in page_of(experiment, found).markdown
    )


def normal(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.normal(size=30)


def bounded(rng: np.random.Generator) -> NDArray[np.float64]:
    """The difference of two numbers from 0 to 1, the one skewed, as errors near an end of their range."""
    return rng.beta(2, 5, size=30) - 2 / 7 - (rng.beta(2, 2, size=30) - 1 / 2)


def bimodal(rng: np.random.Generator) -> NDArray[np.float64]:
    """One run in five is lost; the others lie so that the median of all is 0."""
    calm = rng.normal(size=30) - 0.31864
    return np.where(rng.random(30) < 0.2, 80.0, calm)


@pytest.mark.parametrize("away", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize(
    ("draw", "judged_by"), [(normal, "mean"), (bounded, "mean"), (normal, "median"), (bimodal, "median")]
)
def test_wrong_verdicts_are_5_percent_at_most(
    tmp_path: Path, draw: Callable[[np.random.Generator], NDArray[np.float64]], judged_by: str, away: float
) -> None:
    """Three looks, two sentences; the effects lie at, below and above the bound, by half an sd."""
    experiment = made(tmp_path, SMALL + f"judged_by: {judged_by}\nlooks: [3, 10, 30]\n")
    rng, pages, wrong = np.random.default_rng(1), 400, 0
    for _ in range(pages):
        sample = draw(rng)
        shift = 1 + away * float(np.std(sample[sample < 40]))
        effects = {row: (draw(rng) if i else sample) + shift for i, row in enumerate(("0.1", "10"))}
        first, *_ = verdicts(experiment, cells(experiment, effects), tuple(range(30)))
        wrong += first.outcome == ("holds" if away < 0 else "does not hold")
    assert wrong / pages <= 0.05
