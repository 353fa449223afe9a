"""Numbers as people say them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def counted(n: int, noun: str) -> str:
    """A number and its noun: `1 run`, `2 runs`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), *words[-1:]])


def duration(seconds: float) -> str:
    """Seconds rounded as far as an estimate deserves: `40 s`, `3 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def steps_or_more(steps: float, most: float = math.inf) -> str:
    """A count of steps, `2,657`; an infinite one is `> most`, or `never` where `most` is not known."""
    if math.isfinite(steps):
        return f"{steps:,.0f}"
    return f"> {most:,.0f}" if math.isfinite(most) else "never"


def possessive(whose: str) -> str:
    """`the report's`, `the authors'`."""
    return f"{whose}'" if whose.endswith("s") else f"{whose}'s"


def sentence(text: str) -> str:
    """The text with a capital letter first."""
    return text[:1].upper() + text[1:]


def uncapitalized(text: str) -> str:
    """The text with a small letter first."""
    return text[:1].lower() + text[1:]


def printable(text: str) -> str:
    """A text whose letters a terminal prints and does not obey: others are escaped, but for line ends."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in text
    )


def excerpt(text: str, words: int = 8) -> str:
    """The first words of a text, with an ellipsis where more follow."""
    every = text.split()
    return text.rstrip(".") if len(every) <= words + 2 else f"{' '.join(every[:words])} …"
