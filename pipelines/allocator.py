"""Settings of glibc's allocator that keep freed memory in the process.

Returning freed tensors to the system and mapping them again at each step costs more time than the
arithmetic.
"""

import ctypes
import sys

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX, ARENA_MAX = -1, -2, -4, -8
"""Parameters of mallopt, numbered as in glibc's malloc.h."""


def keep_freed_memory() -> bool:
    """Tell glibc to map nothing separately, to return nothing, and to use one arena. Returns
    whether that was done: other C libraries have no such settings.

    With several arenas, memory that one thread takes and another frees stays in pieces: 13 MB more
    per thousand frames. Call it before threads start.
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
