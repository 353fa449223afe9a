"""Programs kept on disk: loaded by other processes, with the same numbers, and never for another step."""

from __future__ import annotations

import gc
import shutil
import weakref
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from small_runs import TRAIN, measured, small_logistic, small_run
from torch import nn

from hyperopt.config import Run, resolve
from hyperopt.data import Data, generated
from hyperopt.engine import kept_programs, program, trainer
from hyperopt.engine.attempt import Failure, attempt
from hyperopt.engine.batches import Batches, epoch_batches
from hyperopt.engine.captured import Step
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, data_of
from hyperopt.engine.program import initial
from hyperopt.engine.trainer import train_pack
from hyperopt.train import RunState

COMPILED = Options(device="cpu", compile=True)
RATES = ("1e-3", "1e-2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the compiler's programs that is empty."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / kept_programs.FOLDER


def numbers(runs: list[Run], folder: Path) -> list[object]:
    return [measured(record) for record in train_pack(Pack(tuple(runs)), COMPILED, folder)]


@pytest.mark.slow
def test_a_loaded_program_is_what_torch_compiles_and_is_compiled_no_more(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [small_logistic(stack="sgd", seed=seed) for seed in (0, 1)]
    with monkeypatch.context() as patch:
        patch.setattr(program, "kept", lambda step, fixed, options, otherwise: otherwise())
        by_torch = numbers(runs, tmp_path)
    assert not cache.exists()
    assert numbers(runs, tmp_path) == by_torch
    assert len([*cache.iterdir()]) == 1

    def compiling(*_: object, **__: object) -> Step:
        return lambda state, now: pytest.fail("it was compiled, though it was kept")

    monkeypatch.setattr(torch, "compile", compiling)
    assert numbers(runs, tmp_path) == by_torch
    monkeypatch.setattr(program, "compile_options", lambda *_, **__: {"post_grad_custom_post_pass": Other()})
    with pytest.raises(pytest.fail.Exception, match="it was compiled"):
        numbers(runs, tmp_path)


def test_a_state_laid_out_otherwise_has_a_program_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the slope of a convolution's weights lies after the first step, which a level above keeps."""
    run = small_run(
        dataset="cifar10", model="cnn", stack="sgd/sgd", **{"model.channels": [2], "model.hidden": [2]}
    )
    data = data_of(run, "cpu")
    _, state = initial(Pack((run,)), data, "cpu")
    now, made = epoch_batches(Pack((run,)), 0, len(data.train_x), "cpu").part(0), list[object]()

    def compiling(*_: object) -> Step:
        made.append(0)
        return lambda state, now: state

    monkeypatch.setattr(kept_programs, "_found", compiling)
    step = kept_programs.kept(lambda state, now: state, "", {}, lambda: pytest.fail("it was found"))
    step(step(state, now), now)
    assert len(made) == 1
    name = next(name for name, weight in state.params.items() if weight.ndim > 3)
    turned = state.params[name].contiguous(memory_format=torch.channels_last_3d)
    step(state._replace(params={**state.params, name: turned}), now)
    assert len(made) == 2


@pytest.mark.parametrize(
    ("settings", "programs"),
    [
        ({"dataset": "tinyshakespeare", "model": "transformer", "model.width": 4, "model.layers": 1}, 2),
        ({"dataset": "mnist", "model": "mlp", "model.hidden": [2]}, 1),
    ],
)
def test_a_step_has_a_program_for_each_layout_of_its_state(
    settings: dict[str, Any], programs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an embedding's gradient is after a step, which a level above keeps."""
    runs = [resolve({**settings, "stack": "sgd/sgd", "alpha": alpha, "batch_size": 4}) for alpha in RATES]
    pack, data = Pack(tuple(runs)), generated(settings["dataset"], 4, 4)
    training, first = initial(pack, data, "cpu")
    now = epoch_batches(pack, 0, len(data.train_x), "cpu").part(0)
    laid_out, uncompiled = [], program.pack_step(pack, training, data, compiled=False)

    def compiling(*arguments: Any) -> Step:
        laid_out.append(layout := kept_programs.layouts(arguments[3]))

        def of_this_layout(state: RunState, now: Batches) -> RunState:
            assert kept_programs.layouts(state) == layout
            return uncompiled(state, now)

        return of_this_layout

    monkeypatch.setattr(kept_programs, "_found", compiling)
    step = kept_programs.kept(uncompiled, "", {}, lambda: pytest.fail("it was found"))
    with torch.no_grad():
        for _ in range(2):  # the state at the beginning is laid out like a checkpoint's
            step(step(step(first, now), now), now)
    assert len(laid_out) == programs


def test_a_damaged_program_is_none(tmp_path: Path) -> None:
    whole = b"no program, but whole"
    damaged = tmp_path / f"key.{sha256(whole).hexdigest()}"
    damaged.write_bytes(whole[:-1])
    assert kept_programs.loaded(tmp_path / "key", {}) is None
    assert not damaged.exists()


class Other:
    """An edit of graphs that the kept program does not have."""

    def uuid(self) -> bytes:
        return b"other"


def fixed(run: Run) -> str:
    data = data_of(run, "cpu")
    training, _ = initial(Pack((run,)), data, "cpu")
    return kept_programs.fixed_by(Pack((run,)), training, data)


@pytest.mark.parametrize(
    "other",
    [
        {"stack": "sgd/sgd"},
        {"tune": "alpha"},
        {"batch_size": 16},
        {"l2": 0.1},
        {"multiplicative": True},
        {"stop_at_loss": 0.1},
        {"model.activation": "relu"},
        {"dataset.train": 64},
        {"dataset.divisor": 128},
        {"schedule": "cosine"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_another_step_is_another_program(other: dict[str, object]) -> None:
    assert fixed(small_run(**{"stack": "adam/sgd", **other})) != fixed(small_run(stack="adam/sgd"))


def test_numbers_clip_seed_and_epochs_are_no_part_of_it() -> None:
    usual = fixed(small_run(stack="adam/sgd"))
    assert usual
    for other in ({"alpha": "0.5/0.5"}, {"clip": True}, {"seed": 7}, {"epochs": 5}):
        assert fixed(small_run(**{"stack": "adam/sgd", **other})) == usual


def test_a_change_of_code_that_a_step_calls_and_of_no_other_makes_all_programs_anew(tmp_path: Path) -> None:
    package = Path(kept_programs.__file__).parents[1]
    copy = Path(shutil.copytree(package, tmp_path / "hyperopt", ignore=shutil.ignore_patterns("__pycache__")))
    before = kept_programs.sources(package)
    assert kept_programs.sources(copy) == before
    for module in ("pages/page.py", "wording.py", "cli/main.py", "config/run.py"):
        (copy / module).write_text("# other words")
    assert kept_programs.sources(copy) == before
    for module in ("optim/rules/sgd.py", "train.py", "objective.py", "models/mlp.py", "engine/program.py"):
        kept = (copy / module).read_text()
        (copy / module).write_text(f"{kept}\n")
        assert kept_programs.sources(copy) != before, module
        (copy / module).write_text(kept)
    assert kept_programs.sources(copy) == before


def test_what_has_code_of_others_in_it_is_not_kept() -> None:
    class Theirs(nn.Linear):
        """A layer from outside the package."""

    run = small_run()
    data = data_of(run, "cpu")
    training, _ = initial(Pack((run,)), data, "cpu")
    training.model.add_module("theirs", Theirs(2, 2))
    assert kept_programs.fixed_by(Pack((run,)), training, data) == ""


def test_where_torch_cannot_the_step_is_as_torch_compiles_it(cache: Path) -> None:
    run = small_run()
    _, state = initial(Pack((run,)), data_of(run, "cpu"), "cpu")
    now = epoch_batches(Pack((run,)), 0, TRAIN, "cpu").part(0)
    done = state._replace(loss_sum=torch.ones(1))

    def by_torch() -> Step:
        return lambda state, now: done

    step = kept_programs.kept(lambda state, now: state, "step", {"no such option": 1}, by_torch)
    assert step(state, now) is done
    assert not cache.exists()


def test_a_compiled_pack_leaves_no_data_set_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its step is a cycle, in torch's code and here, and memory would grow by a data set with each pack."""
    read: list[weakref.ref[torch.Tensor]] = []

    def remembered(run: Run, device: str) -> Data:
        data = data_of(run, device)
        read.append(weakref.ref(data.train_x))
        return data

    monkeypatch.setattr(trainer, "data_of", remembered)
    monkeypatch.setattr(program, "compiled_alone", lambda step, *_, **__: step)
    gc.disable()
    try:
        result = attempt(Pack((small_run(),)), COMPILED, tmp_path)
        assert not isinstance(result, Failure), result.details
        assert result[0].made["compile"] == "true"
        assert read[0]() is None
    finally:
        gc.enable()
