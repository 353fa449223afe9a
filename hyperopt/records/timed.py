"""Timings of records: step times, and the kind of work that they apply to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_MATTER = {"alpha", "seed", "epochs", "clip", "versions"}
MACHINE = ("device", "cpu", "compile")


@dataclass(frozen=True)
class Timed:
    """A run's timing: seconds of all its steps, as its share of a pack of this many runs."""

    seconds: float
    steps: int
    pack: int


def kind(config: Mapping[str, Any], made: Mapping[str, str]) -> str:
    """Return all that the step time depends on, except the pack size, as text.

    Numbers are data for the training program, so its time does not depend on them.

    Args:
        config: a run's canonical form.
        made: a record's `made`; its device, processor, and whether it was compiled count.
    """
    shape = {k: v for k, v in config.items() if k not in NO_MATTER and not isinstance(v, float)}
    return json.dumps([shape, [made.get(key) for key in MACHINE]], sort_keys=True)
