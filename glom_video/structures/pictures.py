"""A caller's arrays -> pictures as the stages take them."""

from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from glom_video.structures.invalid_input import InvalidInput

Channels = Literal["rgb", "bgr"]
"""The order of the colours; OpenCV's is ``bgr``."""


def as_picture(image: Any, channels: Channels = "rgb") -> UInt8[np.ndarray, "H W 3"]:
    """RGB picture from anything that NumPy makes a uint8 array of shape (H W), (H W 1), (H W 3) or
    (H W 4); alpha is dropped. A copy, unless it is (H W 3) RGB already.

    Raises:
        InvalidInput: another shape or type.
    """
    array = np.asarray(image)
    if array.dtype != np.uint8:
        remedy = "Give uint8 from 0 to 255; fractions: (255 * picture).round().astype(numpy.uint8)."
        raise InvalidInput(f"a picture holds {array.dtype} where uint8 is needed", remedy)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        cause = f"an array of shape {np.shape(image)} is no picture"
        raise InvalidInput(cause, "Give (height, width, 3), channels last; or (height, width).")
    if channels not in ("rgb", "bgr"):
        raise InvalidInput(f"channels={channels!r} is not known", "Give 'rgb' or 'bgr'.")
    if array.shape[2] == 1:
        return np.repeat(array, 3, axis=2)
    colours = array[..., 2::-1] if channels == "bgr" else array[..., :3]
    return np.ascontiguousarray(colours)
