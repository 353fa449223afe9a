"""How long the tests of reliability try: a moment in the suite, sixty times as long by `make torture`."""

from __future__ import annotations

import os


def cases(short: int) -> range:
    """Seeds of so many cases; $TORTURE times as many."""
    return range(short * int(os.environ.get("TORTURE", "1")))
