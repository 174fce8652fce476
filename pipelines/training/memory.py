"""Freed tensors stay with the process: handed back to the system and mapped again at each step, they cost more time than the arithmetic."""

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""Parameters of glibc's mallopt, as its malloc.h numbers them."""


def keep_freed_memory() -> bool:
    """Tell glibc to map nothing apart and to give nothing back. Returns whether that was done: other C libraries have no such switch."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(mallopt(parameter, value) == 1 for parameter, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 100_000_000)))
