"""The list of all published pages: what each report claims, which of its sentences hold, what is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hyperopt.experiments.report import REPORTS
from hyperopt.findings.judging import OUTCOMES
from hyperopt.findings.study import STUDY
from hyperopt.findings.tally import tally_of
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.findings.what_ran import what_ran
from hyperopt.pages.answer import HEADS, expected_share
from hyperopt.pages.markdown import table
from hyperopt.pages.rests import counted_by, outcomes, rests
from hyperopt.pages.undecided import next_of
from hyperopt.wording import counted, duration

if TYPE_CHECKING:
    from hyperopt.pages.page import Page

WORDS = (
    "What five reports on optimizers that tune themselves claim, and what our runs say: a verdict on each "
    "sentence, and a page for each table and figure with our numbers beside its own. "
    "[Words](../docs/words.md) are explained. Verdicts are reached so that at most 5 % of pages have a wrong "
    "one; [statistics](../docs/statistics.md) says how, and for which effects it may be more. "
    "The list is also [sentences.csv](sentences.csv); `hyperopt render` writes all from `records/`."
)
EACH = "What a report says of each of several tables is a sentence of each, since each has runs of its own."
LIKELY = 0.5
"""Above such a probability a look is expected to decide a sentence."""
ONCE = "A number that several pages compare with the same run counts once."


def contents(pages: Mapping[str, Page], views: Mapping[str, View]) -> str:
    """The list as Markdown; `pages` and `views` by experiment id, `<report>/<table or figure>`."""
    reports = sorted({name.split("/")[0] for name in pages}, key=lambda slug: [*REPORTS, slug].index(slug))
    measured = {name: view for name, view in views.items() if view.measured}
    by_report = {slug: {n: v for n, v in measured.items() if n.split("/")[0] == slug} for slug in reports}
    parts = ["# Results", WORDS, _overview(by_report), _all(measured)]
    for slug, own in by_report.items():
        parts += [f"## {slug}", _head(slug, own), _sentences(own), _pages(slug, pages, own)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _overview(by_report: Mapping[str, Mapping[str, View]]) -> str:
    """A line per report: what it claims, and how many of its sentences hold, and numbers agree."""
    rows = []
    for slug, views in by_report.items():
        if report := REPORTS.get(slug):
            tally = tally_of((view.verdicts, view.measurements) for view in views.values())
            counts = [str(tally.sentences[outcome] or "") for outcome in OUTCOMES]
            rows.append([f"[{slug}](#{slug})", report.claims, *counts, *_agreement(views.values())])
    header = ["report", "in short, it claims", *(HEADS[outcome].lower() for outcome in OUTCOMES)]
    header += ["numbers that agree", "so many tellingly"]
    if not rows:
        return ""
    return f"{table(header, rows, left=header[:2])}\n\n{ONCE} {_by_range(by_report)}".strip()


def _agreement(views: Iterable[View]) -> list[str]:
    """How many numbers agree, and how many tellingly; those that are compared by range stand apart."""
    by_mean = [view for view in views if expected_share(view) is None]
    tally = tally_of((view.verdicts, view.measurements) for view in by_mean)
    return [f"{tally.agree} of {tally.compared}", str(tally.saying)] if tally.compared else ["", ""]


def _by_range(by_report: Mapping[str, Mapping[str, View]]) -> str:
    """How many numbers of heat maps lie in the range of ours, which for chance alone so many would."""
    told = []
    for views in by_report.values():
        for name, view in views.items():
            if (share := expected_share(view)) is not None and view.tally.compared:
                found = f"{view.tally.agree} of its {view.tally.compared} numbers"
                told.append(
                    f"[{name}]({name}.md) maps single runs: {found} lie between the least and the most of "
                    f"ours. Of more runs like ours {share} % would lie there."
                )
    return " ".join(told)


def _all(views: Mapping[str, View]) -> str:
    """How many sentences of all reports hold, and how many of the undecided ones are likely to be decided."""
    tally = tally_of((view.verdicts, view.measurements) for view in views.values())
    total = sum(tally.sentences.values())
    if not total:
        return ""
    text = f"**Of {counted(total, 'sentence')} of the reports {outcomes(tally.sentences)}.** {EACH}"
    left = [(view, i) for _, i, verdict, view in _counting(views) if verdict.outcome == "undecided"]
    looks = [view.ahead[i] for view, i in left if i in view.ahead]
    if looks:
        likely = [look for look in looks if look.chance.decided > LIKELY]
        together = {run: seconds for look in likely for run, seconds in look.missing.items()}
        runs, seconds = counted(len(together), "more run"), sum(together.values())
        cost = f" ({runs} in all, {duration(seconds)})" if likely else ""
        text += (
            f" More seeds would probably decide {len(likely)} of the undecided ones{cost}: what each takes, "
            "and the probability of each verdict given our runs, stands in its line."
        )
    return text


def _head(slug: str, views: Mapping[str, View]) -> str:
    """A report's title and authors, how many of its sentences hold, and of our own checks."""
    tally = tally_of((view.verdicts, view.measurements) for view in views.values())
    parts = []
    if report := REPORTS.get(slug):
        page = f"[What it ran, and what its code does](../docs/reports/{slug}.md)"
        parts.append(f"{report.authors}: *{report.title}*. {page}.")
    if slug == STUDY:
        parts.append(f"[Which stack should I use?]({STUDY}/README.md) has the answers over all workloads.")
    if total := sum(tally.sentences.values()):
        parts.append(f"**Of {counted(total, 'sentence')} {outcomes(tally.sentences)}.**")
    parts.append(counted_by(tally.ours, "check of ours", "checks of ours"))
    return " ".join(filter(None, parts))


