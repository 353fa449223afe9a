"""The hardware and software of a benchmark, and whether the machine was shared."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from hyperopt.provenance import provenance


def machine() -> tuple[tuple[str, str], ...]:
    """Return hardware and versions, as (name, value)."""
    made = provenance()
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        ("processor", made["cpu"]),
        ("cores", str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())),
        ("memory", f"{memory:.0f} GiB"),
        ("GPU", ", ".join(gpus) or "none"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", made["python"]),
        ("torch", made["torch"]),
        ("hyperopt", f"{made['hyperopt']}, commit {made['commit']}"),
        ("started", made["started"]),
        ("load when it started", f"{os.getloadavg()[0]:.1f}"),
    )


class Stolen:
    """The share of processor time that other virtual machines take, from the creation of this object on."""

    def __init__(self) -> None:
        self._before = _ticks()

    def share(self) -> float | None:
        """Return the share so far; None if the system does not report it."""
        if not self._before or not (after := _ticks()):
            return None
        spent = [b - a for a, b in zip(self._before, after, strict=True)]
        return spent[STEAL] / (sum(spent) or 1)


STEAL = 7
"""The index of stolen time in /proc/stat; guests, from the next index on, are already counted as users."""


def _ticks() -> list[int]:
    stat = Path("/proc/stat")
    return [int(n) for n in stat.read_text().split("\n")[0].split()[1 : STEAL + 2]] if stat.is_file() else []
