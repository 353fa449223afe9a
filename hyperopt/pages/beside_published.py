"""The page section that compares local runs with the published ones."""

from __future__ import annotations

from hyperopt.findings.beside_published import BesidePublished
from hyperopt.pages.markdown import NOTHING, number, table
from hyperopt.wording import counted

MOST_ROWS = 20
WHY = (
    "Runs of the same settings and seed are bit-identical if the processor, the version of torch, the size "
    "of the pack and compiling are the same. If one of these differs, sums are computed in a different order "
    "and rounded differently, by some 1e-7 of their size. Where training converges, the difference "
    "vanishes. Where it is chaotic, as at large rates of the level above and near divergence, the difference "
    "grows with every step, until two such runs have no more in common than two seeds. So single runs may "
    "differ as here, while means over seeds agree within their intervals."
)


def summary(given: BesidePublished) -> str:
    """Return a line that says how many runs are equal."""
    return (
        f"{counted(given.runs, 'run')} also published: {given.equal} equal in every bit, "
        f"{given.runs - given.equal} not"
    )


def section(given: BesidePublished) -> str:
    """Return the section: how many runs are equal, the numbers that differ most, and possible causes."""
    parts = ["## Comparison with the published runs", f"{summary(given)}."]
    if given.different:
        rows = []
        for one in given.different[:MOST_ROWS]:
            cell = one.here.cell
            decimals = cell.decimals + 1
            numbers = [
                number(value, decimals) for value in (one.value, one.published, one.value - one.published)
            ]
            rows.append([cell.row, cell.column, str(one.seed), *numbers])
        shown = f"the {MOST_ROWS} largest of " if len(given.different) > MOST_ROWS else ""
        parts.append(f"Numbers that differ, {shown}{len(given.different)}:")
        parts.append(
            table(["row", "column", "seed", "here", "published", "difference"], rows, ("row", "column"))
        )
    if given.equal < given.runs:
        made = [
            [key, ", ".join(here) or NOTHING, ", ".join(there) or NOTHING]
            for key, (here, there) in given.made.items()
        ]
        parts += [table(["made by", "here", "published"], made, ("made by", "here", "published")), WHY]
    return "\n\n".join(parts)
