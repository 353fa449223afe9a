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
        for measured in view.measurements.values():
            summary = measured.summary
            prediction = measured.prediction
            mean_interval = summary.interval if summary and not measured.diverged else None
            rows.append(
                {
                    "table": headings.get(measured.cell.row, ""),
                    "row": measured.cell.row,
                    "column": measured.cell.column,
                    "metric": measured.cell.metric,
                    "report": measured.cell.report,
                    "n": len(measured.by_seed),
                    "diverged": len(measured.diverged),
                    "mean": summary and summary.mean,
                    "sd": summary and (None if measured.diverged else summary.sd),
                    "low": mean_interval and mean_interval.low,
                    "high": mean_interval and mean_interval.high,
                    "prediction_low": prediction and prediction.low,
                    "prediction_high": prediction and prediction.high,
                    "agrees": {True: "yes", False: "no", None: ""}[measured.agrees],
                    "median": summary and summary.median,
                    "minimum": summary and summary.range.low,
                    "maximum": summary and summary.range.high,
                    "seeds": " ".join(map(str, view.seeds)),
                    "values": " ".join(
                        f"{measured.by_seed[s]:.6g}" if s in measured.by_seed else NOTHING for s in view.seeds
                    ),
                }
            )
    return pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")
