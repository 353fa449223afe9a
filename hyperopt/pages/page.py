"""The page of an experiment; the same findings give the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hyperopt.experiments.experiment import Experiment
from hyperopt.findings.view import View
from hyperopt.pages import (
    alphas,
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
from hyperopt.wording import counted

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
        views: as `views_of` makes them. The first is shown in the report's layout; every view has its numbers
            and verdicts.
    """
    first, last = views[0], views[-1]
    experiment = first.experiment
    if experiment.lists:
        return _listing(first, experiment.lists)
    summary = "; ".join(
        f"{view.count}: {_summary(view)}" if len(views) > 1 else _summary(view) for view in views
    )
    share = origin.share(last.origin)
    if share and any(view.measured for view in views):
        summary = f"{share}; {summary}"
    heatmap = experiment.heatmap
    sections = [
        _head(experiment, summary),
        f"**Not run in full: it needs a {experiment.needs.upper()}.** {NEEDED}"
        if share and experiment.needs
        else "",
        _shown(first),
        gallery.section(first),
        heatmaps.comparison(views, heatmap) if heatmap else comparison.section(views),
        order.section(last),
        times.section(first),
        claims.section(views),
        origin.section(last),
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
    body = [_head(view.experiment, summary), alphas.section(view, listed), _notes(view.experiment)]
    return Page("\n\n".join(filter(None, body)) + "\n", alphas.csv(view), summary)


def _notes(experiment: Experiment) -> str:
    return "\n".join(f"- {note}" for note in experiment.notes)


def _head(experiment: Experiment, summary: str) -> str:
    lines = [
        f"# {experiment.title}",
        f"{experiment.source}.",
        f"> {experiment.caption}" if experiment.caption else "",
    ]
    if experiment.changes:
        changes = " ".join(f"{key}={value}" for key, value in sorted(experiment.changes.items()))
        lines.append(f"**Not the report's settings:** `{changes}`.")
    lines.append(f"**{summary}.**")
    return "\n\n".join(filter(None, lines))


def _summary(view: View) -> str:
    if not view.measured:
        return "no runs yet"
    agreement, what = view.agreement, "points" if view.experiment.figure else "cells"
    parts = []
    if agreement.compared:
        lost = f" ({agreement.lost} more had runs that diverged)" if agreement.lost else ""
        parts.append(f"{agreement.agree} of {agreement.compared} {what} agree{lost}")
    elif agreement.lost:
        parts.append(f"{agreement.lost} {what} with runs that diverged")
    if view.verdicts:
        outcomes = Counter(verdict.outcome for verdict in view.verdicts)
        parts.append(
            f"{counted(outcomes['reproduced'], 'claim')} reproduced, {outcomes['not reproduced']} not, "
            f"{outcomes['undecided']} undecided"
        )
    return "; ".join(parts) or f"no {what} compared"
