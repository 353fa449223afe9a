"""The numbers of a page as CSV."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hyperopt.findings.view import View
from hyperopt.pages.markdown import NOTHING


def csv(views: Sequence[View]) -> str:
    """A row per cell and view; `values` are in the order of `seeds`, – where a run is missing."""
    rows = []
    for view in views:
        headings = {row.label: table.heading for table in view.experiment.tables for row in table.rows}
        for cell in view.measured.values():
            summary = cell.summary
            prediction = cell.prediction
            mean_interval = summary.interval if summary and not cell.diverged else None
            rows.append(
                {
                    "table": headings.get(cell.cell.row, ""),
                    "row": cell.cell.row,
                    "column": cell.cell.column,
                    "metric": cell.cell.metric,
                    "report": cell.cell.report,
                    "n": len(cell.by_seed),
                    "diverged": len(cell.diverged),
                    "mean": summary and summary.mean,
                    "sd": summary and (None if cell.diverged else summary.sd),
                    "low": mean_interval and mean_interval.low,
                    "high": mean_interval and mean_interval.high,
                    "prediction_low": prediction and prediction.low,
                    "prediction_high": prediction and prediction.high,
                    "agrees": {True: "yes", False: "no", None: ""}[cell.agrees],
                    "median": summary and summary.median,
                    "minimum": summary and summary.range.low,
                    "maximum": summary and summary.range.high,
                    "seeds": " ".join(map(str, view.seeds)),
                    "values": " ".join(
                        f"{cell.by_seed[s]:.6g}" if s in cell.by_seed else NOTHING for s in view.seeds
                    ),
                }
            )
    return pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")
