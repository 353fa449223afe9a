"""The last section of a page: how many of its runs are in, and what made them, as the records say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.measurements import missing
from hyperopt.pages.markdown import number, table
from hyperopt.records import Record
from hyperopt.wording import counted

KEYS = ("commit", "hyperopt", "torch", "python", "device", "cpu")
APART = ("command", "started")


def section(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> str:
    """The section as Markdown; equal values of the records are collapsed to one."""
    wanted = [run.id for run in experiment.runs(seeds)]
    there = [records[id_] for id_ in wanted if id_ in records]
    rows = [
        ["runs", share(experiment, records, seeds) or f"{len(there)} of {len(wanted)} runs"],
        ["config hash", f"`{config_hash(wanted)}`"],
        *([key, value] for key, value in _facts(there)),
    ]
    parts = [
        "## What made it",
        f"```\n{command(experiment, seeds)}\n```",
        table(["", " "], rows, left=("", " ")),
    ]
    if trained := _distinct(record.made.get("command", "") for record in there):
        parts.append("The runs were trained by:\n\n```\n" + "\n".join(trained) + "\n```")
    return "\n\n".join(parts)


def share(experiment: Experiment, records: Mapping[str, Record], seeds: Sequence[int]) -> str:
    """How many of the runs are in, such as "31 of 63 runs, 32 missing"; empty where all are."""
    lost = missing(experiment, records, seeds)
    if not lost:
        return ""
    wanted = len(experiment.runs(seeds))
    return f"{wanted - lost} of {wanted} runs, {lost} missing"


def config_hash(ids: Iterable[str]) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the run ids, in any order."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:12]


def command(experiment: Experiment, seeds: Sequence[int]) -> str:
    """The command that makes this page in a checkout."""
    count = tuple(seeds) == tuple(range(len(seeds)))
    given = (
        {}
        if tuple(seeds) == experiment.seeds
        else {"seeds": len(seeds) if count else ",".join(map(str, seeds))}
    )
    if experiment.changes.keys() <= {"epochs"}:
        options = {key.upper(): value for key, value in {**given, **experiment.changes}.items()}
        words = (f"{key}={value}" for key, value in options.items())
        return " ".join([f"make {experiment.kind}s ONLY={experiment.id}", *words])
    return " ".join(
        [
            f"hyperopt {experiment.kind}s {experiment.id}",
            *(f"{k}={v}" for k, v in {**given, **experiment.changes}.items()),
        ]
    )


def _facts(records: Sequence[Record]) -> Iterable[tuple[str, str]]:
    if not records:
        return
    others = sorted({key for record in records for key in record.made} - {*KEYS, *APART})
    for key in (*KEYS, *others):
        if values := _distinct(record.made.get(key, "") for record in records):
            yield key, ", ".join(values)
    if days := _distinct(record.made.get("started", "")[:10] for record in records):
        yield "trained", days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    seconds = [record.seconds for record in records]
    total = f"{number(sum(seconds), 1)} s in {counted(len(seconds), 'run')}"
    yield "training time", f"{total}, {number(min(seconds), 1)} to {number(max(seconds), 1)} s each"


def _distinct(values: Iterable[str]) -> list[str]:
    """Values that are not empty, each once; whole numbers by size, others by name."""
    return sorted({value for value in values if value}, key=lambda v: (int(v) if v.isdecimal() else -1, v))
