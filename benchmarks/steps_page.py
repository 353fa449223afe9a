"""results/bench.md: every number on it comes out of `Results`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from benchmarks.counters import counter_section
from benchmarks.goals import goals
from benchmarks.results import Results, Series, ratio_of, ratios, spread
from benchmarks.roofline import roof_section
from benchmarks.steps import CNN_STACK, STACKS, SWEPT
from benchmarks.subjects import GDTUO_LOOPS
from hyperopt.pages.markdown import table
from hyperopt.wording import counted, duration

DEVICES = {"cpu": "CPU", "cuda": "GPU"}
MIB = 2**20
EARLY, LATE = 0, 9
"""Rounds after which memory is compared: ten times the steps; the last one where there are fewer."""


def page(results: Results) -> str:
    """The page as Markdown."""
    sections: list[Callable[[Results], Iterator[str]]] = [
        head, goal_section, step_section, hyper_section, roof_section, counter_section, cnn_section,
        pack_section, memory_section, compile_section, table_section, assumed_section,
    ]  # fmt: skip
    return "\n\n".join(block for section in sections for block in section(results)) + "\n"


def head(results: Results) -> Iterator[str]:
    """What was measured, how, and on what."""
    first = results.of("step")[0]
    timed = results.of("step", device="cpu") + results.of("cnn", device="cpu")
    core = median(value for series in timed for value in series.core)
    yield "# Speed"
    yield "Made by `make bench`; no number on this page is typed by hand."
    if results.smoke:
        yield "**A smoke test: one process, nothing compiled, a few steps. Its times mean nothing.**"
    yield table(("", "machine"), results.machine, left=("", "machine"))
    yield (
        "MNIST, 784-128-10 MLP with tanh, batch 256"
        + (", real images. " if results.data == "real" else ", generated data of the same shape. ")
        + "Every subject is a process of its own, with one torch thread. The subjects are asked in turn, one "
        "works while the others are idle, every second round backwards, until the ratios are known closely "
        f"or the time is up: {counted(len(first.ms), 'round')} of the first table. Times are medians of wall "
        "clock over the rounds (first to third quartile); importing, reading data, compiling and evaluation "
        "are not in them. A ratio is taken round by round, on a CPU of processor time: its median (95 % "
        "interval of that, by ranks)."
    )
    stolen = "unknown" if results.stolen is None else f"{100 * results.stolen:.1f} %"
    yield (
        f"How quiet the machine was: a subject had {core:.2f} of a core while it was timed (median, lowest "
        f"{min(value for series in timed for value in series.core):.2f}), the load at the end was "
        f"{results.load:.1f}, and other machines on the same hardware took {stolen} of the processors' time."
    )
    yield (
        "`hyperopt` runs as its engine does: compiled, denormals flushed, an allocator that keeps large "
        "blocks. Peers run as their users run them. gdtuo gives the same without `create_graph=True`, "
        "which its README asks for."
    )


def step_section(results: Results) -> Iterator[str]:
    """A table per stack: every subject's time, and how it compares."""
    for stack in STACKS:
        yield f"## {name_of(stack)}: milliseconds per run and step"
        for device in devices(results):
            found = results.of("step", stack=stack, device=device)
            ours, floor = found[0], found[-1]
            yield side_by_side(found, ours, floor, "the floor")
    yield (
        "The floor is the five matrix products of a step for one run, into tensors that are there already: "
        "no activation, no loss, no update, no data."
    )


def side_by_side(found: Sequence[Series], ours: Series, other: Series, name: str) -> str:
    """The times of all subjects, and their ratios to ours and to another one, called `name`."""
    return table(
        ("", f"ms, {DEVICES[ours.device]}", f"times {ours.subject}", f"times {name}", "steps a sample"),
        [
            (
                series.subject,
                time_of(series),
                ratio_of(ratios(series, ours)),
                ratio_of(ratios(series, other)),
                str(series.steps),
            )
            for series in found
        ],
        left=("",),
    )


def cnn_section(results: Results) -> Iterator[str]:
    """The same for a convolutional net, beside gdtuo."""
    yield f"## {name_of(CNN_STACK)}, convolutional net: milliseconds per run and step"
    ours, alone, *_ = found = results.of("cnn")
    yield side_by_side(found, ours, alone, alone.subject)
    yield (
        "The clipping report's net for CIFAR-10: two 3 x 3 convolutions of 16 channels with ReLU, 128 tanh "
        "units, 10 classes; batch 256. The data are generated, of CIFAR-10's shape. The pack is as large as "
        "the plan makes it for this net."
    )


def hyper_section(results: Results) -> Iterator[str]:
    """What the level above costs."""
    yield "## What the hyper level costs"
    rows = []
    for device in devices(results):
        for stack in STACKS:
            found = by_role(results, stack, device)
            rows.append(
                (
                    name_of(stack),
                    DEVICES[device],
                    ratio_of(ratios(found["ours"], found["without"])),
                    ratio_of(ratios(found["gdtuo"], found["fused"])),
                    ratio_of(ratios(found["documented"], found["fused"])),
                )
            )
    yield table(
        (
            "",
            "on",
            "hyperopt with / without",
            "gdtuo / fused torch.optim",
            "gdtuo, create_graph=True / fused torch.optim",
        ),
        rows,
        left=("", "on"),
    )


def goal_section(results: Results) -> Iterator[str]:
    """What was to be attained, and whether it is."""
    yield "## What was to be attained, Adam/SGD on a CPU"
    yield table(
        ("", "at least", "goal", "measured", "so it is"),
        [
            (goal.what, goal.bound(goal.least), goal.bound(goal.aim), ratio_of(goal.values), goal.verdict())
            for goal in goals(by_role(results, "adam/sgd", "cpu"))
        ],
        left=("", "so it is"),
    )
    yield (
        "A mark is met or missed where the whole interval lies on one side of it. Where it lies on both, "
        "or there are too few rounds for one, this machine on this day cannot tell."
    )


