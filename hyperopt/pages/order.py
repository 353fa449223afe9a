"""The order in which a column puts the rows of each sub-table, here and in the report."""

from __future__ import annotations

from hyperopt.findings.order import Ranking
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Table


def section(view: View) -> list[Block]:
    """A row per sub-table; [] where the experiment compares no order or nothing is measured."""
    if not view.orders:
        return []
    rows = [
        [
            order.heading,
            _chain(order.reported),
            _chain(order.measured),
            "{} of {}".format(*order.pairs),
            "{} of {}".format(*order.apart),
        ]
        for order in view.orders
    ]
    header = ["", "report, best first", "here, best first", "pairs in the report's order", "of those apart"]
    words = (
        "Two rows are apart where the 95 % interval of their difference, paired by seed, leaves out 0. Rows "
        "of which a run diverged or a seed is missing (further seeds are trained for what is undecided), and "
        "rows that the report does not print, are left out. Of two equal means neither is first: such a pair "
        "is not in the report's order."
    )
    return ["## Order of the rows", Table(header, rows, left=header[:3]), words]


def _chain(ranking: Ranking) -> str:
    """`a < b = c`."""
    return " < ".join(" = ".join(place) for place in ranking)
