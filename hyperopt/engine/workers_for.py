"""Chooses workers, of this machine or of a cluster, as the options ask; imports the cluster's library."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import cast

from hyperopt.engine.options import Options
from hyperopt.engine.workers import InThisProcess, Processes, Workers, visible_gpus
from hyperopt.errors import ConfigError

MODULES = {
    "dask": ("hyperopt.engine.dask_cluster", "distributed"),
    "slurm": ("hyperopt.engine.slurm", "submitit"),
}
"""By engine: its module and the library that it needs."""


def workers_for(options: Options, packs: int, root: Path) -> Workers:
    """Return workers for this many packs with files under `root`.

    Raises:
        ConfigError: the library of the engine is not installed, or an option does not suit the engine.
        ClusterLostError: there is no such cluster.
    """
    if options.engine in MODULES:
        return cast("Workers", _module(options).start(options, packs, root))
    gpus = visible_gpus() if options.resolved_device() == "cuda" else []
    size = max(1, min(options.resolved_workers(), packs))
    return InThisProcess() if size == 1 else Processes(size, gpus if len(gpus) > 1 else ())


def for_plan(options: Options) -> Options:
    """Return the options with what a plan needs to know of the cluster: its number of workers.

    Raises:
        ConfigError, ClusterLostError: as of `workers_for`.
    """
    return cast("Options", _module(options).for_plan(options))


def _module(options: Options) -> ModuleType:
    module, library = MODULES[options.engine]
    try:
        importlib.import_module(library)
    except ImportError:
        raise ConfigError(
            f"engine={options.engine}: {library} is not installed; "
            f"pip install '.[{options.engine}]' in a checkout brings it."
        ) from None
    return importlib.import_module(module)
