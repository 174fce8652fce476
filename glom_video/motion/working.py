"""The working picture, on which motion is estimated and which the model gets."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, UInt8

WORKING_PIXELS = 480 * 264
"""Pixels of the working picture."""
GRID_MULTIPLE = 24
"""Sides of the working picture are multiples of this: six pixels per column, and columns are halved
twice inside the encoder."""


def working_size(height: int, width: int, area: int = WORKING_PIXELS) -> tuple[int, int]:
    """Sides (h, w) of the working picture for a picture of this shape: about ``area`` pixels,
    aspect ratio kept to within a column. The longer side of a very thin picture is shortened, so
    that it has no more pixels than another, although the encoder needs 48 of the shorter one."""
    scale = (area / (height * width)) ** 0.5
    h, w = (max(2, round(side * scale / GRID_MULTIPLE)) for side in (height, width))
    if min(h, w) == 2:
        longest = max(area, WORKING_PIXELS) // (2 * GRID_MULTIPLE**2)
        h, w = min(h, longest), min(w, longest)
    return h * GRID_MULTIPLE, w * GRID_MULTIPLE


def working_image(
    image: UInt8[np.ndarray, "H W 3"], area: int = WORKING_PIXELS
) -> UInt8[np.ndarray, "Hm Wm 3"]:
    """A picture scaled to the working size."""
    return at_size(image, *working_size(image.shape[0], image.shape[1], area))


def at_size(
    image: UInt8[np.ndarray, "H W 3"], height: int, width: int
) -> UInt8[np.ndarray, "Hm Wm 3"]:
    """A picture scaled to another size. Down to half or less, whole halvings average areas; the
    rest is bilinear, which takes a fifth of the time of averaging over fractional areas."""
    import cv2

    if image.shape[:2] == (height, width):
        return image
    halved = 2 ** int(np.log2(max(min(image.shape[0] / height, image.shape[1] / width), 1)))
    if halved > 1:
        size = image.shape[1] // halved, image.shape[0] // halved
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    shrinks = height * width < image.shape[0] * image.shape[1]
    how = cv2.INTER_LINEAR if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=how)


def grey(image: UInt8[np.ndarray, "Hm Wm 3"]) -> UInt8[np.ndarray, "Hm Wm"]:
    """Luma of an RGB picture."""
    import cv2

    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


@lru_cache(8)
def pixels(height: int, width: int) -> Float32[np.ndarray, "Hm Wm 2"]:
    """(x, y) of each pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], -1)
