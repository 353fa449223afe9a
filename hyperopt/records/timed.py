"""What a record tells of time: how long its steps took, and for what kind of work that holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_MATTER = {"alpha", "seed", "epochs", "clip", "versions"}
MACHINE = ("device", "cpu", "compile")


@dataclass(frozen=True)
class Timed:
    """What one run took: seconds of all its steps, its share of a pack of so many runs."""

    seconds: float
    steps: int
    pack: int


def kind(config: Mapping[str, Any], made: Mapping[str, str]) -> str:
    """What the time of a step depends on but for the size of the pack, as text.

    Numbers are data to the program that trains, so its time does not depend on them.

    Args:
        config: a run's canonical form.
        made: of a record; its device, processor, and whether it was compiled count.
    """
    shape = {k: v for k, v in config.items() if k not in NO_MATTER and not isinstance(v, float)}
    return json.dumps([shape, [made.get(key) for key in MACHINE]], sort_keys=True)
