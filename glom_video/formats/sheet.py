"""A contact sheet: one picture that shows a whole clip."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.clock_time import clock_time
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.writer import PictureWriter, without_frames

PICTURES, COLUMNS = 12, 4
"""Of a sheet, and of a row."""
WIDTH = 320
"""Pixels of each picture."""
GAP, TEXT_HEIGHT = 4, 14
"""Pixels."""
QUALITY = 85
"""Of the JPEG."""
_Thumbnail = UInt8[np.ndarray, "h w 3"]


class SheetWriter(PictureWriter):
    """``OUT/<name>.sheet.jpg``: twelve drawn pictures, evenly spread over the clip, each with its
    time; fewer if the clip has fewer.

    Holds at most four times as many thumbnails, however long the clip is: whenever there are too
    many, every second one is dropped.

    Raises:
        InvalidInput: the file cannot be written, or gets no picture.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path, self._partial = path, partial_name(path, name)
        self._kept: list[tuple[float, _Thumbnail]] = []
        """Time in seconds, and picture."""
        self._seen, self._step = 0, 1

    def write(
        self, picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float, stem: str = ""
    ) -> None:
        if self._seen % self._step == 0:
            self._kept.append((pts_seconds, _scaled(picture)))
            if len(self._kept) > 4 * PICTURES:
                self._kept, self._step = self._kept[::2], 2 * self._step
        self._seen += 1

    def close(self) -> None:
        if not self._kept:
            raise without_frames(self.path)
        self._save()
        with writing(self.path):
            put_in_place(self._partial, self.path)

    def abort(self) -> None:
        if self._kept:
            self._save()

    def _save(self) -> None:
        from PIL import Image, ImageDraw, ImageFont

        spread = np.linspace(0, len(self._kept) - 1, min(PICTURES, len(self._kept)))
        shown = [self._kept[round(place)] for place in spread]
        height = max(thumbnail.shape[0] for _, thumbnail in shown)
        rows = -(-len(shown) // COLUMNS)
        columns = min(COLUMNS, len(shown))
        size = columns * (WIDTH + GAP) + GAP, rows * (height + GAP) + GAP
        sheet = Image.new("RGB", size)
        draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_HEIGHT)
        for number, (seconds, thumbnail) in enumerate(shown):
            row, column = divmod(number, COLUMNS)
            corner = GAP + column * (WIDTH + GAP), GAP + row * (height + GAP)
            sheet.paste(Image.fromarray(thumbnail), corner)
            where = corner[0] + GAP, corner[1] + height - TEXT_HEIGHT - 2 * GAP
            time = clock_time(seconds, decimals=1)
            draw.text(where, time, "white", font, stroke_width=2, stroke_fill="black")
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            sheet.save(self._partial, "JPEG", quality=QUALITY)


def _scaled(picture: UInt8[np.ndarray, "H W 3"]) -> _Thumbnail:
    """To a width of WIDTH, and at most as high."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(WIDTH / width, WIDTH / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
