"""Rows and columns by name: a number in a name may be written in any way."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hyperopt.errors import shown

NUMBER_IN_TEXT = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")


def spelled(name: str | float) -> str:
    """A name with every number in it as labels that are made of numbers have it.

    So 1e-5, "1.0e-5" and "0.00001" are all "1e-05", and "α 1e-5" is "α 1e-05".
    """
    if not isinstance(name, str):
        return shown(name)
    return NUMBER_IN_TEXT.sub(lambda number: shown(float(number[0])), name)


def found(name: str | float, known: Iterable[str]) -> str:
    """The one of the known names that is meant; where there is none, `name` as it is `spelled`."""
    labels = list(known)
    if name in labels:
        return str(name)
    meant = [label for label in labels if spelled(label) == spelled(name)]
    return meant[0] if len(meant) == 1 else spelled(name)
