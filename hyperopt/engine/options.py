"""How a command trains, which is never part of what a run is."""

from __future__ import annotations

import os
import sys
from ctypes import CDLL
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hyperopt.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """Where and how packs train.

    Attributes:
        device: "auto" (a GPU where torch sees one), "cpu" or "cuda".
        workers: the number of packs that train at once; None is one per core on a CPU and one on a GPU.
        pack: the most runs in a pack; None leaves it to the plan.
        compile: whether to compile; None compiles where it pays.
    """

    device: str = "auto"
    workers: int | None = None
    pack: int | None = None
    compile: bool | None = None

    def resolved_device(self) -> str:
        """The device on which packs train: "cpu" or "cuda"."""
        if self.device == "auto":
            return "cuda" if sees_a_gpu() else "cpu"
        if self.device == "cuda" and not sees_a_gpu():
            raise ConfigError("device=cuda: torch sees no GPU here; device=cpu or device=auto is expected.")
        return self.device

    def device_name(self) -> str:
        """The name of that device: "cpu", or the GPU's name."""
        if self.resolved_device() == "cpu":
            return "cpu"
        import torch

        return torch.cuda.get_device_name()

    def resolved_workers(self) -> int:
        """The number of packs that train at once."""
        if self.workers is not None:
            return self.workers
        return 1 if self.resolved_device() == "cuda" else cores()


def sees_a_gpu() -> bool:
    """Whether torch sees a GPU; where there is no driver, torch is not imported to say so."""
    if "torch" not in sys.modules and not may_have_a_gpu():
        return False
    import torch

    return torch.cuda.is_available()


@cache
def may_have_a_gpu() -> bool:
    """Whether the system has what torch needs to see a GPU: on Linux NVIDIA's driver or AMD's device."""
    if sys.platform != "linux" or Path("/dev/kfd").exists():
        return True
    try:
        CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def cores() -> int:
    """Cores that this process may use, where the system says; else those that there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
