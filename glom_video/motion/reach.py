"""How far things moved, of a sample of the pixels."""

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Motion

UNEXPLAINED = 0.3
"""Validity below which the flow of a pixel is wrong."""
SAMPLED = 4
"""Every how manyth pixel is counted, each way."""


def farthest(flow: Float32[np.ndarray, "h w 2"]) -> tuple[float, float]:
    """The 95th and the 99.5th percentile of how far pixels moved, in pixels."""
    import cv2

    x, y = cv2.split(flow[2::SAMPLED, 2::SAMPLED])
    moved = cv2.magnitude(x, y)
    most, fastest = np.quantile(moved, (0.95, 0.995))
    return float(most), float(fastest)


def unexplained_share(motion: Motion) -> float:
    """Of pixels that no flow explains: they appeared, or went too far, which looks slow."""
    return float(np.mean(motion.validity[2::SAMPLED, 2::SAMPLED] < UNEXPLAINED))
