"""What the project's README shows of a page: a table's numbers, or the verdicts on a figure."""

from __future__ import annotations

import re
from collections.abc import Callable

from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.measurements import Measured
from hyperopt.findings.view import View
from hyperopt.pages import answer, markdown
from hyperopt.pages.markdown import LOST, NOTHING, number

MARKED = re.compile(r"(<!-- excerpt (?P<id>\S+) -->\n).*?(<!-- end of excerpt -->)", re.DOTALL)


def excerpt(view: View) -> str:
    """Return the report's number and our mean ± sd for each cell of a table, or the verdicts on a figure."""
    if view.experiment.kind == "figure":
        return answer.said(view)
    columns = [column for column in view.experiment.columns if not metric_of(column.metric).timed_in]
    header = [view.experiment.corner]
    for column in columns:
        header += [f"{column.name}: report", f"{column.name}: ours"]
    rows = []
    for row in (row for table in view.experiment.tables for row in table.rows):
        cells = [view.measurements[row.label, column.name] for column in columns]
        rows.append([row.label, *(text for measured in cells for text in _texts(measured))])
    words = f"Report: as printed. Ours: means over {view.count}, ± sd."
    if any("†" in text for row in rows for text in row):
        words += f" {LOST} A model with NaN weights is scored as predicting class 0, as the report did."
    return f"{markdown.table(header, rows)}\n\n{words}"


def fill(text: str, excerpt_of: Callable[[str], str | None]) -> str:
    """Return a text with the excerpts between its markers replaced.

    Args:
        text: Markdown with `<!-- excerpt ID -->` and `<!-- end of excerpt -->` on lines of their own.
        excerpt_of: returns the excerpt of an experiment by its id, or None to leave it unchanged.
    """

    def replaced(match: re.Match[str]) -> str:
        made = excerpt_of(match["id"])
        return match[0] if made is None else f"{match[1]}\n{made}\n\n{match[3]}"

    return MARKED.sub(replaced, text)


def _texts(measured: Measured) -> tuple[str, str]:
    decimals, summary = measured.cell.decimals, measured.summary
    report = number(measured.cell.report, decimals)
    if summary is None:
        return report, NOTHING
    spread = "" if summary.sd is None else f" ± {number(summary.sd, decimals)}"
    return report, f"{number(summary.mean, decimals)}{spread}{'†' if measured.diverged else ''}"
