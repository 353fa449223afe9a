"""The numbers of a page, and the sentences of all pages, as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperopt.experiments.metrics import metric_of
from hyperopt.findings.view import View
from hyperopt.pages.markdown import NOTHING


def csv(views: Sequence[View]) -> str:
    """Return CSV with a row per cell and view.

    `values` are in the order of `seeds`, with – for missing runs. For times, `seeds` are rounds. `run` is the
    id of the run with the first seed. `would_show` is the page's column *least visible*, and `tells` says
    whether a number agrees tellingly.
    """
    import pandas as pd  # importing it takes longer than most commands

    rows = []
    for view in views:
        headings = {row.label: table.heading for table in view.experiment.tables for row in table.rows}
        for measured in view.measurements.values():
            summary = measured.summary
            prediction = measured.prediction
            mean_interval = measured.interval
            timed = metric_of(measured.cell.metric).timed_in
            seeds = tuple(measured.by_seed) if timed else view.seeds
            rows.append(
                {
                    "table": headings.get(measured.cell.row, ""),
                    "row": measured.cell.row,
                    "column": measured.cell.column,
                    "run": measured.cell.run(view.seeds[0]).id,
                    "metric": measured.cell.metric,
                    "report": measured.cell.report,
                    "n": len(measured.by_seed),
                    "diverged": len(measured.diverged),
                    "mean": summary and summary.mean,
                    "sd": summary and (None if measured.diverged or measured.of_shares else summary.sd),
                    "low": mean_interval and mean_interval.low,
                    "high": mean_interval and mean_interval.high,
                    "prediction_low": prediction and prediction.low,
                    "prediction_high": prediction and prediction.high,
                    "agrees": {True: "yes", False: "no", None: ""}[measured.agrees],
                    "would_show": measured.least_visible,
                    "tells": {True: "yes", False: "no", None: ""}[measured.telling],
                    "median": summary and summary.median,
                    "minimum": summary and summary.range.low,
                    "maximum": summary and summary.range.high,
                    "seeds": " ".join(map(str, seeds)),
                    "values": " ".join(
                        f"{measured.by_seed[s]:.6g}" if s in measured.by_seed else NOTHING for s in seeds
                    ),
                }
            )
    return pd.DataFrame(rows).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def sentences(views: Mapping[str, View]) -> str:
    """Return CSV with a row per sentence of every page: its source, its verdict, and its next look.

    The next look has `next_seeds` seeds, for which `next_runs` are missing. `next_decides` is the probability
    that the sentence then holds or does not hold, `next_holds` that it holds, and `next_at_the_bound` that it
    is at its bound.
    """
    import pandas as pd

    rows = [
        {
            "page": name,
            "sentence": i,
            "whose": "ours" if verdict.claim.ours else "repeated" if verdict.claim.same_as else "report",
            "verdict": verdict.outcome,
            "rows": len(verdict.rows),
            "holding": verdict.holding,
            "p": verdict.strength and verdict.strength.p,
            "seeds": verdict.seeds,
            "next_seeds": look and look.seeds,
            "next_runs": look and look.runs,
            "next_minutes": look and look.seconds / 60,
            "next_decides": look and look.chance.holds + look.chance.does_not_hold,
            "next_holds": look and look.chance.holds,
            "next_at_the_bound": look and look.chance.at_the_bound,
            "says": verdict.claim.says,
        }
        for name, view in views.items()
        for i, verdict in enumerate(view.verdicts, 1)
        for look in [view.ahead.get(i - 1)]
        if view.measured
    ]
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else [])
    if rows:
        counts = ["seeds", "next_seeds", "next_runs"]
        frame[counts] = frame[counts].astype("Int64")
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
