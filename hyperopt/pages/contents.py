"""The list of all published pages: each report's claims, sentences and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hyperopt.experiments.report import REPORTS
from hyperopt.findings.answers import OVERALL, Answer, Overall, answers
from hyperopt.findings.judging import DECIDED, OUTCOMES
from hyperopt.findings.study import QUESTION, STUDY
from hyperopt.findings.tally import tally_of
from hyperopt.findings.verdicts import Verdict
from hyperopt.findings.view import View
from hyperopt.findings.what_ran import what_ran
from hyperopt.pages.answer import HEADS, by_mean, expected_share
from hyperopt.pages.markdown import table
from hyperopt.pages.rests import counted_by, outcomes, rests
from hyperopt.pages.undecided import next_of
from hyperopt.wording import counted, duration, listed, possessive, sentence

if TYPE_CHECKING:
    from hyperopt.pages.page import Page

WORDS = (
    "Five reports make claims about optimizers that tune themselves. Here is what our runs say: a verdict on "
    "each sentence, and a page for each table and figure with our numbers beside the report's. "
    f"[{STUDY}](#{STUDY}) is a study of our own. [A glossary](../docs/words.md) explains the words. Some 5 % "
    "of pages may have a wrong verdict; [statistics](../docs/statistics.md) says why, and where it may be "
    "more. The list is also available as [sentences.csv](sentences.csv), of which "
    "[statistics](../docs/statistics.md#forecasts) explains the columns; `hyperopt render` writes everything "
    "from `records/`."
)
EACH = "What a report says about each of several tables counts once per table, since each has its own runs."
COLUMNS = (
    "*At the bound*: the effect is about as large as the sentence's limit. A number agrees *tellingly* if a "
    "rival number, such as that of the other column, would not agree. A number that several pages compare "
    "with the same run counts once"
)
SUMMED_UP = (
    "**What the reports say, in short, by our verdict.** A sentence about all rows, all cases or *always* "
    "fails if one row does. What is said of several tables is one point, with the verdict of those that are "
    "decided."
)
LIKELY = 0.5
"""A look with a larger probability of deciding a sentence is expected to decide it."""


def contents(pages: Mapping[str, Page], views: Mapping[str, View]) -> str:
    """Return the list in Markdown; `pages` and `views` are by experiment id, `<report>/<table or figure>`."""
    reports = sorted({name.split("/")[0] for name in pages}, key=lambda slug: [*REPORTS, slug].index(slug))
    measured = {name: view for name, view in views.items() if view.measured}
    by_report = {slug: {n: v for n, v in measured.items() if n.split("/")[0] == slug} for slug in reports}
    parts = ["# Results", WORDS, _overview(by_report), _all(measured), _summed_up(by_report)]
    for slug, own in by_report.items():
        parts += [f"## {slug}", _head(slug, own), _sentences(own), _pages(slug, pages, own)]
    return "\n\n".join(filter(None, parts)) + "\n"


def _overview(by_report: Mapping[str, Mapping[str, View]]) -> str:
    """Return a table with a row per report: its claims, and the counts of sentences and numbers."""
    rows = []
    for slug, views in by_report.items():
        if report := REPORTS.get(slug):
            tally = tally_of((view.verdicts, view.measurements) for view in views.values())
            counts = [str(tally.sentences[outcome] or "") for outcome in OUTCOMES]
            rows.append([f"[{slug}](#{slug})", report.claims, *counts, *_agreement(views.values())])
    header = ["report", "in short, it claims", *(HEADS[outcome].lower() for outcome in OUTCOMES)]
    header += ["numbers that agree", "of these tellingly"]
    if not rows:
        return ""
    return f"{table(header, rows, left=header[:2])}\n\n{COLUMNS}{_by_range(by_report)}."


def _agreement(views: Iterable[View]) -> list[str]:
    """Return how many numbers agree, and how many tellingly, without those that are compared by range."""
    tally = by_mean(views)
    return [f"{tally.agree} of {tally.compared}", str(tally.telling)] if tally.compared else ["", ""]


def _by_range(by_report: Mapping[str, Mapping[str, View]]) -> str:
    """Return which pages' numbers are left out, because they are compared with a range."""
    left_out = [
        f"[{name}]({name}.md)"
        for views in by_report.values()
        for name, view in views.items()
        if expected_share(view) is not None and view.tally.compared
    ]
    return f"; those of {listed(left_out)} are single runs, compared on their page only" if left_out else ""


