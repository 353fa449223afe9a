"""Two selections compared in pairs: the numbers are those of scipy's paired test, whatever the order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_records import a_record
from scipy import stats

from hyperopt.config import resolve
from hyperopt.errors import ConfigError
from hyperopt.findings.comparison import differences, settings_that_differ
from hyperopt.findings.curves import MeasuredCurve
from hyperopt.findings.stored_curves import figure_of, load_records, stored_curves
from hyperopt.records import Record, working
from hyperopt.selection import select

DRAW = np.random.default_rng(3)
ERRORS = {stack: {seed: float(DRAW.normal(5, 1)) for seed in range(6)} for stack in ("adam", "adam/sgd")}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six seeds of adam and, but for seed 5, of adam/sgd at two alphas."""
    monkeypatch.setenv("HYPEROPT_HOME", str(tmp_path))
    records = []
    for stack, errors in ERRORS.items():
        for alpha in (1e-3, 1e-2):
            for seed, error in errors.items():
                run = resolve({"stack": stack, "alpha": alpha, "seed": seed, "epochs": 2})
                records.append(
                    a_record(
                        id=run.id,
                        config=run.canonical(),
                        metrics={"test_error": [9.0, error + 100 * alpha], "same": [1.0, 1.0]},
                        diverged=False,
                        events=[],
                    )
                )
    missing = resolve({"stack": "adam/sgd", "alpha": 1e-3, "seed": 5, "epochs": 2}).id
    working().write([record for record in records if record.id != missing], "pack")


def test_differences_are_paired_and_their_interval_is_that_of_scipys_paired_test() -> None:
    a, b = select(["stack=adam", "alpha=1e-3"]), select(["stack=adam/sgd", "alpha=1e-3"])
    found, equal = differences(a, b, ["test_error", "same"])
    assert {*equal.by_seed.values()} == {0.0}
    effects = [ERRORS["adam/sgd"][seed] - ERRORS["adam"][seed] for seed in range(5)]
    expected = stats.ttest_rel(*([ERRORS[s][seed] for seed in range(5)] for s in ("adam/sgd", "adam")))
    interval = expected.confidence_interval(0.95)
    assert [*found.by_seed.values()] == pytest.approx(effects)
    assert found.middle == pytest.approx(np.mean(effects))
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((interval.low, interval.high))
    [back] = differences(b, a, ["test_error"])
    assert back.middle == pytest.approx(-found.middle)


def test_over_several_settings_a_seed_counts_only_where_it_has_them_all() -> None:
    [found] = differences(select(["stack=adam"]), select(["stack=adam/sgd"]), ["test_error"])
    assert [*found.by_seed] == [0, 1, 2, 3, 4]
    assert found.a[0] == pytest.approx(ERRORS["adam"][0] + 0.55)


def test_settings_that_differ_are_told_but_not_the_seed() -> None:
    told = settings_that_differ(
        select(["stack=adam", "alpha=1e-3"]), select(["stack=adam/sgd", "alpha=1e-3"])
    )
    assert {key: (a, b) for key, a, b in told}["stack"] == ("adam", "adam/sgd")
    assert {key for key, *_ in told} == {"stack", "alpha", "clip", "tune"}


def test_curves_over_epochs_have_the_mean_over_seeds_and_along_alpha_what_runs_end_with() -> None:
    chosen = select(["stack=adam"])
    records = load_records(chosen)
    [panel] = (figure := figure_of(chosen, ["test_error"], "epoch")).panels
    curves = stored_curves(chosen, records, figure)[panel]
    mean = np.mean([*ERRORS["adam"].values()])
    assert [curve.label for curve in curves] == ["adam(0.001)", "adam(0.01)"]
    assert curves[0].middle.tolist() == pytest.approx([9.0, mean + 0.1])
    along = figure_of(chosen, ["test_error"], "alpha")
    [panel] = along.panels
    [curve] = stored_curves(chosen, records, along)[panel]
    assert (curve.label, curve.x.tolist()) == ("adam(α)", [1e-3, 1e-2])
    assert curve.middle.tolist() == pytest.approx([mean + 0.1, mean + 1.0])
    steps = figure_of(chosen, ["test_error"], "step")
    assert stored_curves(chosen, records, steps)[steps.panels[0]][0].x.tolist() == [5.0, 10.0]


def test_curves_over_steps_are_of_recorded_steps_where_all_runs_of_a_curve_have_them() -> None:
    chosen = select(["stack=adam", "alpha=1e-3", "seed=0,1"])
    first, second = (replace(record, steps=8) for record in load_records(chosen).values())
    told = replace(first, by_step={"step": [3.0, 6.0], "0.alpha": [0.1, 0.2]})
    ended = {"step": [3.0], "0.alpha": [0.5]}
    diverged = [{"step": 2, "epoch": 1, "event": "diverged", "level": None}]
    lost = replace(second, by_step=ended, diverged=True, events=diverged)
    figure = figure_of(chosen, ["0.alpha"], "step")

    def curve(*records: Record) -> MeasuredCurve:
        [[found]] = stored_curves(chosen, {each.id: each for each in records}, figure).values()
        return found

    both = curve(told, lost)
    assert both.x.tolist() == [3.0, 6.0]
    assert both.middle.tolist() == pytest.approx([0.3, 0.2])
    assert both.diverged.tolist() == [True, True]
    assert curve(told).diverged.tolist() == [False, False]
    assert curve(told, second).x.tolist() == [4.0, 8.0], "one has recorded none: the ends of epochs"


@pytest.mark.parametrize("more", [[], ["test_error"]])
@pytest.mark.parametrize(
    ("metric", "x", "says"),
    [
        ("nosuch", "epoch", "there is no metric 'nosuch'"),
        ("test_error", "dataset", "epoch, step or a setting"),
        ("crossed_at", "epoch", "none of the selected runs has it"),
    ],
)
def test_what_the_runs_do_not_have_is_refused(metric: str, x: str, says: str, more: list[str]) -> None:
    chosen = select()
    with pytest.raises(ConfigError, match=says):
        stored_curves(chosen, load_records(chosen), figure_of(chosen, [*more, metric], x))
