"""The list of all published pages, by report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hyperopt.experiments.report import REPORTS
from hyperopt.pages.markdown import table

if TYPE_CHECKING:
    from hyperopt.pages import Page

WORDS = (
    "One page per table or figure of a report: our numbers in its layout and beside its own, a verdict "
    "on each of its claims, and the command that made it. Written by `hyperopt render` from `records/`."
)


def contents(pages: Mapping[str, Page]) -> str:
    """The list as Markdown; `pages` by experiment id, `<report>/<table or figure>`."""
    reports = sorted({name.split("/")[0] for name in pages}, key=lambda slug: [*REPORTS, slug].index(slug))
    return "\n\n".join(["# Results", WORDS, *(_section(slug, pages) for slug in reports)]) + "\n"


def _section(slug: str, pages: Mapping[str, Page]) -> str:
    """One report's heading, its title and authors, and the pages of it."""
    rows = [
        [f"[{name}]({name}.md)", page.verdicts] for name, page in pages.items() if name.split("/")[0] == slug
    ]
    listed = table(["page", "verdicts"], rows, left=("page", "verdicts"))
    if not (report := REPORTS.get(slug)):
        return f"## {slug}\n\n{listed}"
    page = f"[What it ran, and what its code does](../docs/reports/{slug}.md)"
    return f"## {slug}\n\n{report.authors}: *{report.title}*. {page}.\n\n{listed}"
