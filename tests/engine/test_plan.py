"""What is to be trained, in which packs, and how long it takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from small_runs import EAGER, small_run

from hyperopt.config import Run
from hyperopt.engine.costs import COMPILE_SECONDS, Rates, compile_pays, estimate, largest_pack, run_steps
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import RUNS_OF_A_SEED, Plan, plan
from hyperopt.experiments import load
from hyperopt.models import CPU, CUDA
from hyperopt.records import kind
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
    assert largest_pack(runs[0], "cuda") == CUDA.pack


def test_a_run_of_the_unet_trains_alone_and_compiled_on_a_cpu() -> None:
    [experiment] = load("adabelief_amsgrad/table3")
    made = plan(experiment.runs(), set(), Options(device="cpu", workers=2))
    assert sizes(made) == [1] * 45
    auto = Options(device="cpu")
    assert all(compile_pays(pack, auto) for pack in made.packs)
    assert not compile_pays(plan(experiment.runs(1, epochs=1), set(), auto).packs[0], auto)


def test_long_work_keeps_every_worker_busy_and_short_work_stays_together() -> None:
    long = [small_run(seed=seed, epochs=30_000) for seed in range(6)]
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


def nothing(kinds: Collection[str]) -> dict[str, list[float]]:
    return {}


def rates(*measured: tuple[Run, list[float]]) -> Rates:
    """Rates of the kinds of some runs."""
    by_kind = {kind(run.canonical()): seconds for run, seconds in measured}
    return lambda kinds: {name: by_kind[name] for name in by_kind.keys() & kinds}


def test_the_estimate_is_measured_where_such_runs_are_known() -> None:
    one, two = (replace(options, compile=None) for options in (ONE_WORKER, TWO_WORKERS))
    net = {"model.hidden": [128]}
    run, epochs = small_run(epochs=1000, **net), 1000
    assert run_steps(run) == 3 * epochs
    pack = Pack((run, small_run(seed=1, epochs=1000, **net)))
    rule_of_thumb = 2 * 3000 * CPU.seconds + COMPILE_SECONDS
    assert estimate([pack], one, nothing) == pytest.approx(rule_of_thumb)
    known = rates((small_run(epochs=2, **net), [1.0, 2.0, 100.0]))
    assert estimate([pack], one, known) == pytest.approx(2 * 3000 * 2.0 + COMPILE_SECONDS)
    assert estimate([pack, pack], two, known) == pytest.approx(2 * 3000 * 2.0 + COMPILE_SECONDS)
    other = rates((small_run(stack="sgd/sgd", **net), [1e6]), (small_run(), [1e6]))
    assert estimate([pack], one, other) == pytest.approx(rule_of_thumb)
    wide = Pack((small_run(epochs=1000, **{"model.hidden": [1000, 1000]}),))
    assert estimate([wide], one, nothing) == pytest.approx(
        3000 * 17.66 * CPU.seconds + COMPILE_SECONDS, rel=0.01
    )
    short = Pack((small_run(),))
    assert estimate([short], one, nothing) < COMPILE_SECONDS, "what is not compiled waits for no compiler"


def test_a_plan_says_what_it_will_do() -> None:
    runs = [small_run(seed=seed) for seed in range(3)]
    described = plan(runs, {runs[0].id}, ONE_WORKER).describe()
    assert described == "2 runs to train in 1 pack, 1 already there; about 1 s here"
    assert [duration(s) for s in (40.2, 180, 7500)] == ["40 s", "3 min", "2 h 5 min"]
