"""How the rate of level 0 falls by plan: factors of it, by the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

CONSTANT, INVERSE_SQRT, COSINE, WSD = "constant", "inverse_sqrt", "cosine", "wsd"
SCHEDULES = (CONSTANT, INVERSE_SQRT, COSINE, WSD)
PLANNED = (COSINE, WSD)
"""Those that depend on how long a run is."""
COOLDOWN = 0.2
"""The share of a run in which a warm-up, stable, decay schedule falls to 0, in a straight line."""


@dataclass(frozen=True)
class Schedule:
    """What multiplies the rate at a step, counted from 1.

    A warm-up rises in a straight line to 1. Then "constant" stays there, "inverse_sqrt" is 1 / sqrt(step),
    "cosine" falls as half a cosine, and "wsd" stays and falls in the last fifth; both would be 0 one step
    after the last.

    Attributes:
        shape: one of SCHEDULES.
        warmup: how many steps the warm-up has; 0 for none.
        steps: how many the run has, where the shape depends on that.
    """

    shape: str = CONSTANT
    warmup: int = 0
    steps: int = 0

    def scaled(self, alpha: Tensor, step: Tensor) -> Tensor:
        """The rate at a step."""
        if self.shape == INVERSE_SQRT:
            alpha = alpha / step.sqrt()
        elif self.shape == COSINE:
            gone = (step - 1 - self.warmup) / max(self.steps - self.warmup, 1)
            alpha = alpha * (1 + (math.pi * gone.clamp(0, 1)).cos()) / 2
        elif self.shape == WSD:
            alpha = alpha * ((self.steps + 1 - step) / (COOLDOWN * self.steps)).clamp(0, 1)
        return alpha * (step / self.warmup).clamp(max=1) if self.warmup else alpha


UNPLANNED = Schedule()


def schedule_of(shape: str, warmup: float, steps: int) -> Schedule:
    """The schedule of a run of so many steps, of which its warm-up is a share."""
    rising = round(warmup * steps)
    return Schedule(shape, rising, steps if shape in PLANNED else 0)