def _sentences(views: Mapping[str, View]) -> str:
    """The report's sentences, by verdict: what a verdict rests on, what is next, or why none can be told."""
    rows = [
        [
            HEADS[verdict.outcome] if verdict.outcome != "does not hold" else f"**{HEADS[verdict.outcome]}**",
            f"“{verdict.claim.says.rstrip('.')}”",
            f"[{name.split('/')[1]}]({name}.md)",
            _remark(verdict, view, i),
        ]
        for name, i, verdict, view in sorted(_counting(views), key=lambda one: OUTCOMES.index(one[2].outcome))
    ]
    header = ["verdict", "sentence", "page", "why, or what is next"]
    return table(header, rows, left=header) if rows else ""


def _remark(verdict: Verdict, view: View, i: int) -> str:
    if verdict.outcome == "cannot be told":
        return verdict.claim.why
    against = "The report's own numbers contradict it." if verdict.claim.contradicted else ""
    if verdict.outcome == "undecided":
        return f"{next_of(verdict, view, i)}. {against}".strip()
    return f"{rests(verdict, view.experiment)} {against}".strip()


def _counting(views: Mapping[str, View]) -> Iterator[tuple[str, int, Verdict, View]]:
    """The sentences that count, with their page and their number on it from 0."""
    for name, view in views.items():
        for i, verdict in enumerate(view.verdicts):
            if verdict.claim.counts:
                yield name, i, verdict, view


def _pages(slug: str, pages: Mapping[str, Page], views: Mapping[str, View]) -> str:
    """One report's pages, a line each, with the data, the net and the seeds of their runs."""
    rows = [
        [f"[{name}]({name}.md)", _ran(views[name]) if name in views else "", page.verdicts]
        for name, page in pages.items()
        if name.split("/")[0] == slug
    ]
    header = ["page", "what was run", "what it says"]
    return table(header, rows, left=header)


def _ran(view: View) -> str:
    if view.experiment.lists:
        return ""
    return "; ".join([*what_ran(view.experiment)[:2], view.count if view.experiment.random else "no seeds"])
