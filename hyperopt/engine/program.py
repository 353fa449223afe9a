"""The program that trains a pack: its initial state, one step of all its runs, and their scores."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from hyperopt import models
from hyperopt.data import Data, black, find
from hyperopt.engine.batches import Batches
from hyperopt.engine.draws import augmented, stream
from hyperopt.engine.pack import Pack, dtype_of, numbers_of, objective_of, stack_of
from hyperopt.engine.products import compile_options
from hyperopt.optim.torch_private import compile_errors, tree_map
from hyperopt.train import RunState, Training

Step = Callable[[RunState, Batches], RunState]

EVALUATION_ROWS = 500


def initial(pack: Pack, data: Data, device: str) -> tuple[Training, RunState]:
    """A pack's training, and the state of its runs before the first step, every leaf with a leading run axis.

    The seed alone fixes the initial weights: runs of one seed start from the same.
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
    return training, stacked


def pack_step(pack: Pack, training: Training, data: Data, *, compiled: bool) -> Step:
    """One step of every run: (state, that step of `Batches`) to state.

    Where compiling fails (no C++ compiler), it warns and goes on uncompiled.
    """
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

    if not compiled:
        return eager
    program: Step = compiled_alone(eager, data.train_x.device.type)

    def compiled_or_eager(state: RunState, now: Batches) -> RunState:
        nonlocal program
        try:
            return program(state, now)
        except compile_errors() as error:
            reason = str(error).strip().splitlines()[0]
            warnings.warn(
                f"training uncompiled, some five times slower: compiling failed ({reason})", stacklevel=2
            )
            program = eager
            return eager(state, now)

    return compiled_or_eager


def compiled_alone(step: Step, device: str) -> Step:
    """The step compiled; where torch can, a call checks its tensors and torch's modes and nothing else.

    All else that the program reads, from the rules to the keys of its state, stays as it is while it lives,
    and it shares no cache with another program. Checking it took half of a step of logistic regression.
    """
    options = compile_options(device)
    isolated: dict[str, Any] = {}
    if "isolate_recompiles" in signature(torch.compile).parameters:
        isolated = {"isolate_recompiles": True}
        options["guard_filter_fn"] = _tensors_and_modes
    program: Step = torch.compile(step, fullgraph=True, dynamic=False, options=options, **isolated)
    return program


def _tensors_and_modes(guards: Sequence[Any]) -> list[bool]:
    """Which of torch's guards of a program stay; that of a mode, such as no_grad, has no name."""
    return [guard.guard_type in ("TENSOR_MATCH", "DUPLICATE_INPUT") or not guard.name for guard in guards]


def scores(training: Training, state: RunState, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss and error in percent of every run on x [rows, ...], y [rows, ...]; two tensors [runs]."""
    loss, wrong = torch.zeros(()), torch.zeros(())
    for some_x, some_y in zip(torch.split(x, EVALUATION_ROWS), torch.split(y, EVALUATION_ROWS), strict=True):
        part = vmap(training.scores, in_dims=(0, 0, None, None))(state.params, state.buffers, some_x, some_y)
        loss, wrong = loss + part.loss.double(), wrong + part.wrong
    return loss / len(x), 100 * wrong.double() / y.numel()
