"""Processes of tests that are forked from one that has torch, which takes seconds to import."""

from __future__ import annotations

import os
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def forking() -> ForkServerContext:
    """What starts them, those of Dask's workers too, whose own choice of imports would come too late."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["attempts", "hyperopt.engine.dask_task"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)  # Python 3.11 does not pass on sys.path
        forkserver.ensure_running()
    return context
