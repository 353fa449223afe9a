"""Options of how a command trains, which are never part of a run's identity."""

from __future__ import annotations

import os
import sys
from ctypes import CDLL
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hyperopt.errors import ConfigError

SLURM_JOBS = 32
"""Default number of array jobs that run at once."""


@dataclass(frozen=True)
class Options:
    """Where and how packs train.

    Attributes:
        device: "auto" (a GPU if torch sees one), "cpu" or "cuda".
        workers: the number of packs that train at once; None is one per core on a CPU, one per GPU, or all
            workers of a cluster.
        pack: the maximum number of runs in a pack; None lets the plan decide.
        compile: whether to compile; None compiles if it pays off.
        engine: "local" (processes of this machine), "dask" or "slurm".
        scheduler: the address or file of Dask's scheduler; None starts a cluster on this machine.
        partition: Slurm's partition.
        time: Slurm's time limit of a job in seconds; None is the partition's.
        memory: Slurm's memory of a job in megabytes; None is the partition's.
        gpus: GPUs of a Slurm job, 0 or 1.
        detach: leave jobs to Slurm; repeating the command collects their results.
        record_every: the interval in steps of recorded loss and hyperparameters; None records only epochs.
    """

    device: str = "auto"
    workers: int | None = None
    pack: int | None = None
    compile: bool | None = None
    engine: str = "local"
    scheduler: str | None = None
    partition: str | None = None
    time: float | None = None
    memory: int | None = None
    gpus: int = 0
    detach: bool = False
    record_every: int | None = None

    def resolved_device(self) -> str:
        """The device on which packs train: "cpu" or "cuda"; with a cluster, this machine need not have it."""
        if self.engine == "slurm":
            if self.device == "cuda" and not self.gpus:
                raise ConfigError("device=cuda: gpus=1 is expected beside engine=slurm.")
            return "cuda" if self.gpus and self.device != "cpu" else "cpu"
        if self.device == "auto":
            return "cuda" if sees_a_gpu() else "cpu"
        if self.device == "cuda" and self.engine == "local" and not sees_a_gpu():
            raise ConfigError("device=cuda: torch sees no GPU here; device=cpu or device=auto is expected.")
        return self.device

    def device_name(self) -> str:
        """The device's name: "cpu", or the GPU's name; "cuda" if only a cluster has it."""
        if self.resolved_device() == "cpu":
            return "cpu"
        if not sees_a_gpu():
            return "cuda"
        import torch

        return torch.cuda.get_device_name()

    def resolved_workers(self) -> int:
        """The number of packs that train at once."""
        if self.workers is not None:
            return self.workers
        if self.engine == "slurm":
            return SLURM_JOBS
        return gpus_here() if self.resolved_device() == "cuda" else cores()

    def on_a_worker(self) -> Options:
        """Return the options that a cluster's worker needs."""
        device = self.device if self.engine == "dask" else self.resolved_device()
        return Options(device=device, compile=self.compile, record_every=self.record_every)


def sees_a_gpu() -> bool:
    """Return whether torch sees a GPU; without a driver, torch is not imported."""
    if "torch" not in sys.modules and not may_have_a_gpu():
        return False
    import torch

    return torch.cuda.is_available()


def gpus_here() -> int:
    """Return the number of GPUs that torch sees; one if only a cluster has any."""
    if not sees_a_gpu():
        return 1
    import torch

    return torch.cuda.device_count()


@cache
def may_have_a_gpu() -> bool:
    """Return whether the system could have a GPU for torch: on Linux, NVIDIA's driver or AMD's device."""
    if sys.platform != "linux" or Path("/dev/kfd").exists():
        return True
    try:
        CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def cores() -> int:
    """Return the cores that this process may use, if the system says; otherwise all cores."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
