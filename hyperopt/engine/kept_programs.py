"""Compiled steps stored on disk: one process traces and compiles, others load.

torch caches generated code, but every process traces a function again to find its code: 5 s for a step of
Adam/SGD. Loading the result of `aot_compile` of a compiled function takes 1 s.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import tempfile
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from functools import cache
from inspect import getclosurevars
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import hyperopt
from hyperopt.data import Data
from hyperopt.durable import StorageError, write
from hyperopt.engine.batches import Batches
from hyperopt.engine.captured import Step
from hyperopt.engine.pack import Pack, step_of
from hyperopt.engine.torch_compiler import flags_decide, prepare_compiler, unhindered, without_collecting
from hyperopt.engine.torch_private import compiler_cache, compiler_settings
from hyperopt.optim.torch_private import tree_leaves
from hyperopt.provenance import cpu
from hyperopt.train import RunState, Training

LOG = logging.getLogger(__name__)
PACKAGES = ("hyperopt", "torch")
FOLDER = "hyperopt"
PARTS = ("data", "engine", "models", "objective.py", "optim", "train.py")
"""The modules with code that a step calls, or that computes its constants."""


def fixed_by(pack: Pack, training: Training, data: Data) -> str:
    """Return a text of all that fixes a step's program beside the state, the minibatch and this package.

    It is "" if third-party code takes part in the step, since changes to that code cannot be detected.
    """
    parts = [*training.model.modules(), *(level.rule for level in training.stack.levels)]
    if any(type(part).__module__.partition(".")[0] not in PACKAGES for part in parts):
        return ""
    rows = [specification(tensor) for tensor in (data.train_x, data.train_y)]
    return repr((step_of(pack.first), training.objective, training.stop_at_loss, rows))


def kept(step: Step, fixed: str, options: Mapping[str, Any], otherwise: Callable[[], Step]) -> Step:
    """Return a step whose program is loaded if stored, else compiled and stored.

    Args:
        step: the function to compile, on a CPU.
        fixed: all that its program depends on beside the state and the minibatch.
        options: those of `torch.compile`.
        otherwise: returns the step from `torch.compile`; used whenever something fails.
    """
    programs: dict[Hashable, Step] = {}
    by_torch = cache(otherwise)
    steady = True

    def stepped(state: RunState, now: Batches) -> RunState:
        nonlocal steady
        # A pack's other shapes follow from those of its minibatch and its number of runs.
        shapes = (now.rows.shape, state.loss_sum.shape, torch.is_grad_enabled())
        if program := programs.get((shapes, None if steady else layouts(state))):
            return program(state, now)
        before = layouts(state)
        program = _found(step, fixed, options, state, now) or by_torch()
        programs[shapes, None] = programs[shapes, before] = program
        after = program(state, now)
        if layouts(after) != before or any(weight.ndim > 3 for weight in state.params.values()):
            steady = False  # and nets with convolutions are always checked
        return after

    return stepped


def _found(step: Step, fixed: str, options: Mapping[str, Any], state: RunState, now: Batches) -> Step | None:
    """Return the program for these tensors, loaded or compiled; None if this torch cannot or it fails."""
    if (folder := compiler_cache()) is None:
        return None
    tensors = [specification(leaf) for leaf in tree_leaves((state, now))]
    chosen = {name: option.uuid() if hasattr(option, "uuid") else option for name, option in options.items()}
    told = (fixed, tensors, chosen, _made_by(), torch.get_num_threads(), torch.is_grad_enabled())
    path = folder / FOLDER / hashlib.sha256(repr(told).encode()).hexdigest()
    # The function's closure is not stored, but passed to the loaded program.
    closed = {name: value for name, value in getclosurevars(step).nonlocals.items() if value is not None}
    flags_decide()
    try:
        with without_collecting():
            return loaded(path, closed) or _compiled(path, step, options, closed, state, now)
    except Exception as error:  # experimental in torch: on any error there is a fallback
        LOG.debug("a program can be neither loaded nor kept: %r", error)
        return None


def layouts(state: RunState) -> tuple[tuple[int, ...], ...]:
    """Return the strides of a state.

    The gradient of a convolution's or an embedding's weights can have another memory layout than the weights,
    and a level above stores it between steps: the first step starts from another layout than later steps.
    """
    return tuple(leaf.stride() for leaf in tree_leaves(state))


def loaded(path: Path, closed: dict[str, Any]) -> Step | None:
    """Return the program stored in a file with this name and checksum; None if there is no valid one."""
    for file in path.parent.glob(f"{path.name}.*"):
        content = file.read_bytes()
        if file.suffix != f".{hashlib.sha256(content).hexdigest()}":
            file.unlink(missing_ok=True)
            continue
        function: Any = torch.compiler.load_compiled_function(BytesIO(content), external_data=closed)
        function.disable_guard_check()  # its file name already determines what it was compiled for
        program: Step = function
        return program
    return None


def _compiled(
    path: Path, step: Step, options: Mapping[str, Any], closed: dict[str, Any], state: RunState, now: Batches
) -> Step:
    """Compile and store the program."""
    unguarded = {**options, "guard_filter_fn": lambda guards: [False] * len(guards)}
    function: Any = torch.compile(step, fullgraph=True, dynamic=False, options=unguarded)
    prepare_compiler()
    with unhindered():
        function = function.aot_compile(((state, now), {}))
    function.disable_guard_check()
    with suppress(OSError, StorageError), tempfile.TemporaryDirectory() as folder:
        function.save_compiled_function(made := str(Path(folder, path.name)), external_data=closed)
        content = Path(made).read_bytes()
        write(path.with_suffix(f".{hashlib.sha256(content).hexdigest()}"), content, durable=False)
    program: Step = function
    return program


def specification(tensor: Tensor) -> tuple[torch.dtype, tuple[int, ...], tuple[int, ...]]:
    """Return what a program assumes about a tensor."""
    return tensor.dtype, tuple(tensor.shape), tensor.stride()


def sources(package: Path) -> str:
    """Return a checksum of the package's files that affect a program, so not, for example, of page texts."""
    found = hashlib.sha256()
    for part in PARTS:
        path = package / part
        for module in [path] if path.suffix else sorted(path.rglob("*.py")):
            found.update(module.read_bytes())
    return found.hexdigest()


@cache
def _made_by() -> tuple[str, ...]:
    """Return the code and the machine that programs of this process depend on."""
    return (
        sources(Path(hyperopt.__file__).parent),
        torch.__version__,
        platform.python_version(),
        cpu(),
        torch.backends.cpu.get_cpu_capability(),
        compiler_settings(),
    )
