"""The pictures that show what the nets of a table make of the first test pictures."""

from __future__ import annotations

from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Picture


def section(view: View) -> list[Block]:
    """The pictures of the first seed; empty where no run of it keeps any."""
    if not view.pictures:
        return []
    name = view.experiment.id.rpartition("/")[2]
    words = (
        "The first test pictures: the input, the truth in the colours that are its classes, and what the net "
        f"of each row makes of the input after the last epoch, at seed {view.seeds[0]}."
    )
    return ["## The pictures", Picture(view.experiment.title, f"{name}.png"), words]
