"""The page of an experiment; the same findings give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hyperopt.experiments.experiment import Experiment
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

NEEDED = (
    "The command at the end of this page trains it where there is one, and anywhere with `needs=any`; with "
    "`--plan` it says how long that takes."
)


@dataclass(frozen=True)
class Page:
    """A rendered experiment: `verdicts` is its one-line summary, without Markdown."""

    markdown: str
    csv: str
    verdicts: str


def render(views: Sequence[View]) -> Page:
    """The page of an experiment; missing runs are shown as missing.

    Args:
        views: as `views_of` makes them. The last, of all seeds, is shown; the numbers and rows of others are
            folded away.
    """
    view, others = views[-1], views[:-1]
    experiment = view.experiment
    if experiment.lists:
        return _listing(view, experiment.lists)
    summary = answer.summary(view)
    share = origin.share(view.origin)
    if share and view.measured:
        summary = f"{share}; {summary}"
    heatmap = experiment.heatmap
    sections = [
        _head(experiment),
        f"**{share}.**" if share and view.measured else "",
        f"**Not run in full: it needs a {experiment.needs.upper()}.** {NEEDED}"
        if share and experiment.needs
        else "",
        answer.section(view),
        _shown(view),
        gallery.section(views[0]),
        heatmaps.comparison(view, others, heatmap) if heatmap else comparison.section(view, others),
        order.section(view),
        times.section(view),
        claims.section(view),
        claims.other(others),
        origin.section(view),
    ]
    return Page("\n\n".join(filter(None, sections)) + "\n", csv_file.csv(views), summary)


def _shown(view: View) -> str:
    """What the report shows, with our numbers."""
    if view.experiment.heatmap:
        return heatmaps.section(view, view.experiment.heatmap)
    if view.experiment.figure:
        return curves.section(view, view.experiment.figure)
    return own_layout.section(view)


def _listing(view: View, listed: Experiment) -> Page:
    summary = alphas.summary(view)
    body = [_head(view.experiment), f"**{summary}.**", alphas.section(view, listed), _notes(view.experiment)]
    return Page("\n\n".join(filter(None, body)) + "\n", alphas.csv(view), summary)


def _notes(experiment: Experiment) -> str:
    return "\n".join(f"- {note}" for note in experiment.notes)


def _head(experiment: Experiment) -> str:
    lines = [
        f"# {experiment.title}",
        f"{experiment.source}.",
        f"> {experiment.caption}" if experiment.caption else "",
    ]
    if experiment.changes:
        changes = " ".join(f"{key}={value}" for key, value in sorted(experiment.changes.items()))
        lines.append(f"**Not the report's settings:** `{changes}`.")
    return "\n\n".join(filter(None, lines))
