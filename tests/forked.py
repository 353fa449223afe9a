"""Processes of tests that are forked from one that has torch, which takes seconds to import."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext


def forking() -> ForkServerContext:
    """What starts them, those of Dask's workers too, whose part is imported there as well."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["attempts", "hyperopt.engine.dask_task"])
    return context
