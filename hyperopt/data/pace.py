"""Detects stalled downloads: silent, or so slow that they would take hours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALL_SECONDS = 10.0
LEAST_BYTES = 50_000
"""Minimum bytes in any `STALL_SECONDS`: at that rate MNIST takes half an hour."""


@dataclass
class Pace:
    """The rate of a download.

    Attributes:
        clock: returns the time in seconds.
        since: the last time at which at least `LEAST_BYTES` had arrived.
        total: the total bytes at that time.
    """

    clock: Callable[[], float] = time.monotonic
    since: float = field(init=False)
    total: int = 0

    def __post_init__(self) -> None:
        self.since = self.clock()

    def too_slow(self, total: int) -> str | None:
        """Describe how few of the `total` bytes came in `STALL_SECONDS`; None if there were enough."""
        now = self.clock()
        if total - self.total >= LEAST_BYTES:
            self.since, self.total = now, total
        if now - self.since < STALL_SECONDS:
            return None
        return f"{total - self.total:,} bytes in {STALL_SECONDS:g} s"
