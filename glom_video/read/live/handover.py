"""A bounded queue from one thread to another, with a way out of every wait."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

WAIT_SECONDS = 0.1
"""Longest wait before the stop event is checked again."""


class Handover(Generic[T]):
    """One thread puts, one takes. Once ``stop`` is set or the taker has left, no call waits.

    Args:
        capacity: most items in the queue.
        drops_oldest: whether a full queue loses its oldest item to a new one; otherwise the putting
            thread waits for room.
    """

    def __init__(self, stop: threading.Event, *, capacity: int, drops_oldest: bool) -> None:
        self._stop, self._drops_oldest = stop, drops_oldest
        self._capacity, self._items = capacity, deque[T](maxlen=capacity)
        self._changed = threading.Condition()
        self._has_ended = self._has_left = False
        self._error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing that is put will be taken any more."""
        return self._stop.is_set() or self._has_left

    def put(self, item: T) -> None:
        """Hand over an item; it is dropped where nothing will be taken any more."""
        with self._changed:
            while (
                not self._drops_oldest and len(self._items) == self._capacity and not self.is_over
            ):
                self._changed.wait(WAIT_SECONDS)
            if not self.is_over:
                # With drops_oldest the deque's own bound pushes the oldest out.
                self._items.append(item)
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more will be put; the taker gets ``error`` after what is still there."""
        with self._changed:
            self._has_ended, self._error = True, error
            self._changed.notify_all()

    def leave(self) -> None:
        """Nothing more will be taken."""
        with self._changed:
            self._has_left = True
            self._changed.notify_all()

    @property
    def is_exhausted(self) -> bool:
        """Whether the queue is empty and will stay so."""
        with self._changed:
            return self.is_over or (self._has_ended and not self._items)

    def take(self, timeout_seconds: float) -> T | None:
        """The oldest item; None if none came in time or none will come.

        Raises:
            Exception: the error that the putting thread ended with, once all items are taken.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while (
                not self._items
                and not self._has_ended
                and not self.is_over
                and (left := deadline - time.monotonic()) > 0
            ):
                self._changed.wait(min(left, WAIT_SECONDS))
            if self._items and not self.is_over:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._has_ended and self._error is not None and not self.is_over:
                raise self._error
            return None

    def __iter__(self) -> Iterator[T]:
        while not self.is_exhausted:
            item = self.take(WAIT_SECONDS)
            if item is not None:
                yield item
        self.take(0.0)  # raises the error, if it ended with one
