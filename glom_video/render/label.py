"""Ids, given names and scores written into a picture, where there is room."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Int32, UInt8

from glom_video.render.colour import label_of, text_colours
from glom_video.render.held import HeldLabels
from glom_video.render.letters import letters_of, shortened
from glom_video.render.paint import blend
from glom_video.render.places import Box, box_around, is_free, moved
from glom_video.structures import NO_NAMES, GivenNames, Tracks

_Picture = UInt8[np.ndarray, "H W 3"]
_Glyphs = UInt8[np.ndarray, "2 h w"]
"""Opacity of a text, and of the text with its outline."""
_Label = tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]
"""A text in its colour, and the opacity of it with its outline."""


def text_height(height: int, width: int) -> int:
    """Pixels of a capital letter in a frame of this size."""
    return max(9, round(min(height, width) / 32))


def coarse(ids: Int32[np.ndarray, "H W"]) -> Int32[np.ndarray, "h w"]:
    """Every few pixels of an id image, enough to find a place for a text."""
    step = _step(ids.shape)
    return ids[::step, ::step]


def _step(size: tuple[int, ...]) -> int:
    """Pixels from each that is looked at to the next, in a picture of this height and width."""
    return max(1, min(size) // 90)


def write_ids(
    picture: _Picture,
    tracks: Tracks,
    ids: Int32[np.ndarray, "h w"],
    size: int,
    taken: list[Box],
    with_scores: bool = True,
    names: GivenNames = NO_NAMES,
    held: HeldLabels | None = None,
) -> list[Box]:
    """Write each track's name, its given name and its score near its centroid, unless it is too
    small or there is no room. Returns all boxes taken.

    Where no track has a given name, a label on which another stands is left out. Else it is moved
    aside, and given names are shortened where the label is much wider than its object.

    Args:
        ids: id of each pixel's track, as ``coarse`` has them.
        size: height of the text in pixels.
        held: the labels of the last picture, of which this one makes its own.
    """
    has_names = any(map(names.given, tracks.names))
    held = held or HeldLabels()
    held.begin()
    frame = picture.shape[:2]
    own = label_of(tracks.ids).tolist()
    middles = _middles(ids, tracks.ids, _step(frame), least=1.5 * size**2)
    for row, (name, label, middle) in enumerate(zip(tracks.names, own, middles, strict=True)):
        if middle is None:
            continue
        share = f"{tracks.score[row]:.0%}" if with_scores else ""
        id_, called = int(tracks.ids[row]), name
        if given := names.given(name):
            called = _called(held, id_, (name, given), middle.across, size, frame[1])
        drawn = _drawn(called, share, size, label)
        box = box_around(middle.x, middle.y, drawn[1].shape, frame)
        if box is not None and has_names:
            offset = held.offset(id_, box, taken, frame)
            box = None if offset is None else moved(box, offset)
        if box is not None and is_free(box, taken):
            _write(picture, drawn, box)
            taken = [*taken, box]
    return taken


class _Middle(NamedTuple):
    """Where the label of a track belongs, in pixels."""

    x: int
    y: int
    across: int
    """Width of the track."""


def _middles(
    ids: Int32[np.ndarray, "h w"], wanted: Int32[np.ndarray, " k"], step: int, least: float
) -> list[_Middle | None]:
    """The middle of each wanted id in pixels of the picture, of which ``ids`` are every ``step``;
    None for one of fewer than ``least`` pixels."""
    flat = ids.ravel()
    by_id = flat.argsort(kind="stable")  # once for all ids
    starts = np.searchsorted(flat, wanted, sorter=by_id)
    ends = np.searchsorted(flat, wanted, "right", sorter=by_id)
    middles: list[_Middle | None] = []
    for start, end in zip(starts, ends, strict=True):
        rows, columns = np.divmod(by_id[start:end], ids.shape[1])
        if len(rows) * step**2 < least:
            middles.append(None)
            continue
        # The centroid of a bent shape lies outside it: take the nearest place inside.
        y, x = rows - rows.sum() / len(rows), columns - columns.sum() / len(rows)
        nearest = int(np.argmin(y * y + x * x))
        across = int(np.ptp(columns) + 1) * step
        middles.append(_Middle(int(columns[nearest]) * step, int(rows[nearest]) * step, across))
    return middles


def _called(
    held: HeldLabels, id_: int, names: tuple[str, str], width: int, size: int, room: int
) -> str:
    """An object's name and its given name, as many letters of it as there is room for beside a
    score; ``width`` of the object and ``room`` in pixels."""
    name, given = names
    share = _glyphs("100%", round(0.7 * size)).shape[2]

    def called(letters: int) -> str:
        return f"{name} {shortened(given, letters)}".strip()

    def width_with(letters: int) -> int:
        return _glyphs(called(letters), size).shape[2] + share

    most = len(letters_of(given))
    return called(held.letters(id_, width, size, most, width_with, room))


def titled(picture: _Picture, title: str) -> _Picture:
    """The same picture with a title in its upper left corner."""
    height, width = picture.shape[:2]
    glyphs = _glyphs(title, text_height(height, width))
    box = box_around(0, 0, glyphs.shape[1:], (height, width))
    if box is not None:
        _write(picture, _coloured(glyphs, np.full(3, 255, np.uint8)), box)
    return picture


@lru_cache(1024)
def _drawn(name: str, share: str, size: int, label: int) -> _Label:
    """A track's name and, smaller, its score, which may be empty; they hardly change from frame to
    frame."""
    glyphs = _glyphs(name, size)
    if share:
        glyphs = _beside(glyphs, _glyphs(share, round(0.7 * size)))
    return _coloured(glyphs, text_colours()[label])


@lru_cache(4096)
def _glyphs(text: str, size: int) -> _Glyphs:
    """Text with an outline grown from it: OpenCV's own bold letters have other widths than the thin
    ones."""
    import cv2

    font, scale = cv2.FONT_HERSHEY_DUPLEX, size / 21
    (width, height), baseline = cv2.getTextSize(text, font, scale, 1)
    pad = 1 + max(1, round(size / 8))
    canvas = np.zeros((height + baseline + 2 * pad, width + 2 * pad), np.uint8)
    cv2.putText(canvas, text, (pad, pad + height), font, scale, 255, 1, cv2.LINE_AA)
    outline = cv2.dilate(
        canvas, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pad - 1, 2 * pad - 1))
    )
    return np.stack([canvas, outline])


def _beside(first: _Glyphs, second: UInt8[np.ndarray, "2 h2 w2"]) -> UInt8[np.ndarray, "2 h w3"]:
    """Two texts on one line, the second no taller than the first."""
    centred = np.zeros((2, first.shape[1], second.shape[2]), np.uint8)
    top = (first.shape[1] - second.shape[1]) // 2
    centred[:, top : top + second.shape[1]] = second
    return np.concatenate([first, centred], axis=2)


def _coloured(glyphs: _Glyphs, colour: UInt8[np.ndarray, " 3"]) -> _Label:
    text, outline = glyphs
    ink = 16 + (colour.astype(np.float32) - 16) * (text[..., None] / np.float32(255))
    return ink.astype(np.uint8), outline


def _write(picture: _Picture, drawn: _Label, box: Box) -> None:
    ink, outline = drawn
    left, top, right, bottom = box
    blend(picture[top:bottom, left:right], ink.copy(), outline)
