"""Soft memberships -> a track id per pixel, and the colours that ids are drawn in."""

from math import gcd

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from glom_video.structures.tracks import Tracks

LEAST_SHARE = 0.02
"""Of a pixel inside an outline, that a track must have to be given it."""
_Box = tuple[slice, slice]


def id_image(tracks: Tracks, height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Track id of each pixel, 0 = none: memberships upsampled bicubically and the largest taken.
    Near outlines ``tracks.inside``, where there is one, tells where none is.

    Each track is upsampled inside its own bounding box only, so the cost grows with the area
    painted and not the number of tracks.
    """
    best = _upsampled(tracks.memberships[0], (height, width))
    if tracks.inside is not None:
        _outline(best, tracks.inside)
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
    """Left, top, right and bottom in pixels of each wanted id of an id image, right and bottom just
    outside of it; zeros of one that is nowhere."""
    boxes = np.zeros((len(wanted), 4), np.int32)
    for box, number in zip(boxes, wanted, strict=True):
        mask = ids == number
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


def _outline(none: Float32[np.ndarray, "H W"], inside: Float32[np.ndarray, "hp wp"]) -> None:
    """Let the share of none win, or lose, by the sign of ``inside``."""
    import cv2

    sure = cv2.resize(inside, none.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.copyto(none, 2, where=sure < 0)
    np.minimum(none, LEAST_SHARE, out=none, where=sure > 0)


def _boxes(
    memberships: Float32[np.ndarray, "rows hs ws"], height: int, width: int
) -> list[tuple[_Box, _Box] | None]:
    """Per track the cells, and their pixels, outside which it cannot be the largest; None where it
    nowhere is.

    Shares sum to 1 in every pixel, so the largest holds at least 1/(k+1); a bicubic kernel
    amplifies by less than 1.6.
    """
    can_win = memberships[1:] > 1 / (1.6 * len(memberships))
    spans = (_spans(can_win.max(2), height), _spans(can_win.max(1), width))
    return [
        None if rows is None or columns is None else ((rows[0], columns[0]), (rows[1], columns[1]))
        for rows, columns in zip(*spans, strict=True)
    ]


def _spans(occupied: Bool[np.ndarray, "k cells"], pixels: int) -> list[tuple[slice, slice] | None]:
    """Along one axis, the cells from a track's first to its last and the pixels that they cover
    exactly.

    Both ends are moved outwards to where a cell's edge falls on a pixel's edge, or a crop would be
    upsampled at another phase than the whole.
    """
    cells = occupied.shape[1]
    period = cells // gcd(cells, pixels)
    reach = 2  # cells that a bicubic kernel can spill over
    first, end = occupied.argmax(1), cells - occupied[:, ::-1].argmax(1)
    starts = np.maximum((first - reach) // period * period, 0).tolist()
    stops = np.minimum(-(-(end + reach) // period) * period, cells).tolist()
    spans = [
        (slice(start, stop), slice(start * pixels // cells, stop * pixels // cells))
        for start, stop in zip(starts, stops, strict=True)
    ]
    return [span if row.any() else None for span, row in zip(spans, occupied, strict=True)]


def _upsampled(
    membership: Float32[np.ndarray, "hs ws"], size: tuple[int, ...]
) -> Float32[np.ndarray, "H W"]:
    """Bicubic, to (height, width)."""
    import cv2

    return cv2.resize(membership, size[::-1], interpolation=cv2.INTER_CUBIC)


def palette() -> UInt8[np.ndarray, "256 3"]:
    """RGB colours of indexed PNGs: Pascal VOC's, of which DAVIS shares the first 22. An index's
    bits are dealt out to red, green and blue in turn."""
    index = np.arange(256)
    bits = (index[:, None] >> np.arange(8)) & 1
    channels = [
        sum(
            bits[:, 3 * place + channel] << (7 - place)
            for place in range(3)
            if 3 * place + channel < 8
        )
        for channel in range(3)
    ]
    return np.stack(channels, axis=1).astype(np.uint8)
