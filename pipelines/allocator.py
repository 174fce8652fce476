"""Settings of glibc's allocator: freed tensors stay with the process.

Handed back to the system and mapped again at each step, they cost more time than the arithmetic.
"""

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8
"""Parameters of glibc's mallopt, as its malloc.h numbers them."""


def keep_freed_memory() -> bool:
    """Tell glibc to map nothing apart, to give nothing back, and to keep it in one place. Returns
    whether that was done: other C libraries have no such switch.

    In one place, because what one thread takes and another gives back would lie about in pieces: 13
    MB more in every thousand frames. Call it before threads begin.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all(
        mallopt(parameter, value) == 1
        for parameter, value in (
            (ARENA_MAX, 1),
            (MMAP_MAX, 0),
            (TRIM_THRESHOLD, 2**31 - 1),
            (TOP_PAD, 100_000_000),
        )
    )
