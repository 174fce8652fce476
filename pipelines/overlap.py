"""Pipelined stages: each runs in its own thread, a few items ahead of its consumer, without a
change to the loop over them."""

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from itertools import repeat, takewhile
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_POLL_SECONDS = 0.1
"""Longest wait for room before a thread checks whether its items are still wanted."""
_JOIN_SECONDS = 20.0
"""How long a thread may take to leave: the item at hand, or a read from a network that does not
answer."""


class _End:
    """Comes after the last item."""


_END = _End()


def each(
    step: Callable[[Item], Made], items: Generator[Item, None, None]
) -> Generator[Made, None, None]:
    """``step`` of every item. Closes ``items`` when it is closed itself."""
    with closing(items):  # a map, unlike a loop, keeps no item while the next one is made
        yield from map(step, items)


def ahead(items: Generator[Item, None, None], depth: int, name: str) -> Generator[Item, None, None]:
    """The same items in the same order, made by a thread that is at most ``depth`` items ahead.

    An error of ``items`` is raised here, after the items before it. When this generator ends or is
    closed, the thread has closed ``items`` and finished: closing the last of several such stages
    ends them all, from the last to the first.
    """
    made: queue.Queue[Any] = queue.Queue(depth)
    is_over, errors = threading.Event(), list[BaseException]()
    work = partial(_make, items, partial(_handed_over, made, is_over), errors)
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    try:
        # Nor is one kept here.
        yield from takewhile(lambda item: item is not _END, (made.get() for _ in repeat(None)))
        if errors:
            raise errors[0]
    finally:
        is_over.set()
        thread.join(_JOIN_SECONDS)


def _make(
    items: Generator[Item, None, None],
    hand_over: Callable[[Item | _End], bool],
    errors: list[BaseException],
) -> None:
    """The thread: makes one item after the other while they are wanted, and passes any error on."""
    try:
        with closing(items):
            are_wanted = all(map(hand_over, items))
    except BaseException as error:  # whatever it is, it belongs to the taker
        errors.append(error)
        are_wanted = True
    if are_wanted:
        hand_over(_END)


def _handed_over(made: "queue.Queue[Any]", is_over: threading.Event, item: object) -> bool:
    """False if no more items are wanted."""
    while not is_over.is_set():
        try:
            made.put(item, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
