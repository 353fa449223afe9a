"""A pack from initial weights to records: oracle, completeness, divergence, resuming."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

import pytest
import torch
from small_runs import (
    BATCH,
    EAGER,
    STEPS,
    TEST,
    TRAIN,
    InterruptionError,
    interrupt_after,
    measured,
    mixed_runs,
    small_run,
)
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import resolve
from hyperopt.data import generated
from hyperopt.engine import program
from hyperopt.engine.draws import batch_order, stream
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.engine.trainer import train_pack
from hyperopt.records import Store


def test_no_hyperoptimizer_equals_torch_optim(tmp_path: Path) -> None:
    """A plain training loop with torch's own optimizer, smaller last batches unpadded, measured by hand."""
    run = small_run(stack="adam", alpha=0.01, form="textbook", seed=3)
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    data = generated("mnist", TRAIN, TEST)
    torch.manual_seed(stream(3, "weights"))
    model = models.build(run.model, (1, 28, 28), 10)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for epoch in range(run.epochs):
        losses, mistakes = [], 0
        for rows in batch_order(3, epoch, TRAIN).split(BATCH):
            optimizer.zero_grad()
            logits = model(data.train_x[rows])
            mistakes += (logits.argmax(dim=1) != data.train_y[rows]).sum().item()
            loss = F.cross_entropy(logits, data.train_y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        with torch.no_grad():
            logits = model(data.test_x)
        wrong = (logits.argmax(1) != data.test_y).sum().item()
        assert record.metrics["train_loss"][epoch] == pytest.approx(sum(losses) / STEPS, rel=1e-5)
        assert record.metrics["train_error"][epoch] == pytest.approx(100 * mistakes / TRAIN)
        assert record.metrics["test_loss"][epoch] == pytest.approx(
            F.cross_entropy(logits, data.test_y).item(), rel=1e-5
        )
        assert record.metrics["test_error"][epoch] == pytest.approx(100 * wrong / TEST)
    with torch.no_grad():
        full = F.cross_entropy(model(data.train_x), data.train_y).item()
    assert record.final["train_loss_full"] == pytest.approx(full, rel=1e-5)
    assert record.metrics["train_loss"][-1] < record.metrics["train_loss"][0]


def test_records_are_complete(tmp_path: Path) -> None:
    runs = mixed_runs()
    records = train_pack(Pack(tuple(runs)), EAGER, tmp_path)
    for run, record in zip(runs, records, strict=True):
        assert record.id == run.id
        assert record.config == run.canonical()
        assert set(record.metrics) >= {"train_loss", "train_error", "test_loss", "test_error"}
        assert set(record.hyperparameters) >= {"0.alpha", "0.beta1", "0.beta2", "1.alpha", "1.momentum"}
        for values in (*record.metrics.values(), *record.hyperparameters.values()):
            assert len(values) == run.epochs
        assert record.hyperparameters["1.alpha"] == pytest.approx([run.alpha[1]] * 3)
        assert record.steps == run.epochs * STEPS
        assert record.seconds > 0
        assert not record.diverged
        assert record.events == []
        assert record.made["pack"] == "4"
        assert record.made["device"] == "cpu"
        assert record.made["data"] == generated("mnist", TRAIN, TEST).fingerprint
        assert {"command", "commit", "python", "torch", "hyperopt", "cpu", "started"} < set(record.made)
    constant = records[3].hyperparameters
    assert constant["0.beta1"] == pytest.approx([0.9] * 3)
    assert records[1].hyperparameters["0.alpha"][-1] != pytest.approx(0.01, rel=1e-3)


def test_a_data_set_without_test_rows_has_no_test_metrics(tmp_path: Path) -> None:
    run = resolve({"dataset": "iris", "model": "logistic", "epochs": 2, "stack": "sgd"})
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    assert "train_loss" in record.metrics
    assert not any(name.startswith("test") for name in record.metrics)
    assert record.final["train_loss_full"] > 0


def test_a_diverging_run_is_recorded_and_its_neighbours_are_untouched(tmp_path: Path) -> None:
    calm, other = small_run(stack="sgd/sgd", seed=0), small_run(stack="sgd/sgd", seed=1)
    wild = small_run(stack="sgd/sgd", seed=1, alpha="0.01/3e38")
    beside_wild, record = train_pack(Pack((calm, wild)), EAGER, tmp_path)
    beside_calm, _ = train_pack(Pack((calm, other)), EAGER, tmp_path)
    assert measured(beside_wild) == measured(beside_calm)
    assert not beside_wild.diverged

    assert record.diverged
    (event,) = [e for e in record.events if e["event"] == "diverged"]
    assert 2 <= event["step"] <= record.steps
    assert event["epoch"] == math.ceil(event["step"] / STEPS)
    assert event["level"] is None
    assert math.isnan(record.metrics["test_loss"][-1])
    as_class_0 = 100 * (generated("mnist", TRAIN, TEST).test_y != 0).float().mean().item()
    assert record.metrics["test_error"][-1] == pytest.approx(as_class_0)

    store = Store(tmp_path / "records")
    store.write([beside_wild, record], "pack")
    assert {k: measured(r) for k, r in store.load().items()} == {
        r.id: measured(r) for r in (beside_wild, record)
    }


def test_a_negative_alpha_is_an_event_of_its_level(tmp_path: Path) -> None:
    run = small_run(stack="sgd/sgd/sgd", alpha="1/0.1/10", epochs=1)
    (record,) = train_pack(Pack((run,)), EAGER, tmp_path)
    negative = {e["level"]: e for e in record.events if e["event"] == "negative alpha"}
    assert set(negative) == {1}
    assert record.hyperparameters["1.alpha"][0] < 0
    assert negative[1]["step"] == 3, "level 1 moves first at step 3"
    assert negative[1]["epoch"] == 1


@pytest.mark.parametrize("stack", ["adam/sgd", "rmsprop/rmsprop", "amsgrad/adabelief", "sgd/sgd/sgd"])
def test_resumed_equals_uninterrupted_bit_for_bit(
    stack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = Pack(
        tuple(
            small_run(stack=stack, seed=seed, epochs=4, clip=clip)
            for seed in (0, 1)
            for clip in (True, False)
        )
    )
    uninterrupted = train_pack(pack, EAGER, tmp_path / "a")
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(InterruptionError):
            train_pack(pack, EAGER, tmp_path / "b")
    assert PackFiles(tmp_path / "b", pack.name).reported() == (2, 0, "training")
    trained = interrupt_after(99, monkeypatch)
    resumed = train_pack(pack, EAGER, tmp_path / "b")
    assert len(trained) == 2, "it started over"
    assert list(map(measured, resumed)) == list(map(measured, uninterrupted))


def test_a_damaged_checkpoint_starts_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pack = Pack((small_run(),))
    uninterrupted = train_pack(pack, EAGER, tmp_path / "a")
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(InterruptionError):
            train_pack(pack, EAGER, tmp_path / "b")
    checkpoint = PackFiles(tmp_path / "b", pack.name).checkpoint
    os.truncate(checkpoint, checkpoint.stat().st_size // 2)
    trained = interrupt_after(99, monkeypatch)
    again = train_pack(pack, EAGER, tmp_path / "b")
    assert "is damaged" in caplog.text
    assert list(map(measured, again)) == list(map(measured, uninterrupted))
    assert len(trained) == 3


def test_halves_go_on_from_the_checkpoint_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit as the whole would have, in another order too."""
    runs = mixed_runs()
    expected = {r.id: measured(r) for r in train_pack(Pack(tuple(runs)), EAGER, tmp_path / "a")}
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(InterruptionError):
            train_pack(Pack(tuple(runs)), EAGER, tmp_path / "b")
    trained = interrupt_after(99, monkeypatch)
    for half in ((runs[3], runs[0]), (runs[1], runs[2])):
        for record in train_pack(Pack(half), EAGER, tmp_path / "b"):
            assert measured(record) == expected[record.id]
    assert len(trained) == 2, "they started over"


def test_a_run_moves_to_another_machine_with_the_folder_of_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit where the processor is the same; its record names both machines, another's only one."""
    pack = Pack((small_run(seed=1), small_run(seed=2)))
    expected = {record.id: measured(record) for record in train_pack(pack, EAGER, tmp_path / "a")}
    with monkeypatch.context() as patched:
        interrupt_after(2, patched)
        with pytest.raises(InterruptionError):
            train_pack(pack, EAGER, tmp_path / "here")
    shutil.copytree(tmp_path / "here" / "checkpoints", tmp_path / "there" / "checkpoints")
    assert checkpointed_ids(tmp_path / "there") == [[run.id for run in pack.runs]]
    monkeypatch.setattr("hyperopt.provenance.cpu", lambda: "another")
    trained = interrupt_after(99, monkeypatch)
    moved = train_pack(pack, EAGER, tmp_path / "there")
    assert len(trained) == 1, "it started over"
    for record in moved:
        assert measured(record) == expected[record.id]
        assert record.made["machines"].endswith("; cpu, another")
    assert "machines" not in train_pack(Pack((small_run(seed=3),)), EAGER, tmp_path / "there")[0].made


def test_a_quick_epoch_is_not_checkpointed(tmp_path: Path) -> None:
    pack = Pack((small_run(),))
    train_pack(pack, EAGER, tmp_path)
    assert not PackFiles(tmp_path, pack.name).checkpoint.exists()


def test_scores_are_means_over_all_rows_however_they_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    data = generated("mnist", 70, 50)
    training, state = program.initial(Pack((small_run(seed=0), small_run(seed=1))), data, "cpu")
    params = {k: v.clone() for k, v in state.params.items()}
    for name in params:
        params[name][1] = math.nan
    state = state._replace(params=params)
    whole = program.scores(training, state, data.train_x, data.train_y)
    monkeypatch.setattr(program, "EVALUATION_ROWS", 32)
    parts = program.scores(training, state, data.train_x, data.train_y)
    logits = torch.func.functional_call(training.model, {k: v[0] for k, v in params.items()}, (data.train_x,))
    wrong = sum(int(row.argmax()) != int(y) for row, y in zip(logits, data.train_y, strict=True))
    for loss, error in (whole, parts):
        assert loss[0].item() == pytest.approx(F.cross_entropy(logits, data.train_y).item(), rel=1e-6)
        assert error[0].item() == pytest.approx(100 * wrong / 70)
        assert loss[1].isnan()
        not_zero = sum(int(y) != 0 for y in data.train_y)
        assert error[1].item() == pytest.approx(100 * not_zero / 70), "a NaN model scores as class 0"
