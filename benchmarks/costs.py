"""The cost of hypergradient descent: `make costs`, on an idle machine, writes results/hypergradient_cost.md.

Each method trains alone, in a process with one torch thread, alternating with its base method in several
rounds. In addition, the time that the grid search of hypergradient/fig4 took by its records is compared with
the time that its runs would take one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from benchmarks.machine import machine
from benchmarks.rounds import Rounds, Say, Timed, in_turn
from benchmarks.subjects import Subject, ours, plain_torch
from hyperopt.config import Run, resolve
from hyperopt.engine.pack import Pack, data_of
from hyperopt.engine.program import initial
from hyperopt.experiments import load
from hyperopt.optim.torch_private import tree_leaves
from hyperopt.pages.markdown import table
from hyperopt.records import Record, published, working
from hyperopt.wording import duration

SEARCH = "hypergradient/fig4"
COMMON: dict[str, object] = {"dataset": "mnist", "dataset.normalize": True, "batch_size": 128, "l2": 1e-4}
MODELS: dict[str, dict[str, object]] = {
    "logistic regression": {"model": "logistic"},
    "MLP 784-1000-1000-10": {
        "model": "mlp",
        "model.hidden": [1000, 1000],
        "model.activation": "relu",
        "model.output_activation": "none",
    },
}
ADAM: dict[str, object] = {"adam_start": 0, "eps_before_correction": True}
METHODS: dict[str, dict[str, object]] = {
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
    """The extent of the measurement: settings of the data set in addition to COMMON, and rounds."""

    dataset: tuple[tuple[str, object], ...] = ()
    how: Rounds = field(default_factory=lambda: Rounds(9, 1.0, WARM_UP_STEPS))


QUICK = Effort((("dataset.generated", True), ("dataset.train", 512)), Rounds(2, 0.0, inline=True))


def page(effort: Effort, say: Say) -> str:
    """Measure everything and return the page in Markdown."""
    on = table(["", " "], [list(pair) for pair in machine()], left=("", " "))
    parts = [
        "# What hypergradient descent costs",
        "Wall-clock milliseconds and resident memory of a single run on one core, alternating with its base "
        "method: medians over rounds, and the range over rounds of the ratio to the base. The state is what "
        "is kept from step to step, including the weights. Made by `make costs`.",
        f"{on}",
    ]
    for model, settings in MODELS.items():
        runs = {name: run_of(method, settings, effort) for name, method in METHODS.items()}
        parts += [f"## {model}", costs(runs, timed(model, subjects_of(runs, effort), effort, say))]
    return "\n\n".join([*parts, search(effort, say)]) + "\n"


def run_of(method: Mapping[str, object], model: Mapping[str, object], effort: Effort) -> Run:
    """Return a run of a method."""
    return resolve({**COMMON, **dict(effort.dataset), **model, **method})


def subjects_of(runs: Mapping[str, Run], effort: Effort) -> list[Subject]:
    """Return a subject for each run, which trains it alone."""
    build = partial(ours, compiled=not effort.how.inline)
    return [Subject(name, name, (run,), "cpu", build) for name, run in runs.items()]


def timed(what: str, subjects: Sequence[Subject], effort: Effort, say: Say) -> dict[str, Timed]:
    """Time subjects; return the results by name."""
    found = in_turn(what, subjects, effort.how, say)
    return {subject.name: own for subject, own in zip(subjects, found, strict=True)}


def costs(runs: Mapping[str, Run], found: Mapping[str, Timed]) -> str:
    """Return a table with a row per method."""
    header = ["method", "ms a step", "to its base", "range", "resident, MiB", "state, MiB", "to its base "]
    state = {name: state_bytes(run) for name, run in runs.items()}
    rows = []
    for name, own in found.items():
        row = [name, f"{median(own.ms):.3f}", "", "", f"{own.memory / MIB:.0f}"]
        row += [f"{state[name] / MIB:.2f}", ""]
        if base := BASE.get(name):
            ratios = [a / b for a, b in zip(own.ms, found[base].ms, strict=True)]
            row[2], row[3] = f"{median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"
            row[6] = f"{state[name] / state[base]:.2f}"
        rows.append(row)
    return table(header, rows, left=("method",))


def state_bytes(run: Run) -> int:
    """Return the size in bytes of what a run keeps from step to step, on the CPU."""
    _, state = initial(Pack((run,)), data_of(run, "cpu"), "cpu")
    return sum(leaf.numel() * leaf.element_size() for leaf in tree_leaves(state))


def search(effort: Effort, say: Say) -> str:
    """Compare the recorded time of the search SEARCH with that of its runs one by one, as a section."""
    [experiment] = load(SEARCH)
    runs = {run.id: run for run in experiment.runs()}
    records = {**published().load(runs), **working().load(runs)}
    heading = f"## The search of {SEARCH}"
    if not records:
        return f"{heading}\n\nNone of its runs is available."
    rows = list(_by_method(runs, records, effort, say))
    took = sum(record.seconds for record in records.values())
    alone, plain = (sum(float(row[column]) for row in rows) for column in (4, 6))
    words = (
        f"{len(records)} of its {len(runs)} runs are available. Trained in packs, their steps took "
        f"{duration(took)} on one core. One by one, each in its own compiled program, they would take "
        f"{duration(alone)}, and in a plain loop with the base method of torch.optim, which tunes nothing, "
        f"{duration(plain)}. (These are steps times the milliseconds of one step, measured on one run of "
        "each method.)"
    )
    header = ["method", "runs", "steps", "ms, alone", "s, alone", "ms, plain loop", "s, plain loop"]
    return "\n\n".join([heading, words, table(header, rows, left=("method",))])


def _by_method(
    runs: Mapping[str, Run], records: Mapping[str, Record], effort: Effort, say: Say
) -> Iterator[list[str]]:
    groups: dict[str, list[Run]] = {}
    for id_ in records:
        options = [key for key in ("nesterov",) if runs[id_].habits.get(key)]
        schedule = [s for s in (runs[id_].procedure["schedule"],) if s != "constant"]
        groups.setdefault(" ".join(["/".join(runs[id_].stack), *options, *schedule]), []).append(runs[id_])
    first = {name: run_of_search(members[0], effort) for name, members in groups.items()}
    alone = timed("the search, one by one", subjects_of(first, effort), effort, say)
    loops = [Subject(name, name, (run,), "cpu", partial(plain_torch, how={})) for name, run in first.items()]
    plain = timed("the search, plain loops", loops, effort, say)
    for name, members in groups.items():
        steps = sum(records[run.id].steps for run in members)
        cells = [name, str(len(members)), f"{steps}"]
        for found in (alone[name], plain[name]):
            ms = median(found.ms)
            cells += [f"{ms:.3f}", f"{steps * ms / 1e3:.0f}"]
        yield cells


def run_of_search(run: Run, effort: Effort) -> Run:
    """Return a run of the search on the data of the benchmark."""
    settings = {key: value for key, value in run.canonical().items() if key != "versions"}
    return resolve({**settings, **dict(effort.dataset)})
