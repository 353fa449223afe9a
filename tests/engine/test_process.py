"""A process made ready for training: memory for frames."""

from __future__ import annotations

import resource
import sys

import pytest

from hyperopt.engine.process import with_room

CALLS, DEPTHS = 500, 200
"""`DEPTHS` frames of `at` fill more than a chunk."""


def faults() -> int:
    """Return how many pages this process has been given so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def at(depth: int) -> int:
    """Return the pages given during a loop of calls, `depth` frames from here."""
    if depth:
        return at(depth - 1)
    before = faults()
    for _ in range(CALLS):
        leaf()
    return faults() - before


def leaf() -> None:
    """End at once, with a frame that is larger than those of `at`."""


leaf.__code__ = leaf.__code__.replace(co_stacksize=100)


def most() -> int:
    """Return the pages given to the worst of the loops at all depths."""
    return max(at(depth) for depth in range(DEPTHS))


@pytest.mark.skipif(sys.platform != "linux", reason="counts Linux's page faults")
def test_no_loop_maps_memory_at_every_call() -> None:
    assert most() >= CALLS  # as Python does by itself
    assert with_room(most) < CALLS / 10
