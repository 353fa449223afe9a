"""How long a step takes: what models say of it, and what follows from packs of other sizes."""

from __future__ import annotations

import pytest
from small_runs import small_run

from hyperopt.config import resolve
from hyperopt.engine.step_times import EVALUATION, LEVEL_SECONDS, StepTime, assumed, measured
from hyperopt.models import CPU
from hyperopt.models.dense import WEIGHTS
from hyperopt.records import Timed

ALIKE = StepTime(fixed=0.0, of_a_run=1.0, least=1, of_a_row=0.0)


def of(seconds_of_a_step: float, size: int, steps: int = 1000) -> Timed:
    """What a run tells that was in a pack of that size, whose steps took so long."""
    return Timed(seconds_of_a_step / size * steps, steps, size)


def test_every_step_counts_once_and_a_smoke_run_tells_nothing() -> None:
    day, smoke = [of(8.0, 4), of(16.0, 4), of(12.0, 4)], [of(1e6, 4, steps=2)] * 3
    assert measured([*smoke, *day], 4, ALIKE) == pytest.approx(12.0)
    assert measured([of(1e6, 6, steps=2), *day], 6, ALIKE) == pytest.approx(12.0 * 6 / 4)


def test_between_two_sizes_the_time_of_a_step_rises_evenly() -> None:
    known = [of(10.0, 2), of(30.0, 12), of(1000.0, 100)]
    assert [measured(known, size, ALIKE) for size in (2, 7, 12)] == pytest.approx([10.0, 20.0, 30.0])


def test_beyond_all_sizes_it_changes_as_is_assumed_of_the_nearest() -> None:
    like = StepTime(fixed=3.0, of_a_run=1.0, least=1, of_a_row=0.0)
    known = [of(8.0, 1), of(10.0, 2)]
    assert measured(known, 7, like) == pytest.approx(10.0 * (3 + 7) / (3 + 2))
    assert measured(known[1:], 1, like) == pytest.approx(10.0 * (3 + 1) / (3 + 2))


def test_a_run_that_is_trained_twice_takes_as_long_as_two() -> None:
    twice = StepTime(fixed=0.0, of_a_run=1.0, least=2, of_a_row=0.0)
    assert twice.seconds(1) == twice.seconds(2) == 2.0
    assert measured([of(5.0, 1)], 2, twice) == measured([of(5.0, 2)], 1, twice) == 5.0


def test_a_compiled_run_alone_is_trained_twice_and_an_uncompiled_step_takes_torch_its_time() -> None:
    run = resolve({"stack": "adam/adam/sgd"})
    weights = 784 * 128 + 128 + 128 * 10 + 10
    of_a_run = CPU.seconds * (0.05 + weights / WEIGHTS)
    fast, slow = (assumed(run, "cpu", compiled=compiled) for compiled in (True, False))
    assert fast.of_a_run == pytest.approx(of_a_run)
    assert slow.of_a_run == pytest.approx(CPU.uncompiled * of_a_run)
    assert fast.of_a_row == slow.of_a_row == pytest.approx(EVALUATION * of_a_run / 256)
    assert (fast.fixed, fast.least, slow.fixed, slow.least) == (0.0, 2, 3 * LEVEL_SECONDS, 1)
    for model in ("cnn", "vgg16"):  # whose runs are computed one after another
        alone = resolve({"dataset": "cifar10", "model": model})
        assert assumed(alone, "cpu", compiled=True).least == 1


def test_a_net_that_is_all_products_takes_as_long_as_it_has_rows() -> None:
    keys = {"dataset": "tinyshakespeare", "model": "transformer"}
    half, usual = (
        assumed(resolve(keys | {"batch_size": rows}), "cpu", compiled=True).of_a_run for rows in (16, 32)
    )
    assert usual == pytest.approx(2 * half)


def test_larger_nets_and_minibatches_take_longer() -> None:
    usual = assumed(small_run(), "cpu", compiled=True).of_a_run
    assert assumed(small_run(**{"model.hidden": [1000, 1000]}), "cpu", compiled=True).of_a_run > 10 * usual
    assert assumed(resolve({"batch_size": 512}), "cpu", compiled=True).of_a_run == pytest.approx(
        1.5 * assumed(resolve({}), "cpu", compiled=True).of_a_run
    )
    widths = [
        assumed(resolve({"dataset": "cifar10", "model": "vgg16", "model.width": w}), "cpu", compiled=True)
        for w in (16, 64)
    ]
    assert 10 < widths[1].of_a_run / widths[0].of_a_run < 18
