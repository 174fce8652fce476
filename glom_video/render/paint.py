"""Label images painted onto a picture: fill, silhouettes with soft edges, thin borders between
parts."""

import numpy as np
from jaxtyping import UInt8

from glom_video.render.colour import colour_of, looked_up, tints

_Picture = UInt8[np.ndarray, "H W 3"]
_Labels = UInt8[np.ndarray, "H W"]


def line_thickness(height: int, width: int) -> int:
    """Pixels: 1 below 540 lines, 2 at 720, 3 at 1080."""
    return max(1, round(min(height, width) / 360))


def painted_box(labels: _Labels, margin: int) -> tuple[slice, slice]:
    """Rows and columns that hold all labels and a margin: without it, the end of the box would hide
    the edge of a label."""
    import cv2

    left, top, width, height = cv2.boundingRect(labels)
    rows = slice(max(top - margin, 0), top + height + margin)
    columns = slice(max(left - margin, 0), left + width + margin)
    return rows, columns


def paint(
    picture: _Picture, labels: _Labels, parts: _Labels | None, opacity: float, thickness: int
) -> None:
    """Fill every label but 0, draw its silhouette and, where parts are given, the borders between
    them. Pixels of label 0 stay as they are."""
    import cv2

    colours = looked_up(colour_of(np.arange(256)), labels)
    cv2.copyTo(cv2.addWeighted(colours, opacity, picture, 1 - opacity, 0), labels, picture)
    lines = _softened(_changes(labels, 2 * thickness + 1), labels, thickness)
    if parts is not None:
        inner = borders(parts, labels, thickness)
        cv2.copyTo(
            looked_up(tints(), labels), cv2.dilate(inner, np.ones((3, 3), np.uint8)), colours
        )
        lines = cv2.max(lines, _softened(inner, labels, thickness))
    blend(picture, colours, lines)


def borders(parts: _Labels, labels: _Labels, thickness: int) -> _Labels:
    """255 where parts change inside one label, else 0.

    They end just short of the label's edge: along it, a part's own edge that wanders in and out
    would leave dashes.
    """
    import cv2

    inside = cv2.bitwise_and(labels, cv2.bitwise_not(_changes(labels, 6 * thickness + 1)))
    lines = _changes(parts, thickness + 1)
    return cv2.bitwise_and(lines, lines, mask=inside)


def _changes(labels: _Labels, reach: int) -> _Labels:
    """255 where a square of this side holds different labels, else 0."""
    import cv2

    spread = cv2.morphologyEx(labels, cv2.MORPH_GRADIENT, np.ones((reach, reach), np.uint8))
    return cv2.threshold(spread, 0, 255, cv2.THRESH_BINARY)[1]


def _softened(lines: _Labels, labels: _Labels, thickness: int) -> _Labels:
    """Opacity (0 to 255) of lines with soft edges, inside the labels only."""
    import cv2

    side = 2 * thickness + 1
    soft = cv2.convertScaleAbs(cv2.GaussianBlur(lines, (side, side), 0), alpha=1.5)
    return cv2.bitwise_and(soft, soft, mask=labels)


def blend(picture: _Picture, colours: _Picture, opacity: _Labels) -> None:
    """Paint colours onto a picture, each pixel at its own opacity (0 to 255).

    Both are overwritten: fresh arrays of this size cost more than the arithmetic.
    """
    import cv2

    weight = cv2.merge([opacity, opacity, opacity])
    cv2.multiply(colours, weight, colours, scale=1 / 255)
    cv2.multiply(picture, cv2.bitwise_not(weight, weight), picture, scale=1 / 255)
    cv2.add(picture, colours, picture)
