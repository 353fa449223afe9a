"""Preparing a process for training, and watching over workers."""

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
from functools import cache
from importlib.util import find_spec

import torch

from hyperopt.engine.torch_private import compile_in_one_thread

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST = 2**31 - 1


def prepare_process() -> None:
    """One torch thread, denormals flushed, and an allocator that keeps large blocks from step to step.

    A GPU multiplies float32 as float32 too: torch would have it convolve with 10 bits of mantissa, TF32.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.backends.cudnn.allow_tf32 = False
    # The compiler would rather have GPUs multiply in TF32.
    warnings.filterwarnings("ignore", message="TensorFloat32 tensor cores")
    prepare_once()


@cache
def prepare_once() -> None:
    """What stays as it was said once: large blocks are kept, the compiler says less.

    Modules are not looked through for garbage any more, which took 0.1 s after each pack.
    """
    gc.freeze()
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(M_MMAP_THRESHOLD, LARGEST)
            libc.mallopt(M_TRIM_THRESHOLD, LARGEST)


def give_memory_back() -> None:
    """Give the system what the allocators keep for the next step."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)


def start_worker() -> None:
    """Begin a worker of one core: it leaves Ctrl-C to its parent and ends with it, even by kill -9."""
    compile_in_one_thread()
    leave_no_semaphore()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def leave_no_semaphore() -> None:
    """Have tqdm, which the compiler calls, lock its bars for this process alone.

    Else it makes a semaphore of the system, which a worker leaves there when it is ended, and of which Python
    warns where the command ends.
    """
    if find_spec("tqdm") is not None:
        from tqdm import tqdm

        tqdm.set_lock(threading.RLock())


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
