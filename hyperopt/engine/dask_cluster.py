"""Connects to a Dask cluster through its scheduler, or starts one on this machine."""

from __future__ import annotations

import logging
import signal
from dataclasses import replace
from pathlib import Path

from distributed import Client, LocalCluster, Worker, WorkerPlugin

from hyperopt.engine.dask_workers import DaskWorkers
from hyperopt.engine.options import Options
from hyperopt.engine.workers import ClusterLostError
from hyperopt.errors import ConfigError, typed

PATIENCE_SECONDS = 10.0
"""Seconds that a scheduler may take to answer."""


def start(options: Options, packs: int, root: Path) -> DaskWorkers:
    """Return the workers that the options ask for, for this many packs with files under `root`."""
    if options.scheduler is not None:
        return DaskWorkers(connect(options.scheduler), root, most=options.workers)
    if options.resolved_device() == "cuda":
        raise ConfigError(
            "engine=dask: without scheduler= it trains on the CPU; device=cpu, or engine=local, is expected."
        )
    size = max(1, min(options.resolved_workers(), packs))
    cluster = LocalCluster(
        n_workers=size,
        threads_per_worker=1,
        processes=True,
        dashboard_address=":0",
        silence_logs=logging.ERROR,
    )
    client = Client(cluster, set_as_default=False)
    client.register_plugin(Deaf())
    return DaskWorkers(client, root, cluster=cluster)


def connect(scheduler: str) -> Client:
    """Return a client of the scheduler at an address, or of the one that wrote a file.

    Raises:
        ConfigError: there is no such file.
        ClusterLostError: nobody answers.
    """
    file = "://" not in scheduler
    if file and not Path(scheduler).is_file():
        raise ConfigError(
            f"{typed('scheduler', scheduler)}: there is no such file; the .json file of a running scheduler, "
            "or tcp://HOST:PORT, is expected."
        )
    where = {"scheduler_file": scheduler} if file else {"address": scheduler}
    try:
        return Client(**where, timeout=PATIENCE_SECONDS, set_as_default=False)
    except Exception as error:  # if the file is not a scheduler's, Dask raises arbitrary errors
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ClusterLostError(f"scheduler={scheduler}: no scheduler answers there ({reason}).") from error


def for_plan(options: Options) -> Options:
    """Return the options with the cluster's current number of workers, at least one, since it may grow."""
    if options.scheduler is None or options.workers is not None:
        return options
    with connect(options.scheduler) as client:
        return replace(options, workers=max(1, len(client.nthreads())))


class Deaf(WorkerPlugin):  # type: ignore[misc]
    """Makes local workers ignore Ctrl-C, which the command handles."""

    def setup(self, worker: Worker) -> None:  # noqa: ARG002
        """Set up a started worker."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
