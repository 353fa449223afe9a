"""Where a piece is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.rounds import Rounds, Say

Found = tuple[str, str, str]
"""What a piece finds: of which subject, what, and its value (`Row`)."""


@dataclass(frozen=True)
class Site:
    """Where a piece is measured.

    Attributes:
        device: "cuda", or "cpu" in its place in a rehearsal.
        small: a rehearsal: sizes are tiny, and times mean nothing.
        folder: where what is trained lies, and stays.
        seconds: after which the piece is ended.
        say: is told what happens.
    """

    device: str
    small: bool
    folder: Path
    seconds: float
    say: Say

    @property
    def how(self) -> Rounds:
        """How long subjects are timed."""
        return Rounds(2, 0.0, inline=True) if self.small else Rounds(5, 0.1, warm_up=20)
