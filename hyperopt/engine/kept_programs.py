"""Compiled steps kept on disk: what one process has traced and compiled, another loads.

torch keeps the code that it generates, but every process traces a function anew to find out which code it is:
5 s for a step of Adam/SGD, where to load what `aot_compile` of a compiled function returned takes 1 s.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import tempfile
from collections.abc import Mapping
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
from hyperopt.durable import write
from hyperopt.engine.batches import Batches
from hyperopt.engine.captured import Step
from hyperopt.engine.pack import Pack, shape_of
from hyperopt.optim.torch_private import compiler_cache, compiler_settings, tree_leaves
from hyperopt.provenance import cpu
from hyperopt.train import RunState, Training

LOG = logging.getLogger(__name__)
PACKAGES = ("hyperopt", "torch")
FOLDER = "hyperopt"


def fixed_by(pack: Pack, training: Training, data: Data) -> str:
    """What fixes the program of a pack's step beside the state, the minibatch and this package, as a text.

    It is "" where code of others has a part in the step, whose changes nobody can know of.
    """
    parts = [*training.model.modules(), *(level.rule for level in training.stack.levels)]
    if any(type(part).__module__.partition(".")[0] not in PACKAGES for part in parts):
        return ""
    dataset, model, stack, batch_size, _epochs, procedure = shape_of(pack.first)
    rows = [specification(tensor) for tensor in (data.train_x, data.train_y)]
    return repr(
        (dataset, model, stack, batch_size, procedure, training.objective, training.stop_at_loss, rows)
    )


def kept(step: Step, fixed: str, options: Mapping[str, Any], otherwise: Step) -> Step:
    """A step whose program is loaded where it was kept, else compiled and kept.

    Args:
        step: what is compiled, called without gradients, on a CPU.
        fixed: all that its program depends on beside the state and the minibatch.
        options: those of `torch.compile`.
        otherwise: the step as `torch.compile` has it, for whatever goes wrong.
    """
    programs: dict[torch.Size, Step] = {}

    def stepped(state: RunState, now: Batches) -> RunState:
        # The last minibatch of an epoch may be smaller; all other tensors keep their shapes.
        if (program := programs.get(now.rows.shape)) is None:
            program = _found(step, fixed, options, state, now) or otherwise
            programs[now.rows.shape] = program
        return program(state, now)

    return stepped


def _found(step: Step, fixed: str, options: Mapping[str, Any], state: RunState, now: Batches) -> Step | None:
    """The program for these tensors, loaded or compiled; None where this torch cannot, or it fails."""
    if (folder := compiler_cache()) is None:
        return None
    tensors = [specification(leaf) for leaf in tree_leaves((state, now))]
    key = hashlib.sha256(repr((fixed, tensors, _made_by(), torch.get_num_threads())).encode()).hexdigest()[
        :32
    ]
    # What the function closes over is not kept, but given anew to the program.
    closed: dict[str, Any] = {
        name: value for name, value in getclosurevars(step).nonlocals.items() if value is not None
    }
    try:
        return _loaded(folder / FOLDER, key, closed) or _compiled(
            folder / FOLDER, key, step, options, closed, state, now
        )
    except Exception as error:  # torch calls this experimental: whatever it raises, there is another way
        LOG.debug("a program can be neither loaded nor kept: %r", error)
        return None


def _loaded(folder: Path, key: str, closed: dict[str, Any]) -> Step | None:
    """The kept program; None where there is none that is whole."""
    for path in folder.glob(f"{key}.*"):
        content = path.read_bytes()
        if path.suffix != f".{hashlib.sha256(content).hexdigest()}":
            path.unlink(missing_ok=True)
            continue
        program: Any = torch.compiler.load_compiled_function(BytesIO(content), external_data=closed)
        program.disable_guard_check()  # the key is what it was compiled for
        return program
    return None


def _compiled(
    folder: Path,
    key: str,
    step: Step,
    options: Mapping[str, Any],
    closed: dict[str, Any],
    state: RunState,
    now: Batches,
) -> Step:
    """The program compiled, and kept."""
    unguarded = {**options, "guard_filter_fn": lambda guards: [False] * len(guards)}
    function: Any = torch.compile(step, fullgraph=True, dynamic=False, options=unguarded)
    program = function.aot_compile(((state, now), {}))
    program.disable_guard_check()
    with suppress(OSError), tempfile.TemporaryDirectory() as made:
        program.save_compiled_function(str(Path(made, key)), external_data=closed)
        content = Path(made, key).read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"{key}.{hashlib.sha256(content).hexdigest()}", content, durable=False)
    return program


def specification(tensor: Tensor) -> tuple[torch.dtype, tuple[int, ...], tuple[int, ...]]:
    """What a program takes for granted of a tensor."""
    return tensor.dtype, tuple(tensor.shape), tensor.stride()


@cache
def _made_by() -> tuple[str, ...]:
    """The code and the machine by which programs of this process are made."""
    sources = hashlib.sha256()
    for path in sorted(Path(hyperopt.__file__).parent.rglob("*.py")):
        sources.update(path.read_bytes())
    return (
        sources.hexdigest(),
        torch.__version__,
        platform.python_version(),
        cpu(),
        torch.backends.cpu.get_cpu_capability(),
        compiler_settings(),
    )
