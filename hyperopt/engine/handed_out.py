"""Which packs went out as jobs of Slurm and were not collected yet."""

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
    """A pack that is a job: the job's id, and the ids of its runs."""

    job: str
    ids: list[str]


def handed_out(root: Path) -> dict[str, HandedOut]:
    """The packs that are jobs, by name."""
    found = {}
    for path in sorted((root / JOBS).glob("*.json")):
        with suppress(*UNREADABLE):  # a damaged note says nothing
            said = json.loads(path.read_text(encoding="utf-8"))
            found[path.stem] = HandedOut(str(said["job"]), [str(id_) for id_ in said["ids"]])
    return found
