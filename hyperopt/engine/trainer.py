"""Trains one pack from its initial weights to its records."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.func import vmap

from hyperopt.config import Run
from hyperopt.data import Data, find
from hyperopt.engine.active_runs import ActiveRuns
from hyperopt.engine.batches import Batches, epoch_batches
from hyperopt.engine.captured import Step, copy_of
from hyperopt.engine.costs import compile_pays
from hyperopt.engine.evaluation import measure, whole_training_set
from hyperopt.engine.history import History, StepRecorder
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack, data_of, steps_of
from hyperopt.engine.pack_files import COMPILING, PackFiles, restore
from hyperopt.engine.predicted_images import pictures
from hyperopt.engine.process import prepare_process
from hyperopt.engine.program import initial, least_runs, pack_step, to_evaluate
from hyperopt.engine.torch_compiler import without_collecting
from hyperopt.engine.torch_private import compiler_missing
from hyperopt.provenance import provenance
from hyperopt.records import Record
from hyperopt.train import NEVER, RunState, Training

CHECKPOINT_SECONDS = 10.0


def train_pack(pack: Pack, options: Options, root: Path) -> list[Record]:
    """Train a pack, resuming from its checkpoint under `root` if there is one.

    Returns:
        One record per run, in the pack's order.

    Raises:
        DataError: the data set is unavailable.
        torch.OutOfMemoryError, MemoryError, RuntimeError: the pack does not fit into memory.
    """
    made = provenance()
    run, device = pack.first, options.resolved_device()
    with ThreadPoolExecutor(1, initializer=prepare_process) as beside:  # both take a second
        reading = beside.submit(data_of, run, device)
        compiled = compiles(run, options)
        data = reading.result()
    training, state = initial(pack, data, device)
    history, done = History(seconds=[0.0] * len(pack.runs)), 0
    files = PackFiles(root, pack.name)
    ids = [each.id for each in pack.runs]
    if (saved := files.load(ids, device)) is not None:
        places = [saved.ids.index(each) for each in ids]
        if restored := restore(state, [leaf[places] for leaf in saved.leaves]):
            state, history, done = restored, History(**saved.notes).part(places), saved.epoch

    if (machine := f"{options.device_name()}, {made['cpu']}") not in history.machines:
        history.machines.append(machine)
    least = least_runs(training, device, compiled=compiled)
    active, step = ActiveRuns(pack, state, history.settled(), least), None
    recorder = None
    if options.record_every is not None:
        recorder = StepRecorder(options.record_every, training, active, history, files.tell_step)
    last_saved = time.monotonic()
    files.report(done, done)
    for epoch in range(done, run.epochs):
        if not active.going:
            break
        if step is None:
            step = new_step(pack, training, data, compiled=compiled)
            if compiled:
                files.report(epoch, done, COMPILING)
                step = after_first(step, partial(files.report, epoch, done))
        batches = epoch_batches(active.trained, epoch, len(data.train_x), device, training.dropped)
        if recorder is not None:
            recorder.begin(epoch * len(batches.steps))
        state, seconds = train_epoch(training, step, active.state, batches, recorder)
        history.spend(active, seconds)
        shown = to_evaluate(training, state)
        measured = measure(training, shown, data, batches, full_loss=run.procedure["full_loss"])
        history.add(active, measured, vmap(training.stack.hyperparameters)(state.stack))
        if active.advance(state, history.settled()):
            step = None
        if time.monotonic() - last_saved > CHECKPOINT_SECONDS and epoch + 1 < run.epochs:
            files.save(ids, epoch + 1, active.whole, asdict(history))
            last_saved = time.monotonic()
        files.tell(epoch + 1, history.last())
        files.report(epoch + 1, done)
    history.hold(run.epochs)

    shown = to_evaluate(training, active.whole)
    final = whole_training_set(training, shown, data)
    made |= {"device": options.device_name(), "pack": str(len(pack.runs)), "data": data.fingerprint}
    made |= {"compile": str(compiled).lower()}
    if len(history.machines) > 1:
        made["machines"] = "; ".join(history.machines)
    finished = records(pack, active.whole, history, final, made, len(data.train_x))
    if find(data.name).colours and len(data.test_x):
        kept = pictures(training, shown, data)
        finished = [replace(record, pictures=of_run) for record, of_run in zip(finished, kept, strict=True)]
    return finished


def compiles(run: Run, options: Options) -> bool:
    """Return whether to compile a run: if it pays and there is a compiler; warn if there is none."""
    if not compile_pays(run, options):
        return False
    with without_collecting():  # it imports the compiler
        why = compiler_missing(options.resolved_device())
    if why:
        warnings.warn(f"training uncompiled, some five times slower: {why}", stacklevel=2)
    return not why


def new_step(pack: Pack, training: Training, data: Data, *, compiled: bool) -> Step:
    """Return a step for packs of one size; torch refuses over eight programs for one function."""
    torch.compiler.reset()
    return pack_step(pack, training, data, compiled=compiled)


@torch.no_grad()
def train_epoch(
    training: Training, step: Step, state: RunState, batches: Batches, recorder: StepRecorder | None = None
) -> tuple[RunState, float]:
    """Return the state after an epoch and its step seconds; a compiling step counts as an average one.

    The recorder's time is excluded. A model with buffers, which all rows of a minibatch enter, gets a smaller
    last minibatch without padding: a second shape, and so a second program.
    """
    state = state._replace(
        loss_sum=torch.zeros_like(state.loss_sum),
        wrong_sum=torch.zeros_like(state.wrong_sum),
        rate_sum=torch.zeros_like(state.rate_sum),
    )
    count, batch = batches.weights.shape
    sizes = (batches.weights > 0).sum(1).tolist() if state.buffers else [batch] * count
    alike = sizes.count(sizes[0])
    clock, recording = [time.perf_counter()], 0.0
    for i, (now, size) in enumerate(zip(batches.each(), sizes, strict=True)):
        state = step(state, now.first(size))
        if i in (0, alike - 1, count - 1):
            wait(state)
            clock.append(time.perf_counter() - recording)
        if recorder is not None and recorder.due(i + 1):
            wait(state)
            began = time.perf_counter()
            recorder.record(i + 1, state)
            recording += time.perf_counter() - began
    seconds = (clock[2] - clock[1]) * count / (alike - 1) if alike > 1 else clock[-1] - clock[0]
    if state.loss_sum.is_cuda:  # a captured step writes its state in place
        state = copy_of(state)
    return vmap(training.mark_diverged, in_dims=(0, None))(state, batches.steps[-1]), seconds


def after_first(step: Step, then: Callable[[], None]) -> Step:
    """Return the same step; after its first call, which compiles, call `then`."""
    called = False

    def announced(state: RunState, now: Batches) -> RunState:
        nonlocal called
        after = step(state, now)
        if not called:
            called = True
            then()
        return after

    return announced


def wait(state: RunState) -> None:
    """Wait until the device has computed `state`."""
    if state.loss_sum.is_cuda:
        torch.cuda.synchronize()


def records(
    pack: Pack,
    state: RunState,
    history: History,
    final: Mapping[str, Tensor],
    made: dict[str, str],
    rows: int,
) -> list[Record]:
    """Return the records of the finished runs."""
    steps = steps_of(pack.first, rows)
    diverged_at, negative_at = state.diverged_at.tolist(), state.negative_at.tolist()
    crossed_at = state.crossed_at.tolist()
    stops = pack.first.procedure["stop_at_loss"] is not None
    made_by = []
    for i, run in enumerate(pack.runs):
        over = (crossed_at[i] or diverged_at[i]) if stops else NEVER
        epochs = run.epochs if over == NEVER else (over - 1) // steps + 1
        happened: list[tuple[int, str, int | None]] = [(diverged_at[i], "diverged", None)]
        happened += [(crossed_at[i], "crossed", None)]
        happened += [(at, "negative alpha", level) for level, at in enumerate(negative_at[i])]
        crossed = {"crossed_at": float(crossed_at[i] or math.inf)} if stops else {}
        made_by.append(
            Record(
                id=run.id,
                config=run.canonical(),
                metrics=_of_run(history.metrics, i, epochs),
                hyperparameters=_of_run(history.hyperparameters, i, epochs),
                final={name: values[i].item() for name, values in final.items()} | crossed,
                diverged=diverged_at[i] != NEVER,
                seconds=history.seconds[i],
                steps=epochs * steps,
                made=made,
                events=[
                    {"step": at, "epoch": (at - 1) // steps + 1, "event": event, "level": level}
                    for at, event, level in sorted(happened, key=lambda h: h[0])
                    if at != NEVER
                ],
                by_step=history.by_step[i] if history.by_step else {},
            )
        )
    return made_by


def _of_run(history: dict[str, list[list[float]]], place: int, epochs: int) -> dict[str, list[float]]:
    return {name: [epoch[place] for epoch in values[:epochs]] for name, values in history.items()}
