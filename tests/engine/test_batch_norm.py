"""Batch normalization in the engine: the U-net, alone and packed, against plain loops of torch and gdtuo."""

from __future__ import annotations

import copy
from functools import partial
from pathlib import Path

import pytest
import torch
from gradient_descent_the_ultimate_optimizer import gdtuo
from small_runs import EAGER, InterruptionError, assert_close, interrupt_after, measured
from small_unets import BATCH, TEST, TRAIN, data_of, small
from torch import Tensor, nn
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import Run
from hyperopt.engine.batches import epoch_batches
from hyperopt.engine.draws import stream
from hyperopt.engine.pack import Pack
from hyperopt.engine.program import initial, pack_step
from hyperopt.engine.trainer import train_epoch, train_pack
from hyperopt.train import RunState


def net_of(run: Run) -> nn.Module:
    torch.manual_seed(stream(run.seed, "weights"))
    return models.build(run.model, (1, 32, 32), 24).double()


def trained(*runs: Run, compiled: bool = False) -> RunState:
    """The state of a pack after all its epochs."""
    pack, data = Pack(runs), data_of(runs[0])
    training, state = initial(pack, data, "cpu")
    step = pack_step(pack, training, data, compiled=compiled)
    for epoch in range(runs[0].epochs):
        state, seconds = train_epoch(training, step, state, epoch_batches(pack, epoch, TRAIN, "cpu"))
        assert seconds > 0
    return state


def assert_same_net(state: RunState, i: int, expected: dict[str, Tensor]) -> None:
    """Weights and running statistics of the i-th run.

    Before batch normalization a bias only moves the mean: its gradient is rounding error, enlarged by Adam.
    """
    ours = {**state.params, **state.buffers}
    assert ours.keys() == expected.keys()
    for name, value in expected.items():
        atol = 1e-6 if name.endswith((".0.bias", "running_mean")) else 1e-11
        torch.testing.assert_close(ours[name][i], value, rtol=1e-9, atol=atol, msg=name)


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_training_equals_torchs_own_loop(rule: str, tmp_path: Path) -> None:
    """Minibatches in the order of the data, an epoch's last at its true size; pixels judged one by one."""
    run = small(stack=rule, alpha=0.05, form="textbook", seed=3)
    data, model = data_of(run), net_of(run)
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[rule](model.parameters(), 0.05)
    for epoch in range(run.epochs):
        model.train()
        losses, wrong = [], 0
        for x, y in zip(data.train_x.split(BATCH), data.train_y.split(BATCH), strict=True):
            optimizer.zero_grad()
            logits = model(x)
            loss = F.cross_entropy(logits, y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            wrong += mistaken_pixels(logits, y)
        assert len(x) == 4
        model.eval()
        with torch.no_grad():
            logits = model(data.test_x)
        metrics = {name: values[epoch] for name, values in record.metrics.items()}
        assert metrics["train_loss"] == pytest.approx(sum(losses) / 3, rel=1e-9)
        assert metrics["train_error"] == pytest.approx(100 * wrong / (TRAIN * 32 * 32), rel=1e-12)
        assert metrics["test_loss"] == pytest.approx(F.cross_entropy(logits, data.test_y).item(), rel=1e-9)
        wrong = mistaken_pixels(logits, data.test_y)
        assert metrics["test_error"] == pytest.approx(100 * wrong / (TEST * 32 * 32), rel=1e-12)
    assert_same_net(trained(run), 0, model.state_dict())


def mistaken_pixels(logits: Tensor, classes: Tensor) -> int:
    """Counted picture by picture, row by row."""
    best = logits.detach().argmax(1).tolist()
    return sum(
        a != b
        for guess, truth in zip(best, classes.tolist(), strict=True)
        for row, true_row in zip(guess, truth, strict=True)
        for a, b in zip(row, true_row, strict=True)
    )


def test_hyperoptimization_equals_gdtuos(float64: None) -> None:
    """Weights, running statistics and Adam's hyperparameters, which Adam tunes, after every step."""
    run = small(stack="adam/adam", alpha="0.01/1e-3")
    data, tower = data_of(run), gdtuo.Adam(0.01, optimizer=gdtuo.Adam(1e-3))
    wrapper = gdtuo.ModuleWrapper(net_of(run), optimizer=tower)
    wrapper.initialize()
    for _ in range(run.epochs):
        for x, y in zip(data.train_x.split(BATCH), data.train_y.split(BATCH), strict=True):
            wrapper.begin()
            loss = F.cross_entropy(wrapper.forward(x), y)
            wrapper.zero_grad()
            loss.backward()
            wrapper.step()
    theirs = {k: p.detach() for k, p in wrapper.parameters.items()}
    state = trained(run)
    assert_same_net(state, 0, {**theirs, **dict(wrapper.module.named_buffers())})
    alpha = state.stack[0].tuned["alpha"].item()
    assert alpha == pytest.approx(tower.parameters["alpha"].item(), rel=1e-9)
    assert alpha != pytest.approx(0.01, rel=1e-3)


def runs_of_a_pack() -> list[Run]:
    return [
        small(stack="sgd/amsgrad", alpha="0.1/1e-3", seed=0),
        small(stack="sgd/amsgrad", alpha="0.1/1e-3", seed=1),
        small(stack="sgd/amsgrad", alpha="0.03/0", seed=0),
    ]


def test_packed_equals_alone(tmp_path: Path) -> None:
    runs = runs_of_a_pack()
    packed, records = trained(*runs), train_pack(Pack(tuple(runs)), EAGER, tmp_path)
    for i, run in enumerate(runs):
        alone = trained(run)
        assert_same_net(packed, i, {k: v[0] for k, v in {**alone.params, **alone.buffers}.items()})
        (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
        assert_close(records[i], record, rel=1e-9)
        assert records[i].pictures == record.pictures
    assert not torch.allclose(*packed.buffers["d.1.running_mean"][:2]), "seeds have statistics of their own"


def test_a_compiled_step_takes_a_smaller_last_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced as for the compiler, which would take a minute: a program for each of the two shapes."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    monkeypatch.setattr(models, "build", lambda *_: nn.Sequential(nn.Conv2d(1, 24, 1), nn.BatchNorm2d(24)))
    run = small(stack="sgd", alpha=0.1, epochs=1)
    torch.compiler.reset()
    compiled, eager = trained(run, compiled=True), trained(run)
    assert_same_net(compiled, 0, {k: v[0] for k, v in {**eager.params, **eager.buffers}.items()})


def test_a_checkpoint_carries_the_running_statistics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = Pack(tuple(runs_of_a_pack()))
    uninterrupted = train_pack(pack, EAGER, tmp_path / "a")
    with monkeypatch.context() as patched:
        interrupt_after(1, patched)
        with pytest.raises(InterruptionError):
            train_pack(pack, EAGER, tmp_path / "b")
    trained_epochs = interrupt_after(9, monkeypatch)
    resumed = train_pack(pack, EAGER, tmp_path / "b")
    assert len(trained_epochs) == 1, "it started over"
    assert list(map(measured, resumed)) == list(map(measured, uninterrupted))


def test_a_state_before_a_step_keeps_its_statistics() -> None:
    run = small(stack="sgd", alpha=0.1)
    pack, data = Pack((run,)), data_of(run)
    training, state = initial(pack, data, "cpu")
    before = copy.deepcopy(state.buffers)
    step = pack_step(pack, training, data, compiled=False)
    train_epoch(training, step, state, epoch_batches(pack, 0, TRAIN, "cpu"))
    for name, value in before.items():
        assert torch.equal(state.buffers[name], value)
