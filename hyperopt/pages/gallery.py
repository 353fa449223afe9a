"""The page section with the predictions of a table's models for the first test images."""

from __future__ import annotations

from hyperopt.findings.view import View
from hyperopt.pages.blocks import Block, Picture


def section(view: View) -> list[Block]:
    """Return the images of the first seed; [] if none of its runs has stored any."""
    if not view.pictures:
        return []
    name = view.experiment.id.rpartition("/")[2]
    words = (
        "The first test images: the input, the target in the colours that are its classes, and the "
        f"prediction of each row's model after the last epoch, with seed {view.seeds[0]}."
    )
    return ["## The pictures", Picture(view.experiment.title, f"{name}.png"), words]
