"""Packs submitted as Slurm jobs and not yet collected."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hyperopt.engine.heads import UNREADABLE

JOBS = "slurm"
"""The folder of jobs, beside the records."""


@dataclass(frozen=True)
class HandedOut:
    """A pack submitted as a job: the job's id and its runs' ids."""

    job: str
    ids: list[str]


def handed_out(root: Path) -> dict[str, HandedOut]:
    """Return the packs submitted as jobs, by name."""
    found = {}
    for path in sorted((root / JOBS).glob("*.json")):
        with suppress(*UNREADABLE):  # damaged notes are ignored
            said = json.loads(path.read_text(encoding="utf-8"))
            found[path.stem] = HandedOut(str(said["job"]), [str(id_) for id_ in said["ids"]])
    return found
