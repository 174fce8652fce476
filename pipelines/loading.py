"""Libraries loaded without garbage collection: what is loaded stays, and looking for garbage in it
takes a fifth of the time that torch takes to load."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """For the block that loads libraries; from then on they are not looked through."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
