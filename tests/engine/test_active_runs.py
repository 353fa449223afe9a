"""Runs that stop at a loss or are lost, in packs that shrink as they do."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_runs import BATCH, EAGER, STEPS, TRAIN, measured, small_run
from torch.nn import functional as F

from hyperopt import models
from hyperopt.config import Run
from hyperopt.data import generated
from hyperopt.engine import active_runs, trainer
from hyperopt.engine.active_runs import chosen
from hyperopt.engine.draws import batch_order, stream
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.engine.trainer import train_pack
from hyperopt.records import Store

STOP, EPOCHS = 2.2, 8
ALPHAS = ["0.3/0.1", "0.03/0.01", "0.01/0", "0.02/0.001", "0/0", "0.01/3e38"]
"""Rates that reach a loss of 2.2 in different epochs, not at all, or diverge."""


def stopping(alpha: str) -> Run:
    logits = {"model.output_activation": "none"}
    return small_run(stack="sgd_hd", alpha=alpha, stop_at_loss=STOP, epochs=EPOCHS, **logits)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Each run's record, trained alone."""
    folder = tmp_path_factory.mktemp("alone")
    return {alpha: train_pack(Pack((stopping(alpha),)), EAGER, folder)[0] for alpha in ALPHAS}


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Fills with the number of runs that train together, epoch by epoch."""
    seen: list[int] = []
    train_epoch = trainer.train_epoch

    def watching(training: Any, step: Any, state: Any, batches: Any, *more: Any) -> Any:
        seen.append(len(state.loss_sum))
        return train_epoch(training, step, state, batches, *more)

    monkeypatch.setattr(trainer, "train_epoch", watching)
    return seen


def first_at(run: Run, rate: float) -> float:
    """The step of the first minibatch of the loss, by a plain loop of SGD."""
    data = generated("mnist", TRAIN, 1)
    torch.manual_seed(stream(run.seed, "weights"))
    model = models.build(run.model, (1, 28, 28), 10)
    step = 0
    for epoch in range(run.epochs):
        for rows in batch_order(run.seed, epoch, TRAIN).split(BATCH):
            step += 1
            loss = F.cross_entropy(model(data.train_x[rows]), data.train_y[rows])
            if loss.item() <= STOP:
                return step
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for p, g in zip(model.parameters(), gradients, strict=True):
                    p.sub_(rate * g)
    return math.inf


def test_a_run_stops_with_the_epoch_of_its_first_crossing(alone: dict[str, Any]) -> None:
    record = alone["0.01/0"]
    step = first_at(stopping("0.01/0"), 0.01)
    assert record.final["crossed_at"] == step
    epoch = math.ceil(step / STEPS)
    assert 1 < epoch < EPOCHS, "the test proves little"
    assert record.steps == epoch * STEPS
    for values in (*record.metrics.values(), *record.hyperparameters.values()):
        assert len(values) == epoch
    assert {"step": step, "epoch": epoch, "event": "crossed", "level": None} in record.events


def test_what_never_crosses_is_infinite(alone: dict[str, Any], tmp_path: Path) -> None:
    never, diverged = alone["0/0"], alone["0.01/3e38"]
    assert never.final["crossed_at"] == diverged.final["crossed_at"] == math.inf
    assert (never.steps, never.diverged) == (EPOCHS * STEPS, False)
    assert diverged.diverged
    assert diverged.steps == STEPS, "it stops with the epoch in which it diverged"
    store = Store(tmp_path)
    store.write([never], "pack")
    assert store.load()[never.id].final["crossed_at"] == math.inf


def test_without_a_loss_to_stop_at_nothing_is_noted(tmp_path: Path) -> None:
    (record,) = train_pack(Pack((small_run(stack="sgd", alpha=0.3),)), EAGER, tmp_path)
    assert "crossed_at" not in record.final
    assert record.steps == 3 * STEPS
    assert record.events == []


def test_a_pack_shrinks_and_its_runs_are_as_alone(
    alone: dict[str, Any], sizes: list[int], tmp_path: Path
) -> None:
    together = train_pack(Pack(tuple(map(stopping, ALPHAS))), EAGER, tmp_path)
    for alpha, record in zip(ALPHAS, together, strict=True):
        ours, theirs = measured(record), measured(alone[alpha])
        for key in ("id", "events", "steps", "diverged", "config"):
            assert ours[key] == theirs[key]
        assert record.final == pytest.approx(alone[alpha].final, rel=1e-4, nan_ok=True)
        assert record.metrics.keys() == alone[alpha].metrics.keys()
        for name, values in record.metrics.items():
            assert values == pytest.approx(alone[alpha].metrics[name], rel=1e-4, nan_ok=True)
    assert sizes[0] == len(ALPHAS)
    assert sizes[-1] == 1, "only the run that never crosses is left"
    assert sizes == sorted(sizes, reverse=True)
    assert sum(record.seconds for record in together) > 0


def losing(alpha: str) -> Run:
    """As `stopping`, but training all epochs where its weights are not lost."""
    return small_run(stack="sgd_hd", alpha=alpha, epochs=EPOCHS, **{"model.output_activation": "none"})


@pytest.mark.parametrize(
    ("of_alpha", "alphas"),
    [(stopping, ALPHAS), (losing, ["0.01/3e38", "0.01/0", "3e38/0"])],
    ids=["stopping", "lost"],
)
@pytest.mark.parametrize("interrupted_after", [1, 3, 6])
def test_a_shrunken_pack_resumes_bit_for_bit(
    interrupted_after: int,
    of_alpha: Callable[[str], Run],
    alphas: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pack = Pack(tuple(map(of_alpha, alphas)))
    uninterrupted = train_pack(pack, EAGER, tmp_path / "a")
    train_epoch = trainer.train_epoch
    trained: list[Any] = []

    class InterruptionError(Exception):
        pass

    def counting(*arguments: Any) -> Any:
        if len(trained) == interrupted_after:
            raise InterruptionError
        trained.append(arguments)
        return train_epoch(*arguments)

    monkeypatch.setattr(trainer, "CHECKPOINT_SECONDS", -1)
    with monkeypatch.context() as patched:
        patched.setattr(trainer, "train_epoch", counting)
        with pytest.raises(InterruptionError):
            train_pack(pack, EAGER, tmp_path / "b")
    resumed = train_pack(pack, EAGER, tmp_path / "b")
    assert list(map(measured, resumed)) == list(map(measured, uninterrupted))


LOST: list[dict[str, Any]] = [
    {"stack": "sgd", "alpha": 3e38},
    {"stack": "adam/sgd", "alpha": "0.01/1e30"},
    {"stack": "sgd/sgd", "alpha": "0.1/1e38", "clip": True, "momentum": 0.9},
    {"stack": "adagrad/adam", "alpha": "3e38/0.1"},
    {"stack": "rkl2", "alpha": 10, "growth_clip": False, "gradient": "sum", "full_loss": True},
]
"""Settings with which all weights are NaN within the first epochs."""


@pytest.mark.parametrize("settings", LOST, ids=lambda s: s["stack"])
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside runs that go on"])
def test_a_lost_run_costs_no_more_steps_and_its_record_is_as_if_it_went_on(
    settings: dict[str, Any],
    beside: bool,
    sizes: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    levels = settings["stack"].count("/") + 1
    settings = {**settings, "model.output_activation": "none"}
    fine = [{**settings, "alpha": "/".join(["1e-4", "0", "0"][:levels]), "seed": seed} for seed in (1, 2)]
    lost = [{**settings, "seed": seed} for seed in (1, 2, 3)]
    pack = Pack(tuple(small_run(**s, epochs=6) for s in (lost + fine if beside else lost)))
    shrunken = train_pack(pack, EAGER, tmp_path / "a")
    assert sizes[-1] == 2 if beside else len(sizes) < 6
    monkeypatch.setattr(active_runs, "lost", lambda state: torch.zeros_like(state.loss_sum, dtype=torch.bool))
    went_on = train_pack(pack, EAGER, tmp_path / "b")
    for ours, theirs in zip(shrunken, went_on, strict=True):
        for name in ("metrics", "hyperparameters"):
            assert getattr(ours, name).keys() == getattr(theirs, name).keys()
            for key, values in getattr(theirs, name).items():
                assert len(values) == 6
                assert getattr(ours, name)[key] == pytest.approx(values, rel=1e-4, nan_ok=True)
        assert ours.final == pytest.approx(theirs.final, rel=1e-4, nan_ok=True)
        assert (ours.events, ours.diverged, ours.steps) == (theirs.events, theirs.diverged, theirs.steps)
    assert [record.diverged for record in shrunken[:3]] == [True] * 3


@given(st.integers(1, 40), st.data())
def test_runs_that_go_on_are_all_chosen_and_sizes_are_few(runs: int, data: st.DataObject) -> None:
    going = sorted(data.draw(st.sets(st.integers(0, runs - 1), min_size=1)))
    places = chosen(runs, going)
    assert places == sorted(set(places))
    assert set(going) <= set(places) <= set(range(runs))
    size = len(places)
    assert size == runs or (size & (size - 1) == 0 and size < 2 * len(going) and 2 * size <= 2 * runs)
    assert chosen(runs, places) == places or size == runs


def test_a_plan_says_that_it_is_an_upper_bound() -> None:
    runs = [stopping(alpha) for alpha in ALPHAS]
    assert "at most" in plan(runs, set(), EAGER).describe()
    assert "at most" not in plan([small_run()], set(), EAGER).describe()
