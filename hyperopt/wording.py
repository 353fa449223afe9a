"""Numbers as people say them."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A number and its noun: `1 run`, `2 runs`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def duration(seconds: float) -> str:
    """Seconds rounded as far as an estimate deserves: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
