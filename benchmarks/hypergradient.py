"""What hypergradient descent costs: `python -m benchmarks.hypergradient`, on an idle machine.

Each method trains alone, in a process with one torch thread, in turn with its base method, round after round.
Then the search of hypergradient/fig4: how long it took by its records, and how long its runs would take one
by one. Written to results/hypergradient_cost.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from benchmarks.measure import Say
from benchmarks.subjects import Subject, data_of, ours, plain_torch
from benchmarks.workers import Sample, at_once, start, steps_lasting
from hyperopt.config import Run, resolve
from hyperopt.engine.pack import Pack
from hyperopt.engine.program import initial
from hyperopt.experiments import load
from hyperopt.files import results_dir
from hyperopt.optim.torch_private import tree_leaves
from hyperopt.pages.markdown import table
from hyperopt.records import Record, published, working
from hyperopt.wording import duration

SEARCH = "hypergradient/fig4"
COMMON = {"dataset": "mnist", "dataset.normalize": True, "batch_size": 128, "l2": 1e-4}
MODELS = {
    "logistic regression": {"model": "logistic"},
    "MLP 784-1000-1000-10": {
        "model": "mlp",
        "model.hidden": [1000, 1000],
        "model.activation": "relu",
        "model.output_activation": "none",
    },
}
ADAM = {"adam_start": 0, "eps_before_correction": True}
METHODS = {
    "SGD": {"stack": "sgd", "alpha": 1e-3},
    "SGD-HD": {"stack": "sgd_hd", "alpha": "1e-3/1e-4"},
    "SGDN": {"stack": "sgd", "alpha": 1e-3, "momentum": 0.9, "nesterov": True},
    "SGDN-HD": {"stack": "sgdn_hd", "alpha": "1e-3/1e-4"},
    "Adam": {"stack": "adam", "alpha": 1e-3, **ADAM},
    "Adam-HD": {"stack": "adam_hd", "alpha": "1e-3/1e-7"},
    "Adam-HD, flat": {"stack": "adam_hd", "alpha": "1e-3/1e-7", "form": "textbook"},
}
BASE = {"SGD-HD": "SGD", "SGDN-HD": "SGDN", "Adam-HD": "Adam", "Adam-HD, flat": "Adam"}
WARM_UP_STEPS = 20
MIB = 2**20


@dataclass(frozen=True)
class Effort:
    """How much is measured: `dataset` settings besides COMMON; `inline` in this process, uncompiled."""

    rounds: int = 9
    seconds: float = 1.0
    dataset: tuple[tuple[str, object], ...] = ()
    inline: bool = False


QUICK = Effort(2, 0.0, (("dataset.generated", True), ("dataset.train", 512)), inline=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hypergradient", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test whose times mean nothing")
    parser.add_argument("--out", type=Path, default=results_dir(), help="folder of the page")
    arguments = parser.parse_args(argv)
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {what}", file=sys.stderr, flush=True)

    text = page(QUICK if arguments.quick else Effort(), say)
    path = arguments.out / "hypergradient_cost.md"
    path.write_text(text, encoding="utf-8")
    say(f"written to {path}")
    return 0


def page(effort: Effort, say: Say) -> str:
    """Everything measured, as Markdown."""
    on = table(["", " "], [list(pair) for pair in machine()], left=("", " "))
    parts = [
        "# What hypergradient descent costs",
        "Milliseconds of wall clock and resident memory of one run alone, on one core, in turn with its base "
        "method: medians over rounds, and the range over rounds of the ratio to it. The state is what has to "
        "be kept from step to step, weights included. Written by `python -m benchmarks.hypergradient`.",
        f"{on}",
    ]
    for model, settings in MODELS.items():
        say(f"{model}: starting and compiling")
        runs = {name: run_of(method, settings, effort) for name, method in METHODS.items()}
        parts += [f"## {model}", costs(runs, sampled(subjects_of(runs, effort), effort))]
    say("the search, run by run")
    return "\n\n".join([*parts, search(effort)]) + "\n"


def run_of(method: Mapping[str, object], model: Mapping[str, object], effort: Effort) -> Run:
    """A run of a method."""
    return resolve({**COMMON, **dict(effort.dataset), **model, **method})


def subjects_of(runs: Mapping[str, Run], effort: Effort) -> list[Subject]:
    """Each run alone."""
    build = partial(ours, compiled=not effort.inline)
    return [Subject(name, name, (run,), "cpu", build) for name, run in runs.items()]


def sampled(subjects: Sequence[Subject], effort: Effort) -> dict[str, list[Sample]]:
    """By name each subject's samples, one a round."""
    workers = start(subjects, inline=effort.inline)
    try:
        at_once(workers, 1 if effort.inline else WARM_UP_STEPS)
        steps = [steps_lasting(effort.seconds, worker) for worker in workers]
        found: dict[str, list[Sample]] = {subject.name: [] for subject in subjects}
        for _ in range(effort.rounds):
            for subject, worker, count in zip(subjects, workers, steps, strict=True):
                found[subject.name] += at_once([worker], count)
        return found
    finally:
        for worker in workers:
            worker.close()


