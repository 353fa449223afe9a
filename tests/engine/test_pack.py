"""Runs trained together, and what they have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from small_runs import EAGER, TRAIN, assert_close, measured, mixed_runs, small_run

from hyperopt.engine import program, trainer
from hyperopt.engine.batches import epoch_batches
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, data_of, numbers_of, shape_of, stack_of
from hyperopt.engine.program import initial, pack_step
from hyperopt.engine.trainer import train_pack
from hyperopt.optim.rules.sgd import Sgd
from hyperopt.optim.torch_private import compile_errors


def test_packed_equals_alone(tmp_path: Path) -> None:
    runs = mixed_runs()
    packed = train_pack(Pack(tuple(runs)), EAGER, tmp_path)
    assert [record.id for record in packed] == [run.id for run in runs]
    for run, record in zip(runs, packed, strict=True):
        (alone,) = train_pack(Pack((run,)), EAGER, tmp_path)
        assert_close(record, alone, rel=1e-5)


def test_without_a_compiler_it_warns_and_trains_uncompiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "compiler_missing", lambda device: "no C++ compiler")
    pack = Pack((small_run(),))
    with pytest.warns(UserWarning, match=r"uncompiled.*: no C\+\+ compiler"):
        (record,) = train_pack(pack, Options(device="cpu", compile=True), tmp_path)
    assert record.made["compile"] == "false"
    assert measured(record) == measured(train_pack(pack, EAGER, tmp_path)[0])


def failing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[object]:
    """Have compiling fail so many times, then leave steps as they are; the calls of what it makes."""
    calls: list[object] = []

    def compiling(function: Callable[..., object], **options: object) -> object:
        def program(*arguments: object) -> object:
            calls.append(arguments)
            if len(calls) <= times:
                raise compile_errors()[0](
                    "backend='inductor' raised:\nImportError: file too short\nand so on"
                )
            return function(*arguments)

        return program

    monkeypatch.setattr(torch, "compile", compiling)
    return calls


def test_a_damaged_cache_of_the_compiler_is_set_aside_and_programs_are_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(cache))
    failing(monkeypatch, 1)
    with pytest.warns(UserWarning, match="had damaged programs of the compiler: they are recompiled"):
        (record,) = train_pack(Pack((small_run(),)), Options(device="cpu", compile=True), tmp_path)
    assert record.made["compile"] == "true"
    assert cache.with_name("cache.damaged").is_dir()
    assert not cache.exists()


def test_what_cannot_be_compiled_is_not_trained_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(cache))
    calls = failing(monkeypatch, 2)
    with pytest.raises(program.CompileError, match=r"failed \(ImportError: file too short\); compile=false"):
        train_pack(Pack((small_run(),)), Options(device="cpu", compile=True), tmp_path)
    assert len(calls) == 2
    assert cache.is_dir(), "it was not at fault"


def test_a_pack_holds_runs_of_one_shape() -> None:
    usual = small_run(stack="sgd/sgd")
    same = [
        small_run(stack="sgd/sgd", seed=5),
        small_run(stack="sgd/sgd", clip=True),
        small_run(stack="sgd/sgd", alpha="0.5/0.5"),
    ]
    other = [
        small_run(stack="sgd/sgd", momentum=0.9),
        small_run(stack="sgd/sgd", epochs=4),
        small_run(stack="sgd/sgd", batch_size=64),
        small_run(stack="sgd/sgd/sgd"),
        small_run(stack="sgd/adam"),
        small_run(stack="sgd/sgd", clip=True, form="textbook"),
        small_run(stack="sgd/sgd", **{"model.hidden": [9]}),
        small_run(stack="sgd/sgd", **{"dataset.train": 200}),
    ]
    assert len(Pack((usual, *same)).runs) == 4
    for run in other:
        with pytest.raises(ValueError, match="one shape"):
            Pack((usual, run))
    assert shape_of(small_run(stack="adam/sgd")) != shape_of(small_run(stack="adam/sgd", tune="alpha"))


def test_a_pack_is_named_by_its_runs_in_order() -> None:
    a, b = small_run(seed=0), small_run(seed=1)
    assert Pack((a, b)).name == Pack((a, b)).name
    assert len({Pack((a, b)).name, Pack((b, a)).name, Pack((a,)).name}) == 3


def test_the_structure_of_a_stack_is_as_the_run_says() -> None:
    run = small_run(stack="sgd/adam/sgd", momentum=0.9, alpha="0.1/0.01/0.001")
    bottom, middle, top = stack_of(run).levels
    assert bottom.tuned == ("alpha", "momentum")
    assert (bottom.rule, top.rule) == (Sgd(has_momentum=True), Sgd())
    assert middle.tuned == ("alpha", "beta1", "beta2")
    assert top.tuned == ()
    assert (bottom.clips, middle.clips, top.clips) == (False, True, True)
    assert middle.clip_counts_first_norm
    assert [numbers["alpha"] for numbers in numbers_of(run)] == [0.1, 0.01, 0.001]
    assert numbers_of(run)[0]["momentum"] == 0.9
    assert numbers_of(run)[2]["momentum"] == 0.0


@pytest.mark.slow
def test_a_process_can_compile_more_packs_than_torch_allows_programs_of_one_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    for stack in ("sgd", "sgd/sgd"):
        pack = Pack((small_run(stack=stack, epochs=1),))
        with torch.compiler.config.patch(recompile_limit=1):
            (record,) = train_pack(pack, Options(device="cpu", compile=True), tmp_path)
        assert not record.diverged


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are traced as compiled ones are, and run as traced: no time goes into making code."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    monkeypatch.setattr(program, "compile_options", lambda *_, **__: {})


@pytest.mark.usefixtures("traced")
def test_programs_of_one_process_are_not_taken_for_one_another() -> None:
    """Steps of two rules on tensors of the same shapes."""
    runs = [small_run(stack="sgd", momentum=0.9, nesterov=nesterov, alpha=0.1) for nesterov in (True, False)]
    data, packs = data_of(runs[0], "cpu"), [Pack((run,)) for run in runs]
    now = epoch_batches(packs[0], 0, TRAIN, "cpu").part(0)
    starts = [initial(pack, data, "cpu") for pack in packs]
    eager, compiled = (
        [
            pack_step(pack, training, data, compiled=compiled)(state, now).params["3.weight"]
            for pack, (training, state) in zip(packs, starts, strict=True)
        ]
        for compiled in (False, True)
    )
    assert not torch.allclose(eager[0], eager[1], atol=1e-4)
    for ours, theirs in zip(compiled, eager, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.usefixtures("traced")
def test_a_step_is_compiled_anew_for_other_shapes_and_without_gradients() -> None:
    one, two = (Pack(tuple(small_run(stack="sgd", seed=seed) for seed in range(n))) for n in (1, 2))
    data = data_of(one.first, "cpu")
    step = None
    for pack in (one, two):
        training, state = initial(pack, data, "cpu")
        step = step or pack_step(pack, training, data, compiled=True)
        now = epoch_batches(pack, 0, TRAIN, "cpu").part(0)
        expected = pack_step(pack, training, data, compiled=False)(state, now).params["1.weight"]
        assert torch.allclose(step(state, now).params["1.weight"], expected, atol=1e-6)
        assert not torch.allclose(expected, state.params["1.weight"], atol=1e-4), "nothing moved"
    with torch.no_grad():
        assert torch.allclose(step(state, now).params["1.weight"], expected, atol=1e-6)
