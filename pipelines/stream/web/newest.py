"""The newest picture and state, handed from the loop's thread to any number of viewers."""

import asyncio
from dataclasses import dataclass
from typing import Any

from glom_video.structures import ColumnStates


@dataclass(frozen=True, slots=True)
class PublishedFrame:
    """State and picture of one frame, as viewers get them."""

    number: int
    frame: dict[str, Any]
    """What is shown of the frame, as JSON takes it."""
    beside: dict[str, Any]
    """All else that is shown, as JSON takes it."""
    jpeg: bytes | None
    """The last picture, None before the first."""
    picture_number: int
    """Counts pictures: a viewer that has seen this one need not get it again."""
    columns: ColumnStates | None
    """Of that picture."""


NOTHING_YET = PublishedFrame(0, {}, {}, None, 0, None)


class Newest:
    """One slot: a late viewer gets the newest only, so a slow one loses pictures and delays no
    other."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._published = NOTHING_YET
        self._number = self._picture_number = 0
        self._changed = asyncio.Event()
        self._has_ended = False

    def serve_from(self, loop: asyncio.AbstractEventLoop) -> None:
        """Viewers wait in this event loop."""
        self._loop = loop

    @property
    def published(self) -> PublishedFrame:
        return self._published

    def put(
        self,
        frame: dict[str, Any],
        beside: dict[str, Any],
        jpeg: bytes | None,
        columns: ColumnStates | None = None,
    ) -> None:
        """From any thread. ``jpeg`` None: the last picture is still the newest."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, frame, beside, jpeg, columns)

    def _put(
        self,
        frame: dict[str, Any],
        beside: dict[str, Any],
        jpeg: bytes | None,
        columns: ColumnStates | None,
    ) -> None:
        self._number += 1
        if jpeg is None:
            jpeg = self._published.jpeg
        else:
            self._picture_number += 1
        self._published = PublishedFrame(
            self._number, frame, beside, jpeg, self._picture_number, columns
        )
        self._wake()

    def forget(self) -> None:
        """In the event loop: what was put for earlier viewers may be old, and is shown to none that
        comes now."""
        self._published = NOTHING_YET

    def end(self) -> None:
        """From any thread: nothing more will be put, and nobody needs to wait for it."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._has_ended = True
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def after(self, number: int) -> PublishedFrame | None:
        """The newest one, as soon as it is newer than ``number``; None if none will be."""
        while self._published.number <= number:
            if self._has_ended:
                return None
            await self._changed.wait()
        return self._published
