"""Over which seeds a page's middles are, and that its cells may differ in them."""

from __future__ import annotations

from hyperopt.findings.view import View


def over(view: View) -> str:
    """Return the seeds, such as `Means over 3 seeds (0, 1, 2).`, and what follows if cells differ in them."""
    return " ".join(filter(None, [f"Means over {view.over}.", differing(view)]))


def differing(view: View) -> str:
    """Return that cells differ in their numbers of seeds, and where these are; "" if they do not differ."""
    low, high = view.fewest_and_most()
    if low == high or not view.experiment.random:
        return ""
    reads = view.experiment.compares or view.experiment.heatmap
    where = f"Comparison with {view.experiment.reference}" if reads else "Every number"
    apart = "; a sentence compares only seeds that both its sides have" if view.verdicts else ""
    return (
        f"Cells differ in their numbers of seeds (n under *{where}*), so two of them may differ for that "
        f"alone{apart}."
    )
