"""When a download has come to nothing: silent, or a trickle that would take hours."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STALL_SECONDS = 10.0
LEAST_BYTES = 50_000
"""What has to come in any `STALL_SECONDS`: at that pace MNIST takes half an hour."""


@dataclass
class Pace:
    """How fast bytes come.

    Attributes:
        clock: tells the seconds.
        since: when at least `LEAST_BYTES` had last come.
        total: how many bytes had come then.
    """

    clock: Callable[[], float] = time.monotonic
    since: float = field(init=False)
    total: int = 0

    def __post_init__(self) -> None:
        self.since = self.clock()

    def too_slow(self, total: int) -> str | None:
        """In words how few bytes came in `STALL_SECONDS`, `total` since the start; None where enough did."""
        now = self.clock()
        if total - self.total >= LEAST_BYTES:
            self.since, self.total = now, total
        if now - self.since < STALL_SECONDS:
            return None
        return f"{total - self.total:,} bytes in {STALL_SECONDS:g} s"
