"""Ids and scores written into a picture, where there is room."""

from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from glom_video.render.colour import label_of, text_colours
from glom_video.render.letters import as_drawn
from glom_video.render.paint import blend
from glom_video.structures import NO_NAMES, GivenNames, Tracks

_Picture = UInt8[np.ndarray, "H W 3"]
_Glyphs = UInt8[np.ndarray, "2 h w"]
"""Opacity of a text, and of the text with its outline."""
_Label = tuple[UInt8[np.ndarray, "h w 3"], UInt8[np.ndarray, "h w"]]
"""A text in its colour, and the opacity of it with its outline."""
_Box = tuple[int, int, int, int]
"""Pixels: left, top, right, bottom."""


def text_height(height: int, width: int) -> int:
    """Pixels of a capital letter in a frame of this size."""
    return max(9, round(min(height, width) / 32))


def write_ids(
    picture: _Picture,
    tracks: Tracks,
    labels: UInt8[np.ndarray, "H W"],
    size: int,
    taken: list[_Box],
    with_scores: bool = True,
    names: GivenNames = NO_NAMES,
) -> list[_Box]:
    """Write each track's name, its given name and its score near its centroid, unless it is too
    small or another text is there. Returns all boxes taken.

    Args:
        labels: label of each pixel's track, as ``label_of(ids)``.
        size: height of the text in pixels.
    """
    step = max(1, min(labels.shape) // 90)  # a coarse map is enough to find a place
    coarse = np.ascontiguousarray(labels[::step, ::step])
    by_label = coarse.ravel().argsort(kind="stable")  # once for all labels
    ends = np.bincount(coarse.ravel(), minlength=256).cumsum()
    for name, score, label in zip(tracks.names, tracks.score, label_of(tracks.ids), strict=True):
        rows, columns = np.divmod(by_label[ends[label - 1] : ends[label]], coarse.shape[1])
        if len(rows) * step**2 < 1.5 * size**2:
            continue
        # The centroid of a bent shape lies outside it: take the nearest place inside.
        y, x = rows - rows.sum() / len(rows), columns - columns.sum() / len(rows)
        nearest = int(np.argmin(y * y + x * x))
        called = f"{name} {as_drawn(names.given(name))}".strip()
        share = f"{score:.0%}" if with_scores else ""
        drawn = _drawn(called, share, size, int(label))
        x, y = int(columns[nearest]) * step, int(rows[nearest]) * step
        box = _box_around(x, y, drawn[1].shape, labels.shape)
        if box is not None and not any(_overlap(box, other) for other in taken):
            _write(picture, drawn, box)
            taken = [*taken, box]
    return taken


def titled(picture: _Picture, title: str) -> _Picture:
    """The same picture with a title in its upper left corner."""
    height, width = picture.shape[:2]
    glyphs = _glyphs(title, text_height(height, width))
    box = _box_around(0, 0, glyphs.shape[1:], (height, width))
    if box is not None:
        _write(picture, _coloured(glyphs, np.full(3, 255, np.uint8)), box)
    return picture


def _box_around(x: int, y: int, size: tuple[int, ...], frame: tuple[int, ...]) -> _Box | None:
    """A box of a size (height, width) around a point, moved into the frame; None if it does not fit
    there."""
    (height, width), (frame_height, frame_width) = size, frame
    if height > frame_height or width > frame_width:
        return None
    left, top = (
        min(max(x - width // 2, 0), frame_width - width),
        min(max(y - height // 2, 0), frame_height - height),
    )
    return left, top, left + width, top + height


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


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


def _write(picture: _Picture, drawn: _Label, box: _Box) -> None:
    ink, outline = drawn
    left, top, right, bottom = box
    blend(picture[top:bottom, left:right], ink.copy(), outline)
