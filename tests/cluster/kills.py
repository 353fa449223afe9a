"""`kills.py local|dask|slurm [KILLS]`: a command killed at random moments, and started again until it ends.

By kill -9, 50 times where nothing is said, in sweep after sweep, each of which must end with the numbers of
one that nobody disturbed. Commands are forked from this process; one cluster of Dask stays, as does the Slurm
of $SLURM_CONF (slurm.sh starts one).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)

from attempts import held
from small_runs import EAGER, Watcher, a_plan, measured, small_run

from hyperopt.config import Run
from hyperopt.engine import execute as execution
from hyperopt.engine.execute import execute
from hyperopt.engine.handed_out import handed_out
from hyperopt.engine.heads import checkpointed_ids
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.plan import plan
from hyperopt.records import Store

LONGEST = 5.0
"""Seconds after which a command is killed at the latest."""


def command(folder: Path, runs: Sequence[Run], engine: str, scheduler: str | None) -> None:
    """What a command does."""
    vars(execution)["attempt"] = partial(held, go=Path("/"))  # at once, with checkpoints
    workers = 1 if engine == "local" else 2
    asked = Options("cpu", workers, pack=1, compile=False, engine=engine, scheduler=scheduler)
    store = Store(folder / "records")
    started = [*(each.ids for each in handed_out(folder).values()), *checkpointed_ids(folder)]
    outcome = execute(plan(runs, store.ids(), asked, started=started), store, asked, Watcher())
    assert outcome.failures == [], outcome.failures


def cluster(file: Path) -> None:
    """A cluster of Dask that stays until its process is ended; its scheduler's address goes into a file."""
    from dask_clusters import local_cluster

    with local_cluster(2) as made:
        file.write_text(made.scheduler_address)
        signal.pause()


def forked(task: object, *arguments: object) -> int:
    """Do something in a process of its own; its id."""
    if child := os.fork():
        return child
    code = 1
    try:
        task(*arguments)  # type: ignore[operator]
        code = 0
    finally:
        os._exit(code)


def main(engine: str, kills: int = 50) -> int:
    """Play sweep after sweep until so many commands were killed; the exit code."""
    rng, home = random.Random(0), Path(mkdtemp(prefix="kills-", dir="/tmp"))
    runs = [small_run(seed=seed, epochs=10) for seed in range(4)]
    whole = execute(a_plan(*(Pack((run,)) for run in runs)), Store(home / "whole"), EAGER, Watcher()).records
    expected = {id_: measured(record) for id_, record in whole.items()}
    if engine == "slurm":
        from hyperopt.engine import slurm  # before commands are forked, so that they come to something

        slurm.LOOK_SECONDS = 1.0
    keeper, scheduler, killed, sweeps, wrong = 0, None, 0, 0, 0
    if engine == "dask":
        keeper = forked(cluster, home / "address")
        while not (home / "address").exists():
            time.sleep(0.1)
        scheduler = (home / "address").read_text()
    try:
        while killed < kills:
            sweeps += 1
            folder, ended = home / f"sweep-{sweeps}", False
            while not ended:
                child = forked(command, folder, runs, engine, scheduler)
                end = time.monotonic() + (rng.uniform(0.0, LONGEST) if killed < kills else 600.0)
                while not (ended := os.waitpid(child, os.WNOHANG)[0] != 0) and time.monotonic() < end:
                    time.sleep(0.01)
                if not ended:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    killed += 1
            found = {id_: measured(record) for id_, record in Store(folder / "records").load().items()}
            wrong += found != expected
    finally:
        if keeper:
            os.kill(keeper, signal.SIGTERM)
    print(f"engine={engine}: {killed} kills in {sweeps} sweeps, {wrong} of them with other numbers")
    shutil.rmtree(home)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
