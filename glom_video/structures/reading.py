"""What a source gives: the facts in its headers, its frames, and annotated joints."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from glom_video.structures.invalid_input import InvalidInput
from glom_video.structures.notebook import png_of
from glom_video.structures.pictures import Channels, as_picture
from glom_video.structures.printing import ShapeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Frame(ShapeRepr):
    """One decoded picture of a source, upright."""

    image: UInt8[np.ndarray, "H W 3"]
    """RGB."""
    index: int
    """Place in the source, from 0. A gap means dropped frames; frames are never renumbered."""
    pts_seconds: float
    """Presentation time in seconds, as the source states it; the first frame need not be 0."""
    is_corrupt: bool = False
    """Whether the decoder concealed errors in this picture."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(
                f"Frame.image must be (H W 3) uint8, got {self.image.shape} {self.image.dtype}"
            )

    @classmethod
    def from_array(
        cls, image: Any, pts_seconds: float, index: int = 0, *, channels: Channels = "rgb"
    ) -> "Frame":
        """A frame from a picture of your own, (H W), (H W 3) or (H W 4) uint8; alpha is dropped.

        Args:
            pts_seconds: presentation time; it has to rise within a clip.
            index: of the picture in its clip; a Perceiver counts pictures without one.
            channels: ``"bgr"`` for pictures from OpenCV.

        Raises:
            InvalidInput: the array is no picture, or the time is not finite.
        """
        if not math.isfinite(pts_seconds):
            raise InvalidInput(f"a frame's time is {pts_seconds}", "Give seconds.")
        return cls(as_picture(image, channels), index, float(pts_seconds))

    def _repr_png_(self) -> bytes:
        """PNG for notebooks."""
        return png_of(self.image)


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source's headers state, before all of it is decoded."""

    name: str
    """Stem of the file or name of the folder; outputs are named after it."""
    path: str
    """Where it was read from, credentials removed."""
    height: int
    """Upright, in pixels, after rotation."""
    width: int
    time_base: Fraction
    """Seconds per tick of pts; ``round(pts_seconds / time_base)`` gives the source's own pts
    back."""
    frame_rate: Fraction
    """Average, frames per second."""
    frames_declared: int | None = None
    duration_seconds: float | None = None
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation_degrees: int = 0
    """Rotation that was applied, counter-clockwise, in (-180, 180]."""
    is_mirrored: bool = False
    """Whether left and right were exchanged, before the rotation."""
    codec: str = ""
    pixel_format: str = ""
    is_hdr: bool = False
    """Whether its transfer function is PQ or HLG. It is read without tone mapping and looks flat
    and pale."""
    has_sound: bool = False
    fingerprint: str = ""
    """Of its bytes, the same wherever it lies and whatever it is called; "" of what is no file."""
    notes: tuple[str, ...] = ()
    """What reading changes in the pictures and a user should know, one line each."""


class Joint(NamedTuple):
    """One annotated joint of an animal."""

    name: str
    x: float
    """Pixels of the label maps."""
    y: float


def distinct_names(stems: Sequence[str], names: Sequence[str]) -> list[str]:
    """Names of a clip's frames, after which masks are named: their stems, or the whole file names
    where two stems are the same but for case, which some disks ignore."""
    return list(stems if len({stem.casefold() for stem in stems}) == len(stems) else names)
