"""Formatting of numbers and lists for sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
Tell = Callable[[str], object]
"""Receives a line about what is being done."""


def counted(n: int, noun: str) -> str:
    """Return a number with its noun: `1 run`, `2 runs`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def listed(words: Sequence[str], by: str = "and") -> str:
    """Join items: `a`, `a and b`, `a, b and c`."""
    return f" {by} ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def numbered(items: Collection[T], doing: str, tell: Tell) -> Iterator[T]:
    """Yield items; before each, tell which of how many it is, such as `drawing page 3 of 61`."""
    for i, item in enumerate(items, 1):
        tell(f"{doing} {i} of {len(items)}")
        yield item


def untold(line: str) -> None:
    """Tell nobody."""


def duration(seconds: float) -> str:
    """Format seconds, rounded as suits an estimate: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def steps_or_more(steps: float, most: float = math.inf) -> str:
    """Format a step count, `2,657`; infinity as `> most`, or `never` if `most` is unknown."""
    if math.isfinite(steps):
        return f"{steps:,.0f}"
    return f"> {most:,.0f}" if math.isfinite(most) else "never"


def possessive(whose: str) -> str:
    """Return the possessive: `the report's`, `the authors'`."""
    return f"{whose}'" if whose.endswith("s") else f"{whose}'s"


def sentence(text: str) -> str:
    """Capitalize the first letter."""
    return text[:1].upper() + text[1:]


def uncapitalized(text: str) -> str:
    """Make the first letter lowercase."""
    return text[:1].lower() + text[1:]


def printable(text: str) -> str:
    """Escape control characters, except line ends, so that a terminal prints the text safely."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in text
    )


def excerpt(text: str, words: int = 8) -> str:
    """Return the first words of a text, with an ellipsis if more follow."""
    every = text.split()
    return text.rstrip(".") if len(every) <= words + 2 else f"{' '.join(every[:words])} …"