def pack_section(results: Results) -> Iterator[str]:
    """How many runs should share a pack."""
    yield f"## Packs of several sizes, {name_of(SWEPT)}"
    for device in devices(results):
        rows = []
        for alone in results.of("packs", device=device, workers=1):
            [two] = results.of("packs", device=device, workers=2, runs=alone.runs)
            speeds = [1e3 / ms for ms in two.ms]
            rows.append(
                (
                    str(alone.runs),
                    time_of(alone),
                    time_of(two),
                    f"{median(speeds):.0f}",
                    ratio_of(ratios(alone, two)),
                )
            )
        yield table(
            (
                f"runs in a pack, {DEVICES[device]}",
                "ms per run and step, one worker",
                "two workers at once",
                "run-steps a second, two workers",
                "two workers / one",
            ),
            rows,
        )
    yield (
        "Two workers at once train twice as many runs: their column is wall clock over the steps of both, so "
        "half of the one before it is the best there can be. The last column is how many times the "
        "throughput of one worker two have."
    )


def memory_section(results: Results) -> Iterator[str]:
    """Memory after some steps and ten times as many."""
    yield "## Memory"
    rows = []
    for series in (s for s in results.of("step") if s.role in ("ours", "alone", *GDTUO_LOOPS)):
        late = min(LATE, len(series.memory) - 1)
        early_bytes, late_bytes = series.memory[EARLY], series.memory[late]
        rows.append(
            (
                name_of(series.stack),
                series.subject,
                DEVICES[series.device],
                f"{early_bytes / MIB:.0f} after {series.steps * (EARLY + 1)}",
                f"{late_bytes / MIB:.0f} after {series.steps * (late + 1)}",
                f"{late_bytes / early_bytes:.3f}",
            )
        )
    yield table(
        ("", "subject", "on", "MiB after steps", "MiB after more steps", "ratio"),
        rows,
        left=("", "subject", "on"),
    )
    yield (
        "Resident memory of the whole process, Python, torch and the data set included; steps are counted "
        "after a short warm-up."
    )


def compile_section(results: Results) -> Iterator[str]:
    """How long until a process trains."""
    if not results.compiling:
        return
    yield "## Until a process trains"
    yield table(
        ("", "on", "compiled before", "s to start, import and read data", "s of the first step"),
        [
            (
                f"{name_of(c.stack)}, pack of {c.runs}",
                DEVICES[c.device],
                {"cold": "no", "warm": "yes"}[c.cache],
                f"{c.start:.1f}",
                f"{c.first_step:.1f}",
            )
            for c in results.compiling
        ],
        left=("", "on", "compiled before"),
    )
    yield "Each measured once. The first step compiles, or reads what was compiled before."


def table_section(results: Results) -> Iterator[str]:
    """A whole table, where it was asked for."""
    if (whole := results.table) is None:
        return
    yield f"## A whole table: {whole.experiment}"
    rows = [(f"`{whole.command}`", "measured", duration(whole.seconds), "")]
    for role, seconds in whole.loops.items():
        split = seconds / whole.cores
        rows.append((GDTUO_LOOPS[role], "extrapolated", duration(split), f"{split / whole.seconds:.1f}"))
    yield table(("", "how", "wall clock", "times ours"), rows, left=("", "how"))
    yield (
        f"{counted(whole.runs, 'run')}, {whole.run_steps:,} steps in all, on {counted(whole.cores, 'core')}. "
        "Ours is wall clock from an empty store with nothing compiled before, evaluation and pages included. "
        "The loops are extrapolated: a few steps of one run of each stack were timed, without clip (gdtuo "
        "has none), and multiplied by the steps of all runs. Their time is divided by the cores, as if one "
        "process on each slowed none of the others, and leaves out evaluation, start and reading data."
    )


def assumed_section(results: Results) -> Iterator[str]:
    """What the plan's estimates assume beside what was measured."""
    yield "## What `hyperopt tables --plan` assumes"
    rows = []
    for what, device, value in results.assumed:
        if what == "compile":
            found = [c.first_step for c in results.compiling if c.device == device and c.cache == "cold"]
            measured = (
                " to ".join(f"{seconds:.1f}" for seconds in sorted({min(found), max(found)}))
                if found
                else "–"
            )
            rows.append(("seconds to compile a pack", DEVICES[device], f"{value:g}", measured))
        else:
            medians = sorted(median(series.ms) for series in results.of(what, device=device, role="ours"))
            measured = " to ".join(f"{ms:.2f}" for ms in medians)
            kind = {"step": "ms per run and step", "cnn": "ms per run and step, convolutional net"}[what]
            rows.append((kind, DEVICES[device], f"{1e3 * value:g}", measured))
    yield table(("", "on", "assumed", "measured"), rows, left=("", "on"))
    yield "It assumes them only until records of the same kind are there."


def by_role(results: Results, stack: str, device: str) -> dict[str, Series]:
    """The subjects measured for a stack on a device."""
    return {series.role: series for series in results.of("step", stack=stack, device=device)}


def devices(results: Results) -> list[str]:
    """Those measured, in order."""
    return list(dict.fromkeys(series.device for series in results.of("step")))


def name_of(stack: str) -> str:
    """A stack as the reports write it: Adam/SGD."""
    return "/".join({"sgd": "SGD", "adam": "Adam"}[rule] for rule in stack.split("/"))


def time_of(series: Series) -> str:
    """Median and quartiles of milliseconds."""
    found = spread(series.ms)
    return f"{found.median:.3f} ({found.low:.3f} to {found.high:.3f})"
