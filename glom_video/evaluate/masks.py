"""Masks of single frames, wherever they lie: PNG files, or run lengths inside a JSON file or a table. Read when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int32, Integer

from glom_video.structures import InvalidInput

VOID = -1
"""In truth: a pixel that counts for nothing, as DAVIS 2017 leaves out what has the label 255."""


@runtime_checkable
class Mask(Protocol):
    """The ids of one frame at one level. ``str(mask)`` says where it lies."""

    def labels(self) -> Integer[np.ndarray, "H W"]:
        """Id of each pixel, 0 = background. Raises InvalidInput where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class PngMask:
    """A palette or grey PNG (8 or 16 bits), value = id."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def labels(self) -> Integer[np.ndarray, "H W"]:
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(self.path) as picture:
                mask = np.asarray(picture)
        except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
            cause = f"{self.path} cannot be read as a mask: {str(error).splitlines()[0]}"
            raise InvalidInput(cause, "Write the masks again, or take the file away.") from error
        if mask.ndim != 2:
            raise InvalidInput(f"{self.path} holds colours, not ids", "Save masks as palette or grey PNG, value = id.")
        return mask.astype(np.int32) if mask.dtype != np.uint8 else mask


def is_id_image(path: Path) -> bool:
    """Whether an image file holds ids, as masks do, and no picture: a PNG with a palette, of 16 bits, or of nothing but black and white."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            is_binary = picture.mode in ("1", "L") and not set(np.unique(np.asarray(picture)).tolist()) - {0, 1, 255}
            return picture.format == "PNG" and (picture.mode in ("P", "I;16") or is_binary)
    except (OSError, UnidentifiedImageError):
        return False


@dataclass(frozen=True, slots=True)
class RleMask:
    """Segments as COCO run lengths, painted one over the other in the order given."""

    place: str
    size: tuple[int, int]
    """(height, width)."""
    segments: Sequence[tuple[int, Any]]
    """Id and run lengths (``{"size": [h, w], "counts": ...}``, packed or as a list) of each."""

    def __str__(self) -> str:
        return self.place

    def labels(self) -> Int32[np.ndarray, "H W"]:
        labels = np.zeros(self.size, np.int32)
        for number, rle in self.segments:
            labels[self._decoded(rle)] = number
        return labels

    def _decoded(self, rle: Any) -> Bool[np.ndarray, "H W"]:
        try:
            from pycocotools import mask as coco
        except ImportError:
            raise InvalidInput("run-length masks need pycocotools", "Install it: pip install 'glom-video[coco]'.") from None
        try:
            size = [int(side) for side in rle["size"]]
            packed = coco.frPyObjects(rle, *size) if isinstance(rle["counts"], list) else {"size": size, "counts": rle["counts"]}
            decoded = coco.decode(packed)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{self.place} holds a segment that is no run-length mask", "Write COCO run lengths with their size.") from error
        if decoded.shape != self.size:
            height, width = decoded.shape
            raise InvalidInput(
                f"{self.place} holds a mask of {width}x{height} in a clip of {self.size[1]}x{self.size[0]}", "Give all masks one size."
            )
        return np.asarray(decoded, bool)
