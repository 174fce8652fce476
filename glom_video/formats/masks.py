"""Masks of single frames, from PNG files or run lengths inside a JSON file, read when needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int32, Integer

from glom_video.structures import InvalidInput, one_line, picture_errors


@runtime_checkable
class Mask(Protocol):
    """The ids of one frame at one level. ``str(mask)`` names its place."""

    def labels(self) -> Integer[np.ndarray, "H W"]:
        """Id of each pixel, 0 = background.

        Raises:
            InvalidInput: the mask cannot be read.
        """
        ...


ClipMasks = Mapping[str, Mapping[str, Mask]]
"""Masks of one clip, by level and frame name."""


@dataclass(frozen=True, slots=True)
class PngMask:
    """A palette or grey PNG (8 or 16 bits), value = id."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def labels(self) -> Integer[np.ndarray, "H W"]:
        from PIL import Image

        try:
            with Image.open(self.path) as picture:
                mask = np.asarray(picture)
        except picture_errors() as error:
            cause = f"{self.path} cannot be read as a mask: {one_line(str(error))}"
            raise InvalidInput(cause, "Write the masks again, or take the file away.") from error
        if mask.ndim != 2:
            remedy = "Save masks as palette or grey PNG, value = id."
            raise InvalidInput(f"{self.path} holds colours, not ids", remedy)
        return mask.astype(np.int32) if mask.dtype != np.uint8 else mask


def is_id_image(path: Path) -> bool:
    """Whether an image file holds ids, as masks do, and not a picture: a PNG that has a palette, 16
    bits, or only black and white."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            is_grey = picture.mode in ("1", "L")
            is_binary = is_grey and not set(np.unique(np.asarray(picture)).tolist()) - {0, 1, 255}
            return picture.format == "PNG" and (picture.mode in ("P", "I;16") or is_binary)
    except picture_errors():
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
            remedy = "Install it: pip install 'glom-video[coco]'."
            raise InvalidInput("run-length masks need pycocotools", remedy) from None
        try:
            size = [int(side) for side in rle["size"]]
            packed = {"size": size, "counts": rle["counts"]}
            if isinstance(rle["counts"], list):
                packed = coco.frPyObjects(rle, *size)
            decoded = coco.decode(packed)
        except (KeyError, TypeError, ValueError) as error:
            cause = f"{self.place} holds a segment that is no run-length mask"
            raise InvalidInput(cause, "Write COCO run lengths with their size.") from error
        if decoded.shape != self.size:
            sizes = [f"{width}x{height}" for height, width in (decoded.shape, self.size)]
            cause = f"{self.place} holds a mask of {sizes[0]} in a clip of {sizes[1]}"
            raise InvalidInput(cause, "Give all masks one size.")
        return np.asarray(decoded, bool)
