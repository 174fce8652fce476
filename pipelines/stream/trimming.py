"""Freed memory goes back to the system every few seconds, so that a run of days takes no more than
one of minutes."""

import ctypes
import gc
import sys
import time
from collections.abc import Callable

EVERY_SECONDS = 5.0
"""Between two givings back."""


class MemoryTrimmer:
    """glibc keeps what one thread has taken and another given back in pieces that it cannot use
    again: half a megabyte a second of live video. And objects that refer to each other wait, once
    they have grown old, for a collection of all objects, which with torch loaded hardly ever
    comes."""

    def __init__(self) -> None:
        gc.freeze()  # what the program has loaded is not looked through each time
        self._trim: Callable[[int], int] | None = None
        if sys.platform.startswith("linux"):
            self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._due = time.monotonic() + EVERY_SECONDS

    def __call__(self) -> bool:
        """Every few seconds, to be called at least as often; takes about 5 ms. Returns whether it
        was time, and something can be done here."""
        if self._trim is None or time.monotonic() < self._due:
            return False
        gc.collect()
        self._trim(0)
        self._due = time.monotonic() + EVERY_SECONDS
        return True
