"""Guard against forks: in a process forked after the model has run, torch and OpenCV would wait for
threads that only the parent has."""

import os
import threading
from functools import cache

from glom_video.structures import InvalidInput

_forked = threading.Event()


@cache
def notice_forks() -> None:
    """Call before the model runs: processes forked from now on are known as such."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked.set)


def refuse_in_fork() -> None:
    """Check that this process was not forked after ``notice_forks``.

    Raises:
        InvalidInput: it was.
    """
    if _forked.is_set():
        cause = "this process was forked from one that had run the model, whose threads it lacks"
        remedy = (
            'Start processes with multiprocessing.get_context("spawn"), or fork before the model '
            "is used."
        )
        raise InvalidInput(cause, remedy)
