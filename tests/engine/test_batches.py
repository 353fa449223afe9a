"""Which rows a run sees: by its seed alone, every row once an epoch; padding has no effect."""

from __future__ import annotations

import pytest
import torch
from problems import BATCH as ROWS
from problems import small_problem, start
from small_runs import BATCH, STEPS, TRAIN, mixed_runs, small_run

from hyperopt.config import resolve
from hyperopt.data import generated
from hyperopt.engine.batches import epoch_batches
from hyperopt.engine.draws import batch_order, stream
from hyperopt.engine.pack import Pack, steps_of
from hyperopt.engine.program import initial
from hyperopt.errors import ConfigError

PINNED = {"weights": 7896617691693857887, "batches": 7964965305340474863}


def test_an_epoch_shows_every_row_once() -> None:
    pack = Pack(tuple(mixed_runs()))
    batches = epoch_batches(pack, 2, TRAIN, "cpu")
    assert batches.rows.shape == (STEPS, len(pack.runs), BATCH)
    for i in range(len(pack.runs)):
        seen = batches.rows[:, i].flatten()[batches.weights.flatten() > 0]
        assert sorted(seen.tolist()) == list(range(TRAIN))
    assert batches.steps.tolist() == [7.0, 8.0, 9.0]


def test_rows_of_a_batch_weigh_the_same_and_add_up_to_one() -> None:
    weights = epoch_batches(Pack((small_run(),)), 0, TRAIN, "cpu").weights
    assert torch.allclose(weights.sum(1), torch.ones(STEPS))
    assert torch.equal(weights[-1], torch.tensor([1 / 44] * 44 + [0.0] * (BATCH - 44)))
    even = epoch_batches(Pack((small_run(),)), 0, 2 * BATCH, "cpu").weights
    assert torch.equal(even, torch.full((2, BATCH), 1 / BATCH))


def test_an_epoch_counts_a_smaller_last_batch_unless_it_is_dropped() -> None:
    run, dropping = (resolve({"batch_size": 256, "drop_last": drop}) for drop in (False, True))
    assert [steps_of(run, rows) for rows in (1, 256, 257, 60000)] == [1, 1, 2, 235]
    assert [steps_of(dropping, rows) for rows in (256, 257, 60000)] == [1, 1, 234]
    with pytest.raises(ConfigError, match=r"batch_size=256: with drop_last=true .* at most 255 is expected"):
        steps_of(dropping, 255)


def test_padding_changes_neither_loss_nor_gradient(float64: None) -> None:
    problem = small_problem(1)
    training, _ = start(problem, resolve({"stack": "sgd"}))
    x, y, true = problem.x[0], problem.y[0], 11
    padded_x = torch.cat([x[:true], x[:1].expand(ROWS - true, -1)])
    padded_y = torch.cat([y[:true], y[:1].expand(ROWS - true)])
    weight = (torch.arange(ROWS) < true) / true
    both = torch.func.grad_and_value(training._loss, has_aux=True)
    grads, (loss, (wrong, _)) = both(problem.params, {}, padded_x, padded_y, weight)
    true_grads, (true_loss, (true_wrong, _)) = both(
        problem.params, {}, x[:true], y[:true], torch.full((true,), 1 / true)
    )
    assert wrong == true_wrong > 0
    assert torch.allclose(loss, true_loss, rtol=1e-6)
    for name, grad in grads.items():
        assert torch.allclose(grad, true_grads[name], rtol=1e-6, atol=1e-9)


def test_the_seed_alone_fixes_initial_weights_and_batch_order() -> None:
    data = generated("mnist", TRAIN, 10)
    alone = small_run(stack="sgd", seed=1)
    among = [
        small_run(stack="adam/sgd", seed=seed, clip=clip) for seed in (3, 1, 0) for clip in (False, True)
    ]
    weights_alone = initial(Pack((alone,)), data, "cpu")[1].params
    weights_among = initial(Pack(tuple(among)), data, "cpu")[1].params
    order_alone = epoch_batches(Pack((alone,)), 1, TRAIN, "cpu").rows
    order_among = epoch_batches(Pack(tuple(among)), 1, TRAIN, "cpu").rows
    for i, run in enumerate(among):
        same = run.seed == 1
        assert torch.equal(order_among[:, i], order_alone) == same
        for name, weight in weights_among.items():
            assert torch.equal(weight[i], weights_alone[name][0]) == same


def test_runs_of_one_seed_share_their_rows() -> None:
    same = Pack(tuple(small_run(stack="sgd/sgd", clip=clip, seed=2) for clip in (False, True)))
    other = Pack((same.first, small_run(stack="sgd/sgd", seed=3)))
    shared = epoch_batches(same, 0, TRAIN, "cpu").rows
    assert shared.shape == (STEPS, BATCH)
    assert torch.equal(epoch_batches(other, 0, TRAIN, "cpu").rows[:, 0], shared)


def test_making_initial_weights_leaves_the_callers_random_state_alone() -> None:
    before = torch.random.get_rng_state()
    initial(Pack((small_run(),)), generated("mnist", TRAIN, 10), "cpu")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_streams_differ_by_seed_name_and_epoch_and_stay_what_they_were() -> None:
    numbers = {
        stream(seed, name, index)
        for seed in range(4)
        for name in ("weights", "batches")
        for index in range(4)
    }
    assert len(numbers) == 32
    assert max(numbers) < 2**63
    assert not torch.equal(batch_order(0, 0, 50), batch_order(0, 1, 50))
    assert stream(0, "weights") == PINNED["weights"]
    assert stream(7, "batches", 3) == PINNED["batches"]


def test_without_shuffling_every_epoch_is_in_the_data_sets_order() -> None:
    pack = Pack((small_run(shuffle=False, seed=0), small_run(seed=0), small_run(shuffle=False, seed=1)))
    for epoch in (0, 1):
        rows = epoch_batches(pack, epoch, TRAIN, "cpu").rows.transpose(0, 1).reshape(3, -1)[:, :TRAIN]
        assert torch.equal(rows[0], torch.arange(TRAIN))
        assert torch.equal(rows[2], rows[0])
        assert torch.equal(rows[1], batch_order(0, epoch, TRAIN))
