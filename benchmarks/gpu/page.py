"""The page results/gpu.md, made from the rows of results/gpu.csv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.gpu.parity import OF
from benchmarks.gpu.rows import BEGUN, SECONDS, WHOLE, Row
from hyperopt.pages.markdown import NOTHING, table

TITLES = {
    "tests": "The tests that need a GPU",
    "steps": "A step of the MNIST net, Adam/SGD, batch 256: run-steps a second",
    "optimizer": "`HyperOptimizer` compared with torch.optim.Adam",
    "launches": "Kernels that `HyperOptimizer` launches",
    "table": "A whole table",
    "parity": "Comparison with the published records, trained on CPUs",
    "nets": "VGG-16",
}
WORDS = {
    "steps": (
        "Ours are trained by the engine, without evaluation; every run of a pack counts. The others train "
        "one run with their data on the GPU, as their users would write it. Medians over rounds in which "
        "all take turns."
    ),
    "optimizer": (
        "Wall clock of a step in a long series, as medians over rounds in which all take turns; random data."
    ),
    "launches": "Compared with those of torch.optim.Adam, as counted by torch's profiler.",
    "table": ("From an empty store with nothing compiled, including start-up and compiling."),
    "parity": (
        "The same runs, seeds and minibatches, in packs on this GPU. Differences between a run and its "
        "record from a CPU are relative for losses and in points for errors: the median and largest over "
        "runs, and the median as a share of the standard deviation over seeds. *Compiled* and *products in "
        "TF32* are also compared with the same runs on this GPU as usually trained, which shows the effect "
        "of rounding alone, or of a mantissa of 10 bits."
    ),
}


def page(rows: Sequence[Row]) -> str:
    """Return the page in Markdown, with the pieces of every device."""
    devices = list(dict.fromkeys(row.device for row in rows))
    parts = [
        "# On a GPU",
        "Made by `make gpu` ([how](../docs/gpu.md)); every number is a row of [gpu.csv](gpu.csv).",
    ]
    for device in devices:
        of = [row for row in rows if row.device == device]
        parts.append(f"## {device}")
        if device == "cpu":
            parts.append("**A rehearsal on a CPU in place of a GPU: its numbers are meaningless.**")
        machine = [(row.subject, row.value) for row in of if row.piece == "machine"]
        parts.append(table(("", "machine"), machine, left=("", "machine")))
        for piece, title in TITLES.items():
            if own := [row for row in of if row.piece == piece]:
                parts += section(piece, title, own)
        done = {row.piece for row in of}
        if left := [piece for piece in TITLES if piece not in done]:
            parts.append(f"Not measured here: {', '.join(left)}.")
    return "\n\n".join(parts) + "\n"


def section(piece: str, title: str, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the section of a piece: a description, its duration, and a table of subjects and quantities."""
    whole = {row.quantity: row.value for row in rows if row.subject == WHOLE}
    took = f"{float(whole[SECONDS]):.0f} s" if SECONDS in whole else "cut short"
    yield f"### {title}"
    yield " ".join(filter(None, [WORDS.get(piece, ""), f"Begun {whole.get(BEGUN, 'unknown')}; {took}."]))
    own = [row for row in rows if row.subject != WHOLE]
    yield from by_quantity([row for row in own if OF not in row.quantity])
    if compared := [row for row in own if OF in row.quantity]:
        yield by_metric(compared)


def by_quantity(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table for all subjects with the same quantities; the longer dimension is vertical."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for subject in dict.fromkeys(row.subject for row in rows):
        quantities = tuple(row.quantity for row in rows if row.subject == subject)
        groups.setdefault(quantities, []).append(subject)
    values = {(row.subject, row.quantity): shown(row.value) for row in rows}
    for quantities, subjects in groups.items():
        if len(quantities) > len(subjects):
            lines = [
                (quantity, *(values[subject, quantity] for subject in subjects)) for quantity in quantities
            ]
            yield table(("", *subjects), lines, left=("",))
        else:
            lines = [
                (subject, *(values[subject, quantity] for quantity in quantities)) for subject in subjects
            ]
            yield table(("", *quantities), lines, left=("",))


def by_metric(rows: Sequence[Row]) -> str:
    """Return a table with a row for each metric of each subject, and a column for each measure."""
    values = {(row.subject, *row.quantity.split(OF)): shown(row.value) for row in rows}
    lines = dict.fromkeys((subject, metric) for subject, metric, _ in values)
    measures = dict.fromkeys(measure for *_, measure in values)
    cells = [(*line, *(values.get((*line, measure), NOTHING) for measure in measures)) for line in lines]
    return table(("runs", "metric", *measures), cells, left=("runs", "metric"))


def shown(value: str) -> str:
    """Return a number with three significant digits, or other text unchanged."""
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
