"""A picture of a validation: one clip of each family with its picture, truth and islands."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8

from glom_video.render.colour import colour_of
from glom_video_pipelines.picture_bytes import png_bytes

COLUMNS = ("picture", "true parts", "parts", "true objects", "objects")
MARGIN, HEADING = 6, 16
LEAST_WIDTH = 120
"""Of a cell, in pixels: what is drawn smaller cannot be read."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One frame. Labels are at column resolution, in the order of COLUMNS after the picture."""

    name: str
    picture: UInt8[np.ndarray, "H W 3"]
    labels: tuple[Integer[np.ndarray, "h w"], ...]


def contact_sheet(rows: Sequence[SheetRow]) -> UInt8[np.ndarray, "Hs Ws 3"]:
    """RGB; a row of cells per frame, all of one size, under the names of the columns."""
    import cv2

    height, width = rows[0].picture.shape[:2]
    zoom = -(-LEAST_WIDTH // width)
    height, width = height * zoom, width * zoom
    size = (len(rows) * (height + HEADING) + HEADING, len(COLUMNS) * (width + MARGIN), 3)
    sheet = np.full(size, 24, np.uint8)

    def write(text: str, x: int, y: int) -> None:
        cv2.putText(
            sheet,
            text,
            (x + 2, y + HEADING - 5),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.35,
            (230, 230, 230),
            1,
            cv2.LINE_AA,
        )

    for i, name in enumerate(COLUMNS):
        write(name, i * (width + MARGIN), 0)
    for j, row in enumerate(rows):
        top = HEADING + j * (height + HEADING)
        for i, cell in enumerate((row.picture, *(painted(labels) for labels in row.labels))):
            left = i * (width + MARGIN)
            sheet[top : top + height, left : left + width] = cv2.resize(
                cell, (width, height), interpolation=cv2.INTER_NEAREST
            )
        write(row.name, 0, top + height)
    return sheet


def painted(labels: Integer[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Each label in its colour, 0 black."""
    return np.take(colour_of(np.arange(256)), labels % 256, axis=0)


def write_sheet(rows: Sequence[SheetRow], path: Path) -> None:
    """Write a contact sheet as PNG."""
    path.write_bytes(png_bytes(contact_sheet(rows)))
