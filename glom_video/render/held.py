"""What labels of named objects were like in the last picture, so that neither their place nor their
length changes to and fro."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from glom_video.render.places import Box, Offset, aside

MARGIN = 10
"""Heights of the text by which a label may be wider than its object."""
SLACK = 2
"""Heights of the text by which there has to be more room before a name becomes longer again."""
NARROWING = 0.995
"""By how much an object counts as narrower from picture to picture, at most: who walks is as wide
as his widest step."""


@dataclass(slots=True)
class _Held:
    """The label of one object."""

    width: float
    """Of the object, in pixels: its widest of late."""
    letters: int
    """Of its name that are shown."""
    offset: Offset | None = None
    """From where its label belongs; None: it was not drawn."""


@dataclass(slots=True)
class HeldLabels:
    """Labels of the objects of one clip, from picture to picture; for ``render``."""

    _last: dict[int, _Held] = field(default_factory=dict)
    _next: dict[int, _Held] = field(default_factory=dict)

    def begin(self) -> None:
        """A new picture; what the last one did not show is forgotten."""
        self._last, self._next = self._next, {}

    def letters(
        self,
        id_: int,
        width: int,
        size: int,
        most: int,
        width_with: Callable[[int], int],
        room: int,
    ) -> int:
        """How many letters of an object's name are shown, 0 to all of them.

        Args:
            width: of the object, in pixels.
            size: height of the text, in pixels.
            most: how many letters the name has.
            width_with: width of the label with that many letters, in pixels.
            room: the most that a label may be wide: the frame's width.
        """
        last = self._last.get(id_)
        widest = max(float(width), 0.0 if last is None else NARROWING * last.width)
        limit = min(room, int(widest) + MARGIN * size)
        letters = _fitting(limit, most, width_with)
        if last is not None and last.letters != letters:
            surely = _fitting(limit - SLACK * size, most, width_with)
            letters = max(surely, min(last.letters, letters))
        if letters == 0 and width_with(1) <= room:
            letters = 1
        self._next[id_] = _Held(widest, letters)
        return letters

    def offset(
        self, id_: int, home: Box, taken: Sequence[Box], frame: tuple[int, ...]
    ) -> Offset | None:
        """How far the label of an object is moved from where it belongs; None if there is no room.

        Args:
            home: where it belongs.
            taken: where others are.
            frame: height and width.
        """
        last = self._last.get(id_)
        held = self._next.setdefault(id_, _Held(0.0, 0))
        before = None if last is None else last.offset
        held.offset = aside(home, taken, frame, before)
        return held.offset


def _fitting(limit: int, most: int, width_with: Callable[[int], int]) -> int:
    """The most letters with which a label is at most so wide; 0 if one is too many. The whole name
    has no ellipsis, so it may be narrower than most of it."""
    if width_with(most) <= limit:
        return most
    return bisect_right(range(1, most), limit, key=width_with)