def costs(runs: Mapping[str, Run], samples: Mapping[str, Sequence[Sample]]) -> str:
    """A row a method."""
    header = ["method", "ms a step", "to its base", "range", "resident, MiB", "state, MiB", "to its base "]
    state = {name: state_bytes(run) for name, run in runs.items()}
    rows = []
    for name, own in samples.items():
        ms = [1e3 * sample.seconds / sample.steps for sample in own]
        row = [name, f"{median(ms):.3f}", "", "", f"{median(s.memory for s in own) / MIB:.0f}"]
        row += [f"{state[name] / MIB:.2f}", ""]
        if base := BASE.get(name):
            theirs = [1e3 * sample.seconds / sample.steps for sample in samples[base]]
            ratios = [a / b for a, b in zip(ms, theirs, strict=True)]
            row[2], row[3] = f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"
            row[6] = f"{state[name] / state[base]:.2f}"
        rows.append(row)
    return table(header, rows, left=("method",))


def state_bytes(run: Run) -> int:
    """What a run keeps from step to step, on the CPU."""
    _, state = initial(Pack((run,)), data_of(run, "cpu"), "cpu")
    return sum(leaf.numel() * leaf.element_size() for leaf in tree_leaves(state))


def search(effort: Effort) -> str:
    """The search of SEARCH: its records' time beside that of its runs one by one."""
    [experiment] = load(SEARCH)
    runs = {run.id: run for run in experiment.runs()}
    records = {**published().load(runs), **working().load(runs)}
    heading = f"## The search of {SEARCH}"
    if not records:
        return f"{heading}\n\nNo run of it is here."
    rows = list(_by_method(runs, records, effort))
    took = sum(record.seconds for record in records.values())
    alone, plain = (sum(float(row[column]) for row in rows) for column in (4, 6))
    words = (
        f"{len(records)} of its {len(runs)} runs are here. Trained in packs that shrink, their steps took "
        f"{duration(took)} of one core. One by one, each in a compiled program of its own, they would take "
        f"{duration(alone)}, and in a plain loop with the base method of torch.optim, which tunes nothing, "
        f"{duration(plain)}. (Steps times the milliseconds of one, measured on one run of each method.)"
    )
    header = ["method", "runs", "steps", "ms, alone", "s, alone", "ms, plain loop", "s, plain loop"]
    return "\n\n".join([heading, words, table(header, rows, left=("method",))])


def _by_method(runs: Mapping[str, Run], records: Mapping[str, Record], effort: Effort) -> Iterator[list[str]]:
    groups: dict[str, list[Run]] = {}
    for id_ in records:
        options = [key for key in ("nesterov",) if runs[id_].habits.get(key)]
        schedule = [s for s in (runs[id_].procedure["schedule"],) if s != "constant"]
        groups.setdefault(" ".join(["/".join(runs[id_].stack), *options, *schedule]), []).append(runs[id_])
    first = {name: run_of_search(members[0], effort) for name, members in groups.items()}
    alone = sampled(subjects_of(first, effort), effort)
    loops = [
        Subject(name, name, (run,), "cpu", partial(plain_torch, fused=None)) for name, run in first.items()
    ]
    plain = sampled(loops, effort)
    for name, members in groups.items():
        steps = sum(records[run.id].steps for run in members)
        cells = [name, str(len(members)), f"{steps}"]
        for samples in (alone[name], plain[name]):
            ms = median(1e3 * sample.seconds / sample.steps for sample in samples)
            cells += [f"{ms:.3f}", f"{steps * ms / 1e3:.0f}"]
        yield cells


def run_of_search(run: Run, effort: Effort) -> Run:
    """One of its runs, on the data that are measured on."""
    settings = {key: value for key, value in run.canonical().items() if key != "versions"}
    return resolve({**settings, **dict(effort.dataset)})


if __name__ == "__main__":
    raise SystemExit(main())
