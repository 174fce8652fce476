"""Pictures as the bytes of a JPEG or PNG file."""

import numpy as np
from jaxtyping import UInt8, UInt16


def jpeg_bytes(picture: UInt8[np.ndarray, "H W 3"], quality: int) -> bytes:
    """An RGB picture as JPEG; ``quality`` from 1 to 100."""
    import cv2

    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def png_bytes(picture: UInt8[np.ndarray, "H W 3"] | UInt16[np.ndarray, "H W"]) -> bytes:
    """An RGB picture, or a 16-bit grey one, as PNG."""
    import cv2

    stored = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    return bytes(cv2.imencode(".png", stored)[1])
