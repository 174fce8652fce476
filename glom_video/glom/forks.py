"""A model that has run cannot run in processes that are forked later: torch and OpenCV would wait
there for threads that only the parent has."""

import os
import threading
from functools import cache

from glom_video.structures import InvalidInput

_forked = threading.Event()


@cache
def notice_forks() -> None:
    """To be called before the model runs: processes that are forked from now on know it."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked.set)


def refuse_in_fork() -> None:
    """Raise InvalidInput in a process that was forked after ``notice_forks``."""
    if _forked.is_set():
        cause = "this process was forked from one that had run the model, whose threads it lacks"
        raise InvalidInput(
            cause,
            (
                'Start processes with multiprocessing.get_context("spawn"), or fork before the '
                "model is used."
            ),
        )
