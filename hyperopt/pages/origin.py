"""The last section of a page: the provenance of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from shlex import quote

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.origin import Origin
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Commands, Table
from hyperopt.pages.markdown import number
from hyperopt.wording import counted


def section(view: View) -> list[Block]:
    """Return the command that makes the page, a table of facts, and the commands that trained the runs."""
    origin = view.origin
    rows = [
        ["runs", share(origin) or f"{origin.wanted} of {origin.wanted} runs"],
        ["config hash", f"`{origin.config_hash}`"],
        *([key, value] for key, value in _facts(origin)),
    ]
    parts: list[Block] = [
        "## Origin of the runs",
        Commands([command(view.experiment, view.seeds)]),
        Table(["", " "], rows, left=("", " ")),
    ]
    if origin.commands:
        parts += ["The runs were trained by:", Commands(origin.commands)]
    return parts


def share(origin: Origin) -> str:
    """Return how many runs are finished, such as "31 of 63 runs, 32 missing"; "" if all are."""
    if not origin.missing:
        return ""
    return f"{origin.found} of {origin.wanted} runs, {origin.missing} missing"


def command(experiment: Experiment, seeds: Sequence[int]) -> str:
    """Return the command that makes the page: in a checkout, or beside the folder of the user's own file."""
    count = tuple(seeds) == tuple(range(len(seeds)))
    given = (
        {}
        if tuple(seeds) == experiment.seeds
        else {"seeds": len(seeds) if count else ",".join(map(str, seeds))}
    )
    options = {**given, **experiment.changes}
    if experiment.folder is None and experiment.changes.keys() <= {"epochs"}:
        words = [
            f"make {experiment.kind}s ONLY={experiment.id}",
            *(f"{k.upper()}={v}" for k, v in options.items()),
        ]
    else:
        name = experiment.id if experiment.folder is None else quote(f"./{experiment.id}.yaml")
        words = [f"hyperopt {experiment.kind}s {name}", *(f"{k}={v}" for k, v in options.items())]
    return " ".join(words)


def _facts(origin: Origin) -> Iterable[tuple[str, str]]:
    for key, values in origin.facts.items():
        yield key, ", ".join(values)
    if days := origin.days:
        yield "trained", days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    if seconds := origin.seconds:
        total = f"{number(sum(seconds), 1)} s in {counted(len(seconds), 'run')}"
        yield "training time", f"{total}, {number(min(seconds), 1)} to {number(max(seconds), 1)} s each"
