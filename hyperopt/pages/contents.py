"""The list of all published pages, by report, with what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hyperopt.experiments.report import REPORTS
from hyperopt.findings.judging import Outcome
from hyperopt.findings.study import STUDY
from hyperopt.findings.tally import tally_of
from hyperopt.findings.view import View
from hyperopt.pages.answer import HEADS, numbers, outcomes
from hyperopt.pages.markdown import table
from hyperopt.wording import counted

if TYPE_CHECKING:
    from hyperopt.pages.page import Page

WORDS = (
    "One page per table or figure of a report: our numbers in its layout and beside its own, a verdict on "
    "each of its sentences, and the command that made it. Written by `hyperopt render` from `records/`; "
    "every sentence and its verdict is also a row of [sentences.csv](sentences.csv). "
    "[Statistics](../docs/statistics.md) says how verdicts are reached, so that of a page's any is wrong "
    "at most one time in twenty. A sentence is *undecided* where these seeds do not tell and more of them "
    "may; it *cannot be told* where no run of ours could; it *lies at its bound* where the effect is "
    "about as large as the sentence asks, so that seeds would never tell. Checks of ours are what no "
    "report says; a repeated sentence says what one of another page says, and is counted there. A number "
    "agrees with ours where it lies in the interval for its repeat; *tellingly* where that interval "
    "leaves out a rival number: the row's number in the other column, or one that is half the column's "
    "spread away. In a report's sum a number that several pages compare with the same run counts once."
)
QUOTED: tuple[Outcome, ...] = ("does not hold", "holds", "at the bound")


def contents(pages: Mapping[str, Page], views: Mapping[str, View]) -> str:
    """The list as Markdown; `pages` and `views` by experiment id, `<report>/<table or figure>`."""
    reports = sorted({name.split("/")[0] for name in pages}, key=lambda slug: [*REPORTS, slug].index(slug))
    answers = [_answer(slug, views) for slug in reports]
    lists = [_list(slug, pages) for slug in reports]
    return "\n\n".join(filter(None, ["# Results", WORDS, _all(views), *answers, "## Pages", *lists])) + "\n"


def _all(views: Mapping[str, View]) -> str:
    """How many sentences of all reports hold."""
    tally = tally_of((view.verdicts, view.measurements) for view in views.values() if view.measured)
    total = sum(tally.sentences.values())
    return f"**Of {counted(total, 'sentence')} of the reports {outcomes(tally.sentences)}.**" if total else ""


def _answer(slug: str, views: Mapping[str, View]) -> str:
    """One report's heading, its title and authors, and what follows from all its pages."""
    own = {name: view for name, view in views.items() if name.split("/")[0] == slug and view.measured}
    tally = tally_of((view.verdicts, view.measurements) for view in own.values())
    total = sum(tally.sentences.values())
    parts = []
    if report := REPORTS.get(slug):
        page = f"[What it ran, and what its code does](../docs/reports/{slug}.md)"
        parts.append(f"{report.authors}: *{report.title}*. {page}.")
    if slug == STUDY:
        parts.append(f"[Which stack should I use?]({STUDY}/README.md) has the answers over all workloads.")
    if total:
        parts.append(f"**Of {counted(total, 'sentence')} {outcomes(tally.sentences)}.**")
    if tally.compared:
        parts.append(f"{numbers(tally)}.")
    if total := sum(tally.ours.values()):
        parts.append(f"Of {counted(total, 'check')} of ours {outcomes(tally.ours)}.")
    lines = [f"- *{HEADS[outcome]}:* {said}" for outcome in QUOTED if (said := _said(own, outcome))]
    if undecided := _counts(own, "undecided"):
        lines.append(f"- *Undecided:* {undecided}")
    return "\n\n".join(filter(None, [f"## {slug}", " ".join(parts), "\n".join(lines)]))


def _said(views: Mapping[str, View], outcome: Outcome) -> str:
    """The report's sentences with that verdict, each with its page."""
    return " ".join(
        f"“{verdict.claim.says.rstrip('.')}” ([{name.split('/')[1]}]({name}.md))."
        for name, view in views.items()
        for verdict in view.verdicts
        if verdict.outcome == outcome and verdict.claim.counts
    )


def _counts(views: Mapping[str, View], outcome: Outcome) -> str:
    """How many of the report's sentences have that verdict, page by page."""
    counts = {
        name: sum(verdict.outcome == outcome and verdict.claim.counts for verdict in view.verdicts)
        for name, view in views.items()
    }
    return ", ".join(f"{n} in [{name.split('/')[1]}]({name}.md)" for name, n in counts.items() if n)


def _list(slug: str, pages: Mapping[str, Page]) -> str:
    """One report's pages, a line each."""
    rows = [
        [f"[{name}]({name}.md)", page.verdicts] for name, page in pages.items() if name.split("/")[0] == slug
    ]
    return table(["page", "verdicts"], rows, left=("page", "verdicts"))
