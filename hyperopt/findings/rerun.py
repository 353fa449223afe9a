"""The command that trains a run again, from its config."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from hyperopt.config import label as label_of
from hyperopt.errors import shown

__all__ = ["command", "label_of"]

LEVELS = ("alpha", "clip")
"""Keys with a value per level, which are separated by /."""


def command(config: Mapping[str, Any], seeds: Sequence[int]) -> str:
    """Return the shell command that trains a run's setting; for several seeds it is a sweep.

    Args:
        config: the canonical form of a run; its seed is ignored.
        seeds: the seeds to train with.
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
