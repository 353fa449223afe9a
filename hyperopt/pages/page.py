"""The page of an experiment; equal records give equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.rates import warnings
from hyperopt.findings.view import View
from hyperopt.pages import (
    alphas,
    answer,
    claims,
    comparison,
    csv_file,
    curves,
    gallery,
    heatmaps,
    order,
    origin,
    own_layout,
    times,
)
from hyperopt.pages.blocks import Block, text

WORDS = "[What the words mean](../../docs/words.md)."
NEEDED = (
    "The command at the end of this page trains it on a machine with one, and on any machine with "
    "`needs=any`; `--plan` says how long that takes."
)


@dataclass(frozen=True)
class Page:
    """The files of an experiment, and `verdicts`, its summary in one line without Markdown."""

    markdown: str
    csv: str
    verdicts: str


def render(views: Sequence[View]) -> Page:
    """Return the page of an experiment; missing runs are shown as missing.

    Args:
        views: views from `views_of`. The last one, with all seeds, is shown; numbers and rows of the others
            are folded.
    """
    view = views[-1]
    found = {name: [*blocks] for name, blocks in sections(views).items()}
    found["head"].append(WORDS)
    body = text(block for blocks in found.values() for block in blocks) + "\n"
    if view.experiment.lists:
        return Page(body, alphas.csv(view), alphas.summary(view))
    summary = answer.summary(view)
    share = origin.share(view.origin)
    if share and view.measured:
        summary = f"{share}; {summary}"
    return Page(body, csv_file.csv(views), summary)


def sections(views: Sequence[View]) -> dict[str, Sequence[Block]]:
    """Return the blocks of a page by the name of their section, top to bottom; `views` as for `render`."""
    view, others = views[-1], views[:-1]
    experiment = view.experiment
    if experiment.lists:
        return _listing(view, experiment.lists)
    share, heatmap = origin.share(view.origin), experiment.heatmap
    return {
        "head": _head(experiment),
        "missing": [
            f"**{share}.**" if share and view.measured else "",
            f"**Not run in full: it needs a {experiment.needs.upper()}.** {NEEDED}"
            if share and experiment.needs
            else "",
        ],
        "answer": answer.section(view),
        "shown": _shown(view),
        "pictures": gallery.section(views[0]),
        "comparison": heatmaps.comparison(view, others, heatmap)
        if heatmap
        else comparison.section(view, others),
        "order": order.section(view),
        "times": times.section(view),
        "sentences": [*claims.section(view), *claims.other(others)],
        "origin": origin.section(view),
    }


def _shown(view: View) -> Sequence[Block]:
    """Return the report's table or figure with our numbers."""
    if view.experiment.heatmap:
        return heatmaps.section(view, view.experiment.heatmap)
    if view.experiment.figure:
        return curves.section(view, view.experiment.figure)
    return own_layout.section(view)


def _listing(view: View, listed: Experiment) -> dict[str, Sequence[Block]]:
    notes = "\n".join(f"- {note}" for note in view.experiment.notes)
    return {
        "head": _head(view.experiment),
        "answer": [f"**{alphas.summary(view)}.**"],
        "shown": [*alphas.section(view, listed), notes],
    }


def _head(experiment: Experiment) -> list[Block]:
    lines: list[Block] = [
        f"# {experiment.title}",
        f"{experiment.source}.",
        f"> {experiment.caption}" if experiment.caption else "",
    ]
    if experiment.changes:
        changes = " ".join(f"{key}={value}" for key, value in sorted(experiment.changes.items()))
        whose = "the report's settings" if experiment.of_report else "the settings in its file"
        lines.append(f"**Not {whose}:** `{changes}`.")
    return [*lines, *(f"**{sentence}**" for sentence in warnings(experiment))]
