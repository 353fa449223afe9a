"""The conditions under which a piece is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.rounds import Rounds, Say

Found = tuple[str, str, str]
"""A result of a piece: subject, quantity and value (`Row`)."""


@dataclass(frozen=True)
class Site:
    """The conditions under which a piece is measured.

    Attributes:
        device: "cuda", or "cpu" in a rehearsal.
        small: whether it is a rehearsal, with tiny sizes and meaningless times.
        folder: the folder for trained runs, which is kept.
        seconds: the time limit of the piece.
        say: receives messages about progress.
    """

    device: str
    small: bool
    folder: Path
    seconds: float
    say: Say

    @property
    def how(self) -> Rounds:
        """The duration of timing."""
        return Rounds(2, 0.0, inline=True) if self.small else Rounds(5, 0.1, warm_up=20)
