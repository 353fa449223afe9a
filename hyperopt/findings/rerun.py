"""The command that trains a run again, and its name, from its config."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from hyperopt.config import label as label_of
from hyperopt.errors import shown

__all__ = ["command", "label_of"]

LEVELS = ("alpha", "clip")
"""Keys with a value per level, which are typed with / between them."""


def command(config: Mapping[str, Any], seeds: Sequence[int]) -> str:
    """The command for a shell; of several seeds it is a sweep.

    Args:
        config: the canonical form of a run, whose seed does not matter.
        seeds: what to train it with.
    """
    words = [
        f"{key}={_value(key, value)}" for key, value in config.items() if key not in ("seed", "versions")
    ]
    several = ["-m"] if len(seeds) > 1 else []
    return shlex.join(["hyperopt", "run", *several, *words, f"seed={','.join(map(str, seeds))}"])


def _value(key: str, value: Any) -> str:
    if key in LEVELS and isinstance(value, list):
        return "/".join(map(shown, value))
    return f"[{','.join(map(shown, value))}]" if isinstance(value, list) else shown(value)
