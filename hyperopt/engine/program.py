"""The program that trains a pack: its initial state, one step of all its runs, and their scores."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from hyperopt import models
from hyperopt.data import Data, black, find
from hyperopt.engine.batches import Batches
from hyperopt.engine.captured import CapturedStep, Step
from hyperopt.engine.draws import augmented, stream
from hyperopt.engine.kept_programs import fixed_by, kept
from hyperopt.engine.pack import Pack, dtype_of, numbers_of, objective_of, stack_of
from hyperopt.engine.powers import powers_once
from hyperopt.engine.products import by_onednn, onednn_is_faster
from hyperopt.engine.torch_compiler import prepare_compiler
from hyperopt.engine.torch_private import edits_of, new_compiler_cache
from hyperopt.engine.twins import of_twins
from hyperopt.optim.torch_private import compile_errors, tree_map
from hyperopt.train import RunState, Training

EVALUATION_ROWS = 500
LESS_INLINED: Mapping[str, Any] = {"realize_opcount_threshold": 24}
"""The option of `torch.compile` for rules with `nested_reads`.

torch inlines an intermediate result wherever it is read, until its formula has this many operations (50 on a
CPU). Four steps of Newton's method come within 50, each reading the last result up to eight times. A step of
the transformer took over ten minutes and 12 GB to compile, and takes one minute and 1.4 GB with 24.
"""


def initial(pack: Pack, data: Data, device: str) -> tuple[Training, RunState]:
    """Return a pack's training and its runs' initial state; every leaf has a leading run axis.

    The seed alone fixes the initial weights: runs with one seed start equal.
    """
    shape, classes = tuple(data.train_x.shape[1:]), find(data.name).classes
    modules = {}
    with torch.random.fork_rng(devices=[]):
        for seed in sorted({run.seed for run in pack.runs}):
            torch.manual_seed(stream(seed, "weights"))
            modules[seed] = models.build(pack.first.model, shape, classes)
    stop = pack.first.procedure["stop_at_loss"]
    training = Training(next(iter(modules.values())), stack_of(pack.first), objective_of(pack.first), stop)

    dtype, states = dtype_of(pack.first), []
    for run in pack.runs:
        module = modules[run.seed].to(dtype)
        numbers = tuple(
            {k: torch.tensor(v, dtype=dtype) for k, v in level.items()} for level in numbers_of(run)
        )
        clip = tuple(torch.tensor(c) for c in (False, *run.clip))
        states.append(training.init(models.parameters(module), models.buffers(module), numbers, clip))
    stacked = tree_map(lambda *leaves: torch.stack(leaves).to(device), *states)
    if any(":" in rule for rule in pack.first.stack):
        # An error in a user's own rule is told as one here; in a compiled step it would be the compiler's.
        step = torch.ones((), dtype=dtype, device=device)
        vmap(training.stack.step, in_dims=(0, 0, 0, None))(
            stacked.params, stacked.params, stacked.stack, step
        )
    return training, stacked


def pack_step(pack: Pack, training: Training, data: Data, *, compiled: bool) -> Step:
    """Return the step of all runs: (state, one step of `Batches`) to state."""
    edge = black(pack.first.dataset).to(data.train_x) if pack.first.dataset.get("augment") else None

    def eager(state: RunState, now: Batches) -> RunState:
        x, y = data.train_x[now.rows], data.train_y[now.rows]
        if edge is not None:
            x = augmented(x, now.draws, edge)
        kept = tuple(draw for name, draw in now.draws.items() if name.startswith("kept"))
        each = 0 if now.rows.ndim == 2 else None
        return vmap(training.step, in_dims=(0, each, each, None, None, each))(
            state, x, y, now.weights, now.steps, kept
        )

    device = data.train_x.device.type
    step: Step = eager
    if compiled:
        twins = len({run.id for run in pack.runs}) < least_runs(training, device, compiled=True)
        nested = any(level.rule.nested_reads for level in training.stack.levels)
        options = compile_options(device, twins=twins, nested=nested)
        step = compiled_anew(eager, device, options, fixed_by(pack, training, data))
    if device == "cuda":
        return CapturedStep(of_size(pack.first.batch_size, step, eager) if compiled else step)
    return one_by_one(step) if alone(training, device) else step


def of_size(rows: int, step: Step, other: Step) -> Step:
    """Return a step compiled for one minibatch size, and uncompiled for the last, smaller minibatch."""
    return lambda state, now: (step if now.rows.shape[-1] == rows else other)(state, now)


def alone(training: Training, device: str) -> bool:
    """Return whether a pack's runs are computed one by one: convolutional nets on a CPU.

    In one grouped convolution, rounding depends on the number of runs, and it is no faster: a step of the cnn
    took 62 ms per run alone and 64 in packs of 4. On an H200 grouped convolutions were faster: 4.4 ms per
    run of VGG-16 of width 16 in packs of 3, 5.6 one by one.
    """
    return device == "cpu" and any(weight.ndim > 2 for weight in training.model.parameters())


def least_runs(training: Training, device: str, *, compiled: bool) -> int:
    """Return the minimum number of runs that train together; on a CPU a run may be duplicated.

    Compiled for a CPU, a single run would round differently than in a pack (`hyperopt.engine.twins`).
    """
    return 2 if compiled and device == "cpu" and not alone(training, device) else 1


def one_by_one(step: Step) -> Step:
    """Return a pack's step that runs each of its runs' steps as if alone."""

    def stepped(state: RunState, now: Batches) -> RunState:
        runs = len(state.loss_sum)
        if runs == 1:
            return step(state, now)
        parts = []
        for i in range(runs):
            mine = now
            if now.rows.ndim == 2:
                draws = {name: draw[i] for name, draw in now.draws.items()}
                mine = now._replace(rows=now.rows[i], draws=draws)
            # Copy: views into a tensor lack the alignment that compiled programs require.
            parts.append(step(tree_map(lambda leaf, i=i: leaf[i : i + 1].clone(), state), mine))
        joined: RunState = tree_map(lambda *leaves: torch.cat(leaves), *parts)
        return joined

    return stepped


class CompileError(RuntimeError):
    """A step that could not be compiled."""


def compiled_anew(step: Step, device: str, options: Mapping[str, Any], fixed: str = "") -> Step:
    """Compile the step; if that fails, compile it once more without any caches.

    A run's numbers depend on whether it is compiled, so nothing falls back to uncompiled code.

    Raises:
        CompileError: it failed again.
    """
    program, tried = compiled_alone(step, device, options, fixed), False

    def compiled(state: RunState, now: Batches) -> RunState:
        nonlocal program, tried
        try:
            return program(state, now)
        except compile_errors() as error:
            before = None if tried else new_compiler_cache()
            if before is None:
                raise CompileError(
                    f"compiling failed ({_reason(error)}); compile=false trains without"
                ) from error
        tried, program = True, compiled_alone(step, device, options, fixed)
        stepped = compiled(state, now)
        with suppress(OSError):
            before.rename(before.with_name(f"{before.name}.damaged"))
        warnings.warn(f"{before} had damaged programs of the compiler: they are recompiled", stacklevel=2)
        return stepped

    return compiled


def _reason(error: Exception) -> str:
    """Extract the reason from a compiler's long message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = next((line for line in lines if not line.startswith("backend=")), "no reason given")
    return f"{first} {lines[-1]}" if first.endswith(":") and lines[-1] != first else first


