"""The page section with the order of each sub-table's rows, here and in the report."""

from __future__ import annotations

from hyperopt.findings.order import Ranking
from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Table


def section(view: View) -> list[Block]:
    """Return a table with a row per sub-table; [] if there are no orders to compare."""
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
        "Two rows are apart if the 95 % interval of their difference, paired by seed, excludes 0. Rows with "
        "a diverged run or a missing seed are left out (further seeds are only trained for undecided "
        "sentences), and so are rows that the report does not print. A pair with equal means is not in the "
        "report's order."
    )
    return ["## Order of the rows", Table(header, rows, left=header[:3]), words]


def _chain(ranking: Ranking) -> str:
    """`a < b = c`."""
    return " < ".join(" = ".join(place) for place in ranking)
