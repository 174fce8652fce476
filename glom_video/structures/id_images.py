"""Soft memberships -> a track id per pixel."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from operator import index

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from glom_video.structures.tracks import Tracks

LEAST_SHARE = 0.02
"""Least share of a pixel inside an outline for which a track gets the pixel."""
_Box = tuple[slice, slice]


def id_image(tracks: Tracks, height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Track id of each pixel, 0 = none: the track with the largest membership, upsampled
    bicubically. Near outlines, ``tracks.inside`` decides where there is no track, if it is given.

    Each track is upsampled within its own bounding box, so the cost grows with the painted area and
    not with the number of tracks. Raises ValueError for sizes that are not whole numbers from 1 up.
    """
    try:
        size = index(height), index(width)
    except TypeError:
        size = (0, 0)
    if min(size) < 1:
        cause = "an id image has a height and a width in whole pixels from 1 up"
        raise ValueError(f"{cause}, got {height!r}, {width!r}")
    return id_images([tracks], *size)[0]


def id_images(levels: Sequence[Tracks], height: int, width: int) -> list[Int32[np.ndarray, "H W"]]:
    """``id_image`` of several levels of one frame: outlines that they share are upsampled once."""
    insides = {id(each.inside): each.inside for each in levels if each.inside is not None}
    outlines = {key: _outline(inside, height, width) for key, inside in insides.items()}
    return [_id_image(each, outlines.get(id(each.inside)), height, width) for each in levels]


def _id_image(
    tracks: Tracks, outline: "_Outline | None", height: int, width: int
) -> Int32[np.ndarray, "H W"]:
    import cv2

    best = _upsampled(tracks.memberships[0], (height, width))
    if outline is not None:
        cv2.copyTo(np.full_like(best, 2), outline.outside, best)
        cv2.copyTo(np.minimum(best, LEAST_SHARE), outline.inside, best)
    ids = np.zeros((height, width), np.int32)
    for track_id, membership, box in zip(
        tracks.ids, tracks.memberships[1:], _boxes(tracks.memberships, height, width), strict=True
    ):
        if box is None:
            continue
        cells, pixels = box
        window = best[pixels]
        share = _upsampled(membership[cells], window.shape)
        wins = share > window
        np.copyto(window, share, where=wins)
        np.copyto(ids[pixels], track_id, where=wins)
    return ids


def boxes_of(
    ids: Int32[np.ndarray, "H W"], wanted: Int32[np.ndarray, " k"]
) -> Int32[np.ndarray, "k 4"]:
    """Left, top, right and bottom in pixels of each wanted id in an id image; right and bottom are
    exclusive. An id that is nowhere gets zeros."""
    boxes = np.zeros((len(wanted), 4), np.int32)
    for box, number in zip(boxes, wanted, strict=True):
        mask = ids == number
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


@dataclass(frozen=True, slots=True)
class _Outline:
    """Where, near outlines, the share of none wins (1 outside) or loses (1 inside); else 0."""

    outside: UInt8[np.ndarray, "H W"]
    inside: UInt8[np.ndarray, "H W"]


def _outline(inside: Float32[np.ndarray, "hp wp"], height: int, width: int) -> _Outline:
    """By the sign of log odds that a place is inside."""
    import cv2

    sure = cv2.resize(inside, (width, height), interpolation=cv2.INTER_LINEAR)
    # OpenCV's own comparison takes the number for another picture where there is one pixel only.
    return _Outline((sure < 0).view(np.uint8), (sure > 0).view(np.uint8))


def _boxes(
    memberships: Float32[np.ndarray, "rows hs ws"], height: int, width: int
) -> list[tuple[_Box, _Box] | None]:
    """Per track, the cells outside which it cannot be the largest, and their pixels; None where it
    is the largest nowhere.

    Shares sum to 1 in every pixel, so the largest holds at least 1/(k+1); a bicubic kernel
    amplifies by less than 1.6.
    """
    import cv2

    can_win = (memberships[1:] > 1 / (1.6 * len(memberships))).view(np.uint8)
    boxes: list[tuple[_Box, _Box] | None] = []
    for cells in can_win:
        left, top, across, down = cv2.boundingRect(cells)
        rows = _span(top, top + down, cells.shape[0], height)
        columns = _span(left, left + across, cells.shape[1], width)
        boxes.append(((rows[0], columns[0]), (rows[1], columns[1])) if across else None)
    return boxes


def _span(first: int, end: int, cells: int, pixels: int) -> tuple[slice, slice]:
    """Along one axis, the cells from a track's first to its last, and the pixels that they cover
    exactly.

    Both ends move outwards to where cell and pixel edges coincide; otherwise a crop would be
    upsampled at another phase than the whole.
    """
    period = cells // gcd(cells, pixels)
    reach = 2  # cells that a bicubic kernel can spill over
    start = max((first - reach) // period * period, 0)
    stop = min(-(-(end + reach) // period) * period, cells)
    return slice(start, stop), slice(start * pixels // cells, stop * pixels // cells)


def _upsampled(
    membership: Float32[np.ndarray, "hs ws"], size: tuple[int, ...]
) -> Float32[np.ndarray, "H W"]:
    """Bicubic, to (height, width)."""
    import cv2

    return cv2.resize(membership, size[::-1], interpolation=cv2.INTER_CUBIC)
