"""Pipelined stages: each runs in a thread of its own, a few items ahead of its consumer; the loop
over them stays as it is."""

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_POLL_SECONDS = 0.1
"""Longest wait for room before a thread checks whether its items are still wanted."""
_JOIN_SECONDS = 20.0
"""How long a thread may take to leave: the item at hand, or a read from a network that does not
answer."""


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def each(
    step: Callable[[Item], Made], items: Generator[Item, None, None]
) -> Generator[Made, None, None]:
    """``step`` of every item. Closes ``items`` when it is closed itself."""
    with closing(items):
        for item in items:
            yield step(item)


def ahead(items: Generator[Item, None, None], depth: int, name: str) -> Generator[Item, None, None]:
    """The same items in the same order, made by a thread that runs at most ``depth`` of them ahead.

    What ``items`` raises is raised here, after the items that came before it. When this generator
    ends or is closed, the thread has closed ``items`` and left: closing the last of several such
    stages ends them all, from the last to the first.
    """
    made: queue.Queue[Any] = queue.Queue(depth)
    is_over = threading.Event()
    thread = threading.Thread(target=_make, args=(items, made, is_over), name=name, daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        is_over.set()
        thread.join(_JOIN_SECONDS)


def _make(
    items: Generator[Item, None, None], made: "queue.Queue[Any]", is_over: threading.Event
) -> None:
    """The thread: makes one item after the other while they are wanted, and passes any error on."""
    end = _End(None)
    try:
        with closing(items):
            for item in items:
                if not _handed_over(item, made, is_over):
                    return
    except BaseException as error:  # whatever it is, it belongs to the taker
        end = _End(error)
    _handed_over(end, made, is_over)


def _handed_over(item: object, made: "queue.Queue[Any]", is_over: threading.Event) -> bool:
    """False if no more items are wanted."""
    while not is_over.is_set():
        try:
            made.put(item, timeout=_POLL_SECONDS)
        except queue.Full:
            continue
        return True
    return False
