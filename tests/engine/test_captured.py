"""Captured steps: on a GPU, and with a recorder in its place that repeats work instead of kernels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_runs import measured, mixed_runs, small_run
from small_unets import small

from hyperopt.config import Run
from hyperopt.engine.batches import epoch_batches
from hyperopt.engine.captured import WARM_UP, CapturedStep, copy_of
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, data_of
from hyperopt.engine.process import prepare_process
from hyperopt.engine.program import initial, pack_step
from hyperopt.engine.trainer import train_pack
from hyperopt.optim.torch_private import tree_leaves
from hyperopt.train import RunState

STEPS = 12
PACKS: dict[str, list[Run]] = {
    "adam/sgd": mixed_runs(),
    "three levels": [small_run(stack="sgd/sgd/sgd", seed=seed) for seed in range(2)],
    "hd": [small_run(stack="adam_hd", alpha="1e-3/1e-8", l2=1e-4)],
    "rkl": [small_run(stack="rkl2", alpha=0.1, weight_decay=1e-4, warm_steps=5, warm_alpha=0.1)],
    "unet": [small(stack="adam/sgd", seed=seed) for seed in range(2)],
}


def repeated(work: Callable[[], None]) -> Callable[[], None]:
    return work


def refused(work: Callable[[], None]) -> Callable[[], None]:
    raise RuntimeError("operation not permitted when stream is capturing\nmore")


def trained(runs: list[Run], device: str, wrap: Callable[..., Any] | None) -> RunState:
    """The state after some steps, an epoch's smaller minibatch among them."""
    pack, data = Pack(tuple(runs)), data_of(runs[0], device)
    training, state = initial(pack, data, device)
    step = pack_step(pack, training, data, compiled=False)
    step = step if wrap is None else wrap(step)
    with torch.no_grad():
        for epoch in range(STEPS // 3):
            batches = epoch_batches(pack, epoch, len(data.train_x), device, training.dropped)
            sizes = (batches.weights > 0).sum(1).tolist()
            for i in range(3):
                state = step(state, batches.part(i).first(sizes[i] if state.buffers else runs[0].batch_size))
            state = copy_of(state)
    return state


@pytest.mark.parametrize("name", PACKS)
def test_a_captured_step_is_the_step(name: str) -> None:
    made: list[CapturedStep] = []

    def wrap(step: Any) -> CapturedStep:
        made.append(CapturedStep(step, repeated))
        return made[0]

    plain, captured = trained(PACKS[name], "cpu", None), trained(PACKS[name], "cpu", wrap)
    assert made[0]._captured
    for one, other in zip(tree_leaves(plain), tree_leaves(captured), strict=True):
        assert torch.equal(one, other)


def test_it_is_captured_once_for_each_shape_after_its_warm_up() -> None:
    """Two minibatches of eight pictures and one of four make an epoch."""
    calls: list[int] = []
    captures: list[list[int]] = []

    def noted(work: Callable[[], None]) -> Callable[[], None]:
        captures.append([*calls])
        return work

    def wrap(step: Any) -> CapturedStep:
        def counted(state: RunState, now: Any) -> Any:
            calls.append(now.rows.shape[-1])
            return step(state, now)

        return CapturedStep(counted, noted)

    trained(PACKS["unet"], "cpu", wrap)
    assert WARM_UP == 2
    assert captures == [[8, 8, 4], [8, 8, 4, 8, 8, 4, 8, 8]]


def test_where_capturing_fails_the_step_goes_on_as_it_is() -> None:
    plain = trained(PACKS["adam/sgd"], "cpu", None)
    with pytest.warns(UserWarning, match="not captured, and are slower: operation not permitted") as warned:
        other = trained(PACKS["adam/sgd"], "cpu", lambda step: CapturedStep(step, refused))
    assert len(warned) == 1
    assert all(map(torch.equal, tree_leaves(plain), tree_leaves(other)))


def test_a_large_state_is_not_captured() -> None:
    trained(PACKS["adam/sgd"], "cpu", lambda step: CapturedStep(step, refused, large=1000))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("name", PACKS)
@pytest.mark.filterwarnings("error")
def test_on_a_gpu_kernels_are_captured(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit as without."""
    captured = trained(PACKS[name], "cuda", None)
    monkeypatch.setattr("hyperopt.engine.program.CapturedStep", lambda step: step)
    plain = trained(PACKS[name], "cuda", None)
    for one, other in zip(tree_leaves(plain), tree_leaves(captured), strict=True):
        assert torch.equal(one, other) or name == "unet", (one - other).abs().max()  # cuDNN adds in any order


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("compiled", [False, True])
def test_on_a_gpu_a_pack_trains_as_on_a_cpu(compiled: bool, tmp_path: Path) -> None:
    prepare_process()
    runs = [small_run(stack="adam/sgd", seed=seed, clip=seed % 2 > 0) for seed in range(4)]
    made = {
        device: train_pack(Pack(tuple(runs)), Options(device, 1, compile=compiled), tmp_path / device)
        for device in ("cpu", "cuda")
    }
    for cpu, cuda in zip(made["cpu"], made["cuda"], strict=True):
        assert measured(cuda)["metrics"]["train_loss"] == pytest.approx(cpu.metrics["train_loss"], rel=1e-4)
