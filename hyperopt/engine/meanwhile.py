"""Repeats an action in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHARE = 0.05
"""The maximum share of a processor for the action, since the work needs it too."""


@contextmanager
def meanwhile(act: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `act` periodically in a thread until the enclosed work ends.

    If a call takes long, for example with a thousand packs, calls become less frequent.
    """
    stop = threading.Event()

    def repeat() -> None:
        took = 0.0
        while not stop.wait(max(seconds, took / SHARE)):
            began = time.thread_time()
            act()
            took = time.thread_time() - began

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