def compiled_alone(step: Step, device: str, options: Mapping[str, Any], fixed: str = "") -> Step:
    """Compile the step; if torch supports it, calls check only its tensors and torch's modes.

    Everything else that the program reads, from the rules to the keys of its state, is constant for its
    lifetime, and it shares no cache with other programs. Checking it took half of a step of logistic
    regression. On a CPU, the program is stored for other processes if all that determines it is known.
    """

    def by_torch() -> Step:
        guards: dict[str, Any] = {}
        isolated: dict[str, Any] = {}
        if "isolate_recompiles" in signature(torch.compile).parameters:
            guards, isolated = {"guard_filter_fn": _tensors_and_modes}, {"isolate_recompiles": True}
        checked = {**options, **guards}
        program: Step = torch.compile(step, fullgraph=True, dynamic=False, options=checked, **isolated)
        return program

    if device == "cpu" and fixed:
        return kept(step, fixed, options, by_torch)
    if device == "cpu":
        prepare_compiler()
    return by_torch()


def compile_options(device: str, *, twins: bool = False, nested: bool = False) -> dict[str, Any]:
    """Return options of `torch.compile` on `device` that are faster and change no number.

    Args:
        device: "cpu" or "cuda".
        twins: whether a single run is trained as two copies.
        nested: whether a rule has `nested_reads`.
    """
    if device != "cpu":
        return {}
    options = dict(LESS_INLINED) if nested else {}
    if not onednn_is_faster():
        return options | edits_of(powers_once)
    # Use all three for twins: torch's cache distinguishes programs by the files of their passes.
    edits = (powers_once, of_twins, by_onednn) if twins else (powers_once, by_onednn)
    return options | edits_of(*edits)


def _tensors_and_modes(guards: Sequence[Any]) -> list[bool]:
    """Select torch's guards to keep; the guard of a mode such as no_grad has no name."""
    return [guard.guard_type in ("TENSOR_MATCH", "DUPLICATE_INPUT") or not guard.name for guard in guards]


def to_evaluate(training: Training, state: RunState) -> RunState:
    """Return the state with the weights to evaluate; most rules evaluate the trained weights."""
    if not training.stack.levels[0].rule.averages:
        return state
    return state._replace(params=vmap(training.evaluated)(state))


def scores(training: Training, state: RunState, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean loss and error in percent of every run on x [rows, ...], y [rows, ...]: two [runs]."""
    chunk = 1 if alone(training, x.device.type) else None
    of_runs = vmap(training.scores, in_dims=(0, 0, None, None), chunk_size=chunk)
    loss, wrong = torch.zeros(()), torch.zeros(())
    for some_x, some_y in zip(torch.split(x, EVALUATION_ROWS), torch.split(y, EVALUATION_ROWS), strict=True):
        part = of_runs(state.params, state.buffers, some_x, some_y)
        loss, wrong = loss + part.loss.double(), wrong + part.wrong
    return loss / len(x), 100 * wrong.double() / y.numel()
