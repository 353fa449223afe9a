"""Schedules of the rate of level 0: its factors, by the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

CONSTANT, INVERSE_SQRT, COSINE, WSD = "constant", "inverse_sqrt", "cosine", "wsd"
SHAPES = (CONSTANT, INVERSE_SQRT, COSINE, WSD)
OF_A_LENGTH = (COSINE, WSD)
"""The schedules that depend on the length of a run."""
COOLDOWN = 0.2
"""The share of a run in which a warm-up, stable, decay schedule falls linearly to 0."""


@dataclass(frozen=True)
class Schedule:
    """The factor of the rate at a step, counted from 1.

    A warm-up rises linearly to 1. Then "constant" stays at 1, "inverse_sqrt" is 1 / sqrt(step), "cosine"
    falls as half a cosine, and "wsd" stays at 1 and falls in the last fifth; both would be 0 one step after
    the last.

    Attributes:
        shape: one of SHAPES.
        warmup: the number of steps of the warm-up; 0 for none.
        steps: the number of steps of the run, if the shape depends on it.
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


CONSTANT_RATE = Schedule()


def schedule_of(shape: str, warmup: float, steps: int) -> Schedule:
    """The schedule of a run of `steps` steps; `warmup` is the share of them in the warm-up."""
    rising = round(warmup * steps)
    return Schedule(shape, rising, steps if shape in OF_A_LENGTH else 0)
