"""The page of an experiment, a function of it and its records alone: the same records, the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from hyperopt.experiments.experiment import Experiment, Seeds
from hyperopt.findings.view import View, view_of
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
from hyperopt.records import Record
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


def render(experiment: Experiment, records: Mapping[str, Record], seeds: Seeds | None = None) -> Page:
    """The page of an experiment, missing runs shown as missing.

    Args:
        experiment: what is asked.
        records: by id; those of other experiments are ignored.
        seeds: how many or which. Where these go beyond the experiment's own, its own make the table in the
            report's layout, and numbers and verdicts are given for both.
    """
    if experiment.lists:
        return _listing(experiment, experiment.lists)
    asked = experiment.seed_numbers(seeds)
    groups = [experiment.seeds, asked] if set(experiment.seeds) < set(asked) else [asked]
    views = [view_of(experiment, records, group) for group in groups]
    summary = "; ".join(
        f"{view.count}: {_summary(view)}" if len(views) > 1 else _summary(view) for view in views
    )
    share = origin.share(experiment, records, asked)
    if share and any(cell.by_seed for view in views for cell in view.measured.values()):
        summary = f"{share}; {summary}"
    heatmap = experiment.heatmap
    sections = [
        _head(experiment, summary),
        f"**Not run in full: it needs a {experiment.needs.upper()}.** {NEEDED}"
        if share and experiment.needs
        else "",
        _shown(views[0]),
        gallery.section(views[0], records),
        heatmaps.comparison(views, heatmap) if heatmap else comparison.section(views),
        order.section(views[-1]),
        times.section(views[0], records),
        claims.section(views),
        origin.section(experiment, records, asked),
    ]
    return Page("\n\n".join(filter(None, sections)) + "\n", csv_file.csv(views), summary)


def _shown(view: View) -> str:
    """What the report shows, with our numbers."""
    if view.experiment.heatmap:
        return heatmaps.section(view, view.experiment.heatmap)
    if view.experiment.figure:
        return curves.section(view, view.experiment.figure)
    return own_layout.section(view)


def _listing(experiment: Experiment, listed: Experiment) -> Page:
    lines = alphas.lines(experiment, listed)
    summary = alphas.summary(lines)
    body = [_head(experiment, summary), alphas.section(experiment, listed, lines), _notes(experiment)]
    return Page("\n\n".join(filter(None, body)) + "\n", alphas.csv(lines), summary)


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
    cells = list(view.measured.values())
    if not any(cell.by_seed for cell in cells):
        return "no runs yet"
    agrees = Counter(cell.agrees for cell in cells)
    lost = sum(bool(cell.diverged) and cell.agrees is None for cell in cells)
    compared, what = agrees[True] + agrees[False], "points" if view.experiment.figure else "cells"
    parts = [f"{agrees[True]} of {compared} {what} agree"] if compared else []
    if lost:
        parts = (
            [f"{parts[0]} ({lost} more had runs that diverged)"]
            if parts
            else [f"{lost} {what} with runs that diverged"]
        )
    if view.verdicts:
        outcomes = Counter(verdict.outcome for verdict in view.verdicts)
        parts.append(
            f"{counted(outcomes['reproduced'], 'claim')} reproduced, {outcomes['not reproduced']} not, "
            f"{outcomes['undecided']} undecided"
        )
    return "; ".join(parts) or f"no {what} compared"
