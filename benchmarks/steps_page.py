"""The page results/bench.md, made from `Results`."""

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
"""The rounds after which memory is compared; the second has ten times the steps, or is the last one."""


def page(results: Results) -> str:
    """Return the page in Markdown."""
    sections: list[Callable[[Results], Iterator[str]]] = [
        head, goal_section, step_section, hyper_section, roof_section, counter_section, cnn_section,
        pack_section, memory_section, compile_section, table_section, assumed_section,
    ]  # fmt: skip
    return "\n\n".join(block for section in sections for block in section(results)) + "\n"


def head(results: Results) -> Iterator[str]:
    """Yield what was measured, how, and on which machine."""
    first = results.of("step")[0]
    timed = results.of("step", device="cpu") + results.of("cnn", device="cpu")
    core = median(value for series in timed for value in series.core)
    yield "# Speed"
    yield "Made by `make bench`; no number on this page is typed by hand."
    if results.smoke:
        yield "**A smoke test: one process, nothing compiled, a few steps. Its times are meaningless.**"
    yield table(("", "machine"), results.machine, left=("", "machine"))
    yield (
        "MNIST, 784-128-10 MLP with tanh, batch 256"
        + (", real images. " if results.data == "real" else ", generated data of the same shape. ")
        + "Every subject runs in its own process with one torch thread. The subjects take turns, and only "
        "one works at a time; every second round is in reverse order. Rounds are added until the ratios are "
        f"precise or the time is up: the first table has {counted(len(first.ms), 'round')}. Times are "
        "medians of wall clock over rounds (first to third quartile), excluding the time for importing, "
        "reading data, compiling and evaluation. Ratios are taken in each round, on a CPU of processor time; "
        "given are their median and its 95 % interval, by ranks."
    )
    stolen = "unknown" if results.stolen is None else f"{100 * results.stolen:.1f} %"
    yield (
        f"How idle the machine was: a subject had {core:.2f} of a core while it was timed (median; minimum "
        f"{min(value for series in timed for value in series.core):.2f}), the load at the end was "
        f"{results.load:.1f}, and other virtual machines took {stolen} of the processors' time."
    )
    yield (
        "`hyperopt` runs as in its engine: compiled, with denormals flushed and an allocator that keeps "
        "large blocks. Peers run as their users run them. gdtuo's results are the same without "
        "`create_graph=True`, which its README uses."
    )


def step_section(results: Results) -> Iterator[str]:
    """Yield a table per stack with the time of every subject and its ratios."""
    for stack in STACKS:
        yield f"## {name_of(stack)}: milliseconds per run and step"
        for device in devices(results):
            found = results.of("step", stack=stack, device=device)
            ours, floor = found[0], found[-1]
            yield side_by_side(found, ours, floor, "the floor")
    yield (
        "The floor is the five matrix products of a step for one run, into preallocated tensors, without "
        "activations, loss, update or data."
    )


def side_by_side(found: Sequence[Series], ours: Series, other: Series, name: str) -> str:
    """Return a table of the times of subjects and their ratios to ours and to another one, called `name`."""
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
    """Yield the comparison with gdtuo for a convolutional net."""
    yield f"## {name_of(CNN_STACK)}, convolutional net: milliseconds per run and step"
    ours, alone, *_ = found = results.of("cnn")
    yield side_by_side(found, ours, alone, alone.subject)
    yield (
        "The clipping report's net for CIFAR-10: two 3 x 3 convolutions of 16 channels with ReLU, 128 tanh "
        "units, 10 classes; batch 256. The data are generated, in CIFAR-10's shape. The pack has the size "
        "that plans use for this net."
    )


def hyper_section(results: Results) -> Iterator[str]:
    """Yield the cost of the hyper level."""
    yield "## The cost of the hyper level"
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
    """Yield the goals, and whether they are reached."""
    yield "## Goals, Adam/SGD on a CPU"
    yield table(
        ("", "required", "goal", "measured", "verdict"),
        [
            (goal.what, goal.bound(goal.least), goal.bound(goal.aim), ratio_of(goal.values), goal.verdict())
            for goal in goals(by_role(results, "adam/sgd", "cpu"))
        ],
        left=("", "verdict"),
    )
    yield (
        "A mark is met or missed if the whole interval is on one side of it. If the interval contains the "
        "mark, or there are too few rounds for an interval, this measurement cannot tell."
    )


def pack_section(results: Results) -> Iterator[str]:
    """Yield the times of packs of several sizes."""
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
        "Two workers at once train twice as many runs. Their column is wall clock divided by the steps of "
        "both, so at best it is half of the previous column. The last column is the throughput of two "
        "workers relative to one."
    )


def memory_section(results: Results) -> Iterator[str]:
    """Yield the memory after some steps and after ten times as many."""
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
        "Resident memory of the whole process, including Python, torch and the data set; steps are counted "
        "after a short warm-up."
    )


def compile_section(results: Results) -> Iterator[str]:
    """Yield the time until a process trains."""
    if not results.compiling:
        return
    yield "## Time until a process trains"
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
    """Yield the time of a whole table, if it was measured."""
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
        "Ours is wall clock from an empty store with nothing compiled, including evaluation and pages. "
        "The loops are extrapolated: a few steps of one run of each stack were timed, without clipping "
        "(gdtuo has none), and multiplied by the steps of all runs. Their time is divided by the number of "
        "cores, as if processes did not slow each other, and excludes evaluation, start-up and reading data."
    )


def assumed_section(results: Results) -> Iterator[str]:
    """Yield the assumptions of plans' estimates, compared with measurements."""
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
    yield "They are only used until there are records of the same kind."


def by_role(results: Results, stack: str, device: str) -> dict[str, Series]:
    """Return the series measured for a stack on a device, by role."""
    return {series.role: series for series in results.of("step", stack=stack, device=device)}


def devices(results: Results) -> list[str]:
    """Return the measured devices, in order."""
    return list(dict.fromkeys(series.device for series in results.of("step")))


def name_of(stack: str) -> str:
    """Return a stack as the reports write it: Adam/SGD."""
    return "/".join({"sgd": "SGD", "adam": "Adam"}[rule] for rule in stack.split("/"))


def time_of(series: Series) -> str:
    """Return the median and quartiles of a series' milliseconds as text."""
    found = spread(series.ms)
    return f"{found.median:.3f} ({found.low:.3f} to {found.high:.3f})"
