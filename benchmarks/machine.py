"""What a benchmark ran on, and whether it had the machine to itself."""

from __future__ import annotations

import os
import platform

import torch

from hyperopt.provenance import provenance


def machine() -> tuple[tuple[str, str], ...]:
    """Hardware and versions, as (name, value)."""
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
