"""The site's first page: the reports with their sentences, all pages in miniature, the best stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hyperopt.experiments.report import REPORTS
from hyperopt.findings.best import Best, best
from hyperopt.findings.judging import OUTCOMES, Outcome
from hyperopt.findings.study import QUESTION, STUDY
from hyperopt.findings.tally import Tally, tally_of
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.pages import alphas, answer
from hyperopt.pages.markdown import interval, number
from hyperopt.site.drawings import miniature
from hyperopt.site.evidence import label

SIGNS: Mapping[Outcome, str] = {
    "holds": "✓",
    "does not hold": "✗",
    "at the bound": "≈",
    "undecided": "?",
    "cannot be told": "–",
}


@dataclass(frozen=True)
class About:
    """The search terms of a sentence or page: data sets, stacks, and all words."""

    datasets: tuple[str, ...]
    stacks: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Said:
    """A sentence of a page; `number` is its position there, from 1."""

    page: str
    number: int
    verdict: Verdict
    about: About


@dataclass(frozen=True)
class Card:
    """A page in miniature, with its title, its summary and the share of its finished runs."""

    page: str
    title: str
    summary: str
    share: str
    picture: Markup
    about: About


@dataclass(frozen=True)
class ReportPart:
    """A report with its authors, pages and sentences, in the order of OUTCOMES."""

    slug: str
    authors: str
    title: str
    numbers: str
    share: str
    cards: list[Card]
    sentences: list[Said]


@dataclass(frozen=True)
class BestRow:
    """A stack with a low test error, as text."""

    dataset: str
    page: str
    row: str
    setting: str
    error: str
    interval: str
    seeds: int


@dataclass(frozen=True)
class Front:
    """The contents of the first page."""

    reports: list[ReportPart]
    tally: Tally
    runs: int
    best: list[BestRow]
    datasets: list[str]
    stacks: list[str]


def front(views: Mapping[str, View]) -> Front:
    """Return the contents of the first page; `views` are by experiment id."""
    known = [slug for slug in REPORTS if any(_slug(name) == slug for name in views)]
    slugs = [*known, *sorted({_slug(name) for name in views} - {*known})]
    reports = [_report(slug, {n: v for n, v in views.items() if _slug(n) == slug}) for slug in slugs]
    abouts = [card.about for report in reports for card in report.cards]
    return Front(
        reports=reports,
        tally=tally_of((view.verdicts, view.measurements) for view in _measured(views)),
        runs=len({id_ for view in views.values() for id_ in view.runs}),
        best=[_best(dataset, one) for dataset, ones in best(views).items() for one in ones],
        datasets=sorted({name for about in abouts for name in about.datasets}),
        stacks=sorted({stack for about in abouts for stack in about.stacks}),
    )


def _slug(name: str) -> str:
    return name.split("/")[0]


def _report(slug: str, views: Mapping[str, View]) -> ReportPart:
    report = REPORTS.get(slug)
    origins = [view.origin for view in views.values() if not view.experiment.lists]
    found, wanted = sum(one.found for one in origins), sum(one.wanted for one in origins)
    return ReportPart(
        slug=slug,
        authors=report.authors if report else "",
        title=report.title if report else QUESTION if slug == STUDY else slug,
        numbers=answer.numbers(answer.by_mean(_measured(views))),
        share=f"{found:,} of {wanted:,} runs",
        cards=[_card(name, view) for name, view in views.items()],
        sentences=sorted(
            (one for name, view in views.items() for one in _said(name, view)),
            key=lambda one: OUTCOMES.index(one.verdict.outcome),
        ),
    )


def _measured(views: Mapping[str, View]) -> list[View]:
    """Return the pages that have runs; a sentence without any is not counted, as it is not listed either."""
    return [view for view in views.values() if view.measured]


def _card(name: str, view: View) -> Card:
    origin, experiment = view.origin, view.experiment
    words = [name, experiment.title, experiment.source, *(m.cell.row for m in view.measurements.values())]
    words += sorted({key.split(".")[1] for run in view.runs.values() for key in run.hyperparameters})
    listing = experiment.lists is not None
    return Card(
        page=name,
        title=experiment.title,
        summary=alphas.summary(view) if listing else answer.summary(view),
        share="" if listing or not origin.missing else f"{origin.found} of {origin.wanted} runs",
        picture=miniature(view),
        about=_about(view, view.measurements, words),
    )


def _said(name: str, view: View) -> Iterator[Said]:
    """Yield the sentences of a page that do not repeat another page's."""
    if not view.measured:
        return
    for i, verdict in enumerate(view.verdicts, 1):
        if verdict.claim.same_as:
            continue
        tests = [row.tested for row in verdict.rows]
        places = {(side.cell.row, side.cell.column) for one in tests for pair in one.sides for side in pair}
        rows = [row for one in tests for row in one.rows]
        words = [verdict.claim.says, verdict.outcome, name, view.experiment.title, *rows]
        yield Said(name, i, verdict, _about(view, places or view.measurements, words))


def _about(view: View, places: Iterable[tuple[str, str]], words: Sequence[str]) -> About:
    runs = [view.measurements[place].cell.run(view.seeds[0]) for place in places]
    datasets = tuple(sorted({str(run.dataset["name"]) for run in runs}))
    stacks = tuple(sorted({"/".join(run.stack) for run in runs}))
    text = " ".join(dict.fromkeys([*words, *datasets, *stacks]))
    return About(datasets, stacks, text.lower())


def _best(dataset: str, one: Best) -> BestRow:
    summary = one.measured.summary
    assert summary
    found = summary.interval
    ends = interval(found) if one.measured.cell.metric == "test_error" else NO_INTERVAL
    if found and one.measured.cell.metric == "test_accuracy":
        ends = f"{number(100 - found.high)} to {number(100 - found.low)}"
    config = {key: value for key, value in one.run.canonical().items() if key != "seed"}
    model = f"{one.run.model['name']}, {one.run.epochs} epochs"
    return BestRow(
        dataset,
        one.page,
        one.measured.cell.row,
        f"{label(config)}; {model}",
        f"{number(one.error)} %",
        ends,
        summary.n,
    )


NO_INTERVAL = interval(None)
