"""Where a text stands in a picture: moved into it, and aside where another stands."""

from collections.abc import Iterable, Sequence
from itertools import product

Box = tuple[int, int, int, int]
"""Pixels: left, top, right, bottom."""
Offset = tuple[int, int]
"""Pixels to the right, and down."""
MOST_HEIGHTS = 3
"""Of a text: how far it is moved up or down. To a side it is half of its width."""


def box_around(x: int, y: int, size: tuple[int, ...], frame: tuple[int, ...]) -> Box | None:
    """A box of a size (height, width) around a point, moved into the frame; None if it does not fit
    there."""
    (height, width), (frame_height, frame_width) = size, frame
    if height > frame_height or width > frame_width:
        return None
    left = min(max(x - width // 2, 0), frame_width - width)
    top = min(max(y - height // 2, 0), frame_height - height)
    return left, top, left + width, top + height


def is_free(box: Box, taken: Iterable[Box]) -> bool:
    """Whether it overlaps none of the others."""
    return not any(_overlap(box, other) for other in taken)


def moved(box: Box, by: Offset) -> Box:
    """The box at another place."""
    left, top, right, bottom = box
    return left + by[0], top + by[1], right + by[0], bottom + by[1]


def aside(
    box: Box, taken: Sequence[Box], frame: tuple[int, ...], before: Offset | None
) -> Offset | None:
    """How far to move a box to where it overlaps no other and is inside the frame (height, width);
    None if there is no room near it.

    Args:
        before: how far it was moved in the last picture. It stays there for as long as it can, or
            is moved from there by as little as possible; to where it belongs it goes back once
            there is room of its own height around it. None: there was no last picture.
    """
    left, top, right, bottom = box
    height, width = bottom - top, right - left
    was_moved = before not in (None, (0, 0))
    margin = height if was_moved else 0
    if is_free((left - margin, top - margin, right + margin, bottom + margin), taken):
        return 0, 0
    across, down = width // 2, MOST_HEIGHTS * height
    reached = left - across, top - down, right + across, bottom + down
    near = [other for other in taken if _overlap(reached, other)]
    rights = {0, *(x for other in near for x in (other[0] - right, other[2] - left))}
    downs = {0, *(y for other in near for y in (other[1] - bottom, other[3] - top))}
    start = before or (0, 0)

    def distance(offset: Offset) -> tuple[int, Offset]:
        return abs(offset[0] - start[0]) + abs(offset[1] - start[1]), offset

    for offset in sorted({start, *product(rights, downs)}, key=distance):
        is_near = abs(offset[0]) <= across and abs(offset[1]) <= down
        there = moved(box, offset)
        if is_near and _is_inside(there, frame) and is_free(there, near):
            return offset
    return None


def _is_inside(box: Box, frame: tuple[int, ...]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= frame[1] and box[3] <= frame[0]


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
