"""Lookup of rows and columns by name; numbers in a name may be written in any notation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hyperopt.errors import shown

NUMBER_IN_TEXT = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")


def spelled(name: str | float) -> str:
    """Return a name in which every number has the notation of `shown`.

    For example 1e-5, "1.0e-5" and "0.00001" become "1e-05", and "α 1e-5" becomes "α 1e-05".
    """
    if not isinstance(name, str):
        return shown(name)
    return NUMBER_IN_TEXT.sub(lambda number: shown(float(number[0])), name)


def found(name: str | float, known: Iterable[str]) -> str:
    """Return the known name that equals `name` up to the notation of numbers; else `spelled(name)`."""
    labels = list(known)
    if name in labels:
        return str(name)
    meant = [label for label in labels if spelled(label) == spelled(name)]
    return meant[0] if len(meant) == 1 else spelled(name)
