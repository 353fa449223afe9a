"""What is to be trained, in which packs, and how long it takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_runs import EAGER, small_run

from hyperopt.config import Run, resolve
from hyperopt.engine.costs import (
    CACHED_COMPILE_SECONDS,
    COMPILE_SECONDS,
    NEXT_START_SECONDS,
    START_SECONDS,
    Forecast,
    compile_pays,
    forecasts,
    largest_pack,
    together,
)
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import RUNS_OF_A_SEED, Plan, plan
from hyperopt.engine.step_times import assumed
from hyperopt.experiments import load
from hyperopt.models import CPU, CUDA
from hyperopt.provenance import cpu
from hyperopt.records import Timed, kind
from hyperopt.wording import duration

ONE_WORKER = EAGER
TWO_WORKERS = Options(device="cpu", workers=2)


def sizes(made: Plan) -> list[int]:
    return [len(pack.runs) for pack in made.packs]


def test_runs_that_are_there_are_not_planned() -> None:
    runs = [small_run(seed=seed) for seed in range(4)]
    made = plan(runs, {runs[1].id, runs[3].id, "another"}, ONE_WORKER)
    assert made.packs == (Pack((runs[0], runs[2])),)
    assert made.cached == (runs[1], runs[3])
    nothing = plan(runs, {run.id for run in runs}, ONE_WORKER)
    assert (nothing.packs, nothing.seconds) == ((), 0.0)
    assert nothing.describe() == "nothing to train: all 4 runs are there"
    assert plan(runs[:1], {runs[0].id}, ONE_WORKER).describe() == "nothing to train: the run is there"


def test_a_run_that_is_asked_for_twice_is_trained_once() -> None:
    made = plan([small_run(), small_run(), small_run(seed=1)], set(), ONE_WORKER)
    assert made.runs == 2


def test_runs_of_one_shape_share_a_pack_in_the_order_given() -> None:
    sgd = [small_run(stack="sgd/sgd", seed=seed) for seed in range(3)]
    adam = [small_run(stack="adam/sgd", seed=seed) for seed in range(2)]
    mixed = [sgd[0], adam[0], sgd[1], adam[1], sgd[2]]
    assert plan(mixed, set(), ONE_WORKER).packs == (Pack(tuple(sgd)), Pack(tuple(adam)))


def test_on_a_cpu_seeds_are_packed_apart_where_each_has_enough_runs() -> None:
    def grid(alphas: int) -> list[Run]:
        return [small_run(stack="sgd/sgd", alpha=1 + a, seed=seed) for a in range(alphas) for seed in (0, 1)]

    apart = plan(grid(RUNS_OF_A_SEED), set(), ONE_WORKER)
    assert [{run.seed for run in pack.runs} for pack in apart.packs] == [{0}, {1}]
    assert len(plan(grid(RUNS_OF_A_SEED - 1), set(), ONE_WORKER).packs) == 1


@pytest.mark.parametrize(
    ("runs", "pack", "expected"), [(10, 4, [4, 3, 3]), (8, 4, [4, 4]), (5, 1, [1] * 5), (3, 8, [3])]
)
def test_packs_split_equally(runs: int, pack: int, expected: list[int]) -> None:
    asked = [small_run(seed=seed) for seed in range(runs)]
    made = plan(asked, set(), Options(device="cpu", workers=1, pack=pack))
    assert sizes(made) == expected
    assert [run for part in made.packs for run in part.runs] == asked
    assert max(sizes(plan(asked * 9, set(), ONE_WORKER))) <= CPU.pack


def test_a_convolutional_net_trains_in_smaller_packs_on_a_cpu() -> None:
    runs = [small_run(model="cnn", seed=seed) for seed in range(9)]
    assert sizes(plan(runs, set(), ONE_WORKER)) == [3, 3, 3]
    assert 3 < largest_pack(runs[0], "cuda") < CUDA.pack


def test_a_run_of_the_unet_trains_alone_and_compiled_on_a_cpu() -> None:
    [experiment] = load("adabelief_amsgrad/table3")
    made = plan(experiment.runs(), set(), Options(device="cpu", workers=2))
    assert sizes(made) == [1] * 45
    auto = Options(device="cpu")
    assert all(compile_pays(pack.first, auto) for pack in made.packs)
    assert not compile_pays(experiment.runs(1, epochs=1)[0], auto)


def test_long_work_keeps_every_worker_busy_and_short_work_stays_together() -> None:
    long = [small_run(seed=seed, epochs=100_000) for seed in range(6)]
    assert sizes(plan(long, set(), TWO_WORKERS)) == [3, 3]
    assert sizes(plan(long[:1], set(), TWO_WORKERS)) == [1]
    assert sizes(plan([small_run(seed=seed) for seed in range(6)], set(), TWO_WORKERS)) == [6]


def test_a_started_pack_keeps_its_composition() -> None:
    runs = [small_run(seed=seed) for seed in range(6)]
    ids = [run.id for run in runs]
    made = plan(
        runs, {ids[5]}, ONE_WORKER, started=[[ids[3], ids[1]], [ids[4], ids[5]], [ids[0], "another's"]]
    )
    assert made.packs == (Pack((runs[3], runs[1])), Pack((runs[0], runs[2], runs[4])))


def seconds(packs: list[Pack], options: Options, *known: tuple[Run, dict[str, str], list[Timed]]) -> float:
    """The estimate where records of these kinds are known."""
    of = {kind(run.canonical(), made): timed for run, made, timed in known}
    made = forecasts(packs, options, lambda kinds: {name: of[name] for name in of.keys() & kinds})
    return together(made, options.resolved_workers())


HERE = {"device": "cpu", "cpu": cpu(), "compile": "true"}
LONG: dict[str, Any] = {"model.hidden": [128], "epochs": 1000}
STEPS, ROWS = 3 * 1000, 1000 * 100 + 300
"""Of a run of that length: steps, and rows on which it is evaluated."""
COMPILE = 2 * COMPILE_SECONDS
"""Of a stack of two levels."""


def test_the_estimate_is_of_runs_of_that_kind_here_where_there_are_any() -> None:
    one, two = (replace(options, compile=None) for options in (ONE_WORKER, TWO_WORKERS))
    run = small_run(**LONG)
    pack, start = Pack((run, small_run(seed=1, **LONG))), START_SECONDS + COMPILE
    like = assumed(run, "cpu", compiled=True)
    as_assumed = STEPS * like.seconds(2) + 2 * ROWS * like.of_a_row
    assert seconds([pack], one) == pytest.approx(as_assumed + start)
    known = small_run(**{**LONG, "epochs": 2, "alpha": 0.3}), HERE, [Timed(60.0, 30, 3)]
    faster = 2.0 / (like.seconds(3) / 3)
    assert seconds([pack], one, known) == pytest.approx(as_assumed * faster + start)
    again = as_assumed * faster + NEXT_START_SECONDS + CACHED_COMPILE_SECONDS
    beside = as_assumed * faster + START_SECONDS + CACHED_COMPILE_SECONDS
    assert seconds([pack] * 2, one, known) == pytest.approx(as_assumed * faster + start + again)
    assert seconds([pack] * 3, two, known) == pytest.approx(
        (as_assumed * faster + start + beside + again) / 2
    )
    assert seconds([pack] * 2, two, known) == pytest.approx(as_assumed * faster + start), (
        "the longest is last"
    )
    slow = [Timed(1e6, 1, 2)]
    for settings, made in (
        ({}, {**HERE, "compile": "false"}),
        ({}, {**HERE, "cpu": "another"}),
        ({}, {"device": "cpu"}),
        ({"stack": "sgd/sgd"}, HERE),
        ({"model.hidden": [64]}, HERE),
        ({"dataset.train": 299}, HERE),
        ({"dtype": "float64"}, HERE),
    ):
        other = small_run(**{**LONG, **settings}), made, slow
        assert seconds([pack], one, other) == pytest.approx(as_assumed + start), settings


def test_a_program_that_was_compiled_for_such_a_pack_is_loaded() -> None:
    options, pack = (
        replace(ONE_WORKER, compile=None),
        Pack(tuple(small_run(seed=i, **LONG) for i in range(3))),
    )
    of_two, of_three = ((pack.first, HERE, [Timed(6.0, 3000, size)]) for size in (2, 3))
    assert seconds([pack], options, of_two) - seconds([pack], options, of_three) == pytest.approx(
        COMPILE - CACHED_COMPILE_SECONDS
    )


def test_a_short_run_waits_for_no_compiler() -> None:
    assert seconds([Pack((small_run(),))], replace(ONE_WORKER, compile=None)) < COMPILE_SECONDS


def test_every_job_of_slurm_begins_a_process() -> None:
    slurm = Options(engine="slurm", compile=False, workers=1)
    packs = [Pack((small_run(seed=seed),)) for seed in range(3)]
    local = replace(slurm, engine="local", device="cpu")
    assert seconds(packs, slurm) - seconds(packs, local) == pytest.approx(
        2 * (START_SECONDS - NEXT_START_SECONDS)
    )


def test_a_run_of_generated_data_changes_no_estimate_of_real_ones() -> None:
    smoke = resolve({"dataset.generated": True, "epochs": 1})
    real = [Pack((resolve({"alpha": 0.1 * i}),)) for i in (1, 2)]
    known = [(smoke, {**HERE, "compile": word}, [Timed(1.0, 2, 1)]) for word in ("true", "false")]
    assert seconds(real, ONE_WORKER, *known) == seconds(real, ONE_WORKER)


def test_a_plan_within_a_budget_has_the_packs_that_fit() -> None:
    packs = tuple(Pack((small_run(seed=seed),)) for seed in range(3))
    whole = Plan(packs, (), tuple(Forecast(5.0, training) for training in (15.0, 45.0, 25.0)))
    assert whole.within(100.0) == whole
    assert whole.within(99.0).packs == packs[:2]
    assert (whole.within(55.0).packs, whole.within(55.0).seconds) == ((packs[0], packs[2]), 50.0)
    assert whole.within(5.0).packs == ()
    assert replace(whole, workers=2).within(50.0).packs == packs


def test_a_plan_says_what_it_will_do() -> None:
    runs = [small_run(seed=seed) for seed in range(3)]
    described = plan(runs, {runs[0].id}, ONE_WORKER).describe()
    assert described == "2 runs to train in 1 pack, 1 already there; about 5 s here"
    assert [duration(s) for s in (40.2, 180, 7500)] == ["40 s", "3 min", "2 h 5 min"]
