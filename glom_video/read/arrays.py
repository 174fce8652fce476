"""Pictures in memory, or from a caller's loop -> Iterator[Frame]."""

import math
from collections.abc import Callable, Generator, Iterable
from fractions import Fraction
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np

from glom_video.read.fixed_rate import FRAME_RATE, frames_before
from glom_video.structures import Frame, InvalidInput, as_picture


def read_arrays(
    pictures: Iterable[Any],
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    stride: int = 1,
    on_decoded: Callable[[], None] = lambda: None,
    *,
    frame_rate: float | Fraction = FRAME_RATE,
) -> Generator[Frame, None, None]:
    """As ``read``: one frame for each picture, (H W), (H W 3) or (H W 4) uint8 RGB, the first at 0
    s. Pictures are taken from an iterator as frames are asked for.

    Raises:
        InvalidInput: an item is no picture (the error names it), or no picture is kept.
    """
    if not isinstance(pictures, Iterable):
        cause = f"{pictures!r} is neither the name of a source nor pictures"
        raise InvalidInput(cause, "Name a file or folder, or give arrays; cameras: read_live.")
    if not (isinstance(frame_rate, Real) and 0 < frame_rate < math.inf):
        raise InvalidInput(f"a frame rate of {frame_rate} is none", "Give a number above 0.")
    rate = float(frame_rate)  # of a fraction, times would be fractions
    if isinstance(pictures, np.ndarray) and pictures.ndim != 4:
        cause = f"an array of shape {pictures.shape} is no clip"
        raise InvalidInput(cause, "Give (frames, height, width, 3), or a list of pictures.")
    first = frames_before(start_seconds, rate)
    end = None if end_seconds is None else frames_before(end_seconds, rate)
    index = None
    for index, picture in islice(enumerate(pictures), first, end, stride):
        try:
            image = as_picture(picture)
        except InvalidInput as error:
            raise InvalidInput(f"picture {index}: {error.cause}", error.remedy) from None
        on_decoded()
        yield Frame(image, index, index / rate)
    if index is None:
        cause = f"there is no picture from {start_seconds} s on"
        raise InvalidInput(cause, "Give at least one, and choose start and end inside the clip.")
