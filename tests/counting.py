"""A subject of measurement that needs no torch, so that its process starts in an instant."""

from __future__ import annotations

import os
from dataclasses import dataclass

from benchmarks.workers import Train


@dataclass(frozen=True)
class Counting:
    """Counts its steps, and fails past its limit."""

    limit: int

    def prepare(self) -> Train:
        done = 0

        def train(steps: int) -> None:
            nonlocal done
            done += steps
            if done > self.limit:
                raise ValueError(f"{done} steps in {os.environ['BENCH_TEST']}")

        return train