def _summed_up(by_report: Mapping[str, Mapping[str, View]]) -> str:
    """Return a list with the points of each report by verdict."""
    lines = []
    for slug, views in by_report.items():
        found = answers(verdict for view in views.values() for verdict in view.verdicts)
        parts = [
            f"*{_head_of(outcome)}:* {'; '.join(map(_point, points))}."
            for outcome in OVERALL
            if (points := [answer for answer in found if answer.outcome == outcome])
        ]
        if parts:
            lines.append(f"- [{slug}](#{slug}). {' '.join(parts)}")
    return "\n".join([SUMMED_UP, "", *lines]) if lines else ""


def _head_of(outcome: Overall) -> str:
    return "Differs between tables" if outcome == "differs" else HEADS[outcome]


def _point(answer: Answer) -> str:
    """Return a point, and how many of its sentences have its verdict if not all have."""
    counts, total = answer.sentences, sum(answer.sentences.values())
    if answer.outcome == "differs":
        decided = [f"{HEADS[outcome].lower()} in {counts[outcome]}" for outcome in DECIDED if counts[outcome]]
        return f"{answer.point} ({', '.join(decided)} of {total} tables)"
    own = counts[answer.outcome]
    if total == 1:
        return answer.point
    left = total - own
    others = f", undecided in the other{'s' if left > 1 else ''}" if left else ""
    return f"{answer.point} ({own} of {total} tables{others})"


def _all(views: Mapping[str, View]) -> str:
    """Return how many sentences of all reports hold, and how many undecided ones more seeds would decide."""
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
        cost = f": {runs}, shared ones counted once, and {duration(seconds)}" if likely else ""
        text += (
            f" More seeds would probably decide {len(likely)} of the undecided ones or put them at their "
            f"bounds{cost}. Each line gives what its sentence takes, and the probability of each verdict "
            "given our runs."
        )
    return text


def _head(slug: str, views: Mapping[str, View]) -> str:
    """Return a report's title and authors, and the counts of its sentences and of our checks."""
    tally = tally_of((view.verdicts, view.measurements) for view in views.values())
    parts = []
    if report := REPORTS.get(slug):
        page = f"[What it ran, and what its code does](../docs/reports/{slug}.md)"
        parts.append(f"{report.authors}: *{report.title}*. {page}.")
    if slug == STUDY:
        parts.append(f"[{QUESTION}]({STUDY}/README.md) has the answers over all workloads.")
    if total := sum(tally.sentences.values()):
        parts.append(f"**Of {counted(total, 'sentence')} {outcomes(tally.sentences)}.**")
    parts.append(counted_by(tally.ours, "check of ours", "checks of ours"))
    return " ".join(filter(None, parts))


def _sentences(views: Mapping[str, View]) -> str:
    """Return a table of a report's sentences by verdict, with the basis of the verdict or the next step."""
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
    whose = sentence(possessive(view.experiment.reference))
    against = f"{whose} own numbers contradict it." if verdict.claim.contradicted else ""
    if verdict.outcome == "undecided":
        return f"{next_of(verdict, view, i)}. {against}".strip()
    return f"{rests(verdict, view.experiment)} {against}".strip()


def _counting(views: Mapping[str, View]) -> Iterator[tuple[str, int, Verdict, View]]:
    """Yield the page, index, verdict and view of each sentence that counts."""
    for name, view in views.items():
        for i, verdict in enumerate(view.verdicts):
            if verdict.claim.counts:
                yield name, i, verdict, view


def _pages(slug: str, pages: Mapping[str, Page], views: Mapping[str, View]) -> str:
    """Return a table of a report's pages, with the data, model and seeds of their runs."""
    rows = [
        [f"[{name}]({name}.md)", _ran(views[name]) if name in views else "", page.verdicts]
        for name, page in pages.items()
        if name.split("/")[0] == slug
    ]
    header = ["page", "what was run", "result"]
    return table(header, rows, left=header)


def _ran(view: View) -> str:
    if view.experiment.lists:
        return ""
    return "; ".join([*what_ran(view.experiment)[:2], view.count if view.experiment.random else "no seeds"])
