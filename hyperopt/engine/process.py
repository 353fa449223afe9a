"""Prepares processes for training and manages workers."""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import ParamSpec, TypeVar

import torch

from hyperopt.engine.torch_private import compile_in_one_thread

P = ParamSpec("P")
R = TypeVar("R")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST = 2**31 - 1


FRAMES = 70_000
"""Slots of 8 bytes in the frame of `with_room`, so that its chunk has 1 MiB, 0.4 of it for further frames."""


def with_room(function: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
    """Call a function so that Python need not reserve memory for frames while it runs.

    CPython keeps frames in chunks of 16 KiB and unmaps a chunk when its last frame ends, so a loop whose
    calls begin at the end of a chunk maps memory anew at every call: torch's compiler did 330,000 times for
    one program, which took a sixth of its time. A frame that needs more gets a larger chunk, whose rest is
    left to the frames of its calls.
    """
    return function(*args, **named)


with_room.__code__ = with_room.__code__.replace(co_stacksize=FRAMES)


def prepare_process() -> None:
    """Set one torch thread, denormals flushed to zero, and an allocator that reuses large blocks.

    On a GPU, disable TF32 too: torch would compute float32 convolutions with 10 bits of mantissa.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False
    # The compiler advises using TF32 on GPUs.
    warnings.filterwarnings("ignore", message="TensorFloat32 tensor cores")
    prepare_once()


@cache
def prepare_once() -> None:
    """Apply settings that need to be made only once: reuse large blocks, quiet the compiler.

    Modules are excluded from garbage collection, which took 0.1 s after each pack.
    """
    gc.freeze()
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(M_MMAP_THRESHOLD, LARGEST)
            libc.mallopt(M_TRIM_THRESHOLD, LARGEST)


def give_memory_back() -> None:
    """Return the allocators' unused memory to the system."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)


def start_worker() -> None:
    """Set up a one-core worker: it ignores Ctrl-C and ends with its parent, even after kill -9."""
    compile_in_one_thread()
    leave_no_semaphore()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def leave_no_semaphore() -> None:
    """Make tqdm, which the compiler uses, lock its bars within this process only.

    Otherwise it creates a system semaphore, which a terminated worker leaves behind and about which Python
    warns when the command ends.
    """
    if find_spec("tqdm") is not None:
        from tqdm import tqdm

        tqdm.set_lock(threading.RLock())


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
