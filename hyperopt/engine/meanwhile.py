"""Something done again and again beside other work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHARE = 0.05
"""Of a processor, which the work inside needs too, what an act may have."""


@contextmanager
def meanwhile(act: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call `act` every so many seconds, in a thread of its own, until the work inside has ended.

    Where it has much to do, such as to look at a thousand packs, it is called less often.
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
