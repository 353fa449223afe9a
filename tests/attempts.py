"""Ways to train a pack in tests of clusters, by which workers find them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from dask_clusters import until

from hyperopt.engine import trainer
from hyperopt.engine.attempt import Failure, attempt
from hyperopt.engine.options import Options
from hyperopt.engine.pack import Pack
from hyperopt.engine.pack_files import PackFiles
from hyperopt.records import Record

torch.compiler.reset()  # imports the compiler, as the first step of every process would that is forked
EPOCH = trainer.train_epoch
A_RUN = 400 * 2**20


def held(pack: Pack, options: Options, root: Path, go: Path) -> list[Record] | Failure:
    """Train a pack with a checkpoint after every epoch; not past the first before there is a file `go`."""
    files = PackFiles(root, pack.name)

    def epoch_once_it_may(*arguments: Any) -> Any:
        if files.checkpoint.exists():
            until(go.exists)  # for a while: a test that failed meanwhile waits for the pack to end
        return EPOCH(*arguments)

    vars(trainer).update(CHECKPOINT_SECONDS=-1.0, train_epoch=epoch_once_it_may)
    return attempt(pack, options, root)


def alone(pack: Pack, options: Options, root: Path, go: Path) -> list[Record] | Failure:
    """The same where the folder of the command cannot be seen."""
    assert "dask" in str(root), root
    return held(pack, options, root, go)


def hungry(pack: Pack, options: Options, root: Path) -> list[Record] | Failure:
    """Train a pack that takes much memory."""
    taken = bytearray(A_RUN * len(pack.runs))
    time.sleep(1.0)  # the nanny looks ten times a second
    assert taken
    return attempt(pack, options, root)
