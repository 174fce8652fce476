"""Folders of pictures: drawn ones, the source's, or cut-outs of these."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.davis import JPEG_QUALITY
from glom_video.formats.instances import AnnotatedFrame
from glom_video.formats.partial import partial_name, put_folder_in_place, writing
from glom_video.formats.writer import FrameWriter, PictureWriter, Writer

COMPRESSION = 3
"""zlib level: low, because files are written during annotation."""


class FolderWriter(Writer):
    """A folder of pictures, with a partial name until it is complete.

    Raises:
        InvalidInput: it cannot be written.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self._partial = folder, partial_name(folder, name)
        with writing(folder):
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir(parents=True)

    def _save(self, picture: UInt8[np.ndarray, "H W c"], file_name: str, **options: Any) -> None:
        """``options`` are Pillow's, of the kind of file that the name says."""
        from PIL import Image

        with writing(self.folder):
            Image.fromarray(picture).save(self._partial / file_name, **options)

    def close(self) -> None:
        with writing(self.folder):
            put_folder_in_place(self._partial, self.folder)

    def abort(self) -> None:
        """The folder stays partial."""


class PngSequenceWriter(FolderWriter, PictureWriter):
    """``OUT/png/<name>/<stem>.png``: the drawn pictures."""

    def write(self, picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float, stem: str) -> None:
        self._save(picture, f"{stem}.png", compress_level=COMPRESSION)


class FramesWriter(FolderWriter, FrameWriter):
    """``OUT/images/<name>/<stem>.jpg``: the source's pictures, under the names that COCO and
    YouTube-VIS exports give them."""

    def write(self, frame: AnnotatedFrame) -> None:
        self._save(frame.image, frame.file_name, quality=JPEG_QUALITY)


class AlphaWriter(FolderWriter, FrameWriter):
    """``OUT/alpha/<name>/<stem>.png``: the source's pictures as RGBA, opaque where an object is
    (where a part is, if objects are not exported) and transparent elsewhere."""

    def write(self, frame: AnnotatedFrame) -> None:
        ids = frame.ids["object" if "object" in frame.ids else "part"]
        alpha = np.where(ids > 0, 255, 0).astype(np.uint8)
        cut_out = np.dstack([frame.image, alpha])
        self._save(cut_out, f"{frame.stem}.png", compress_level=COMPRESSION)
