"""How far things moved, from a sample of the pixels."""

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Motion

UNEXPLAINED = 0.3
"""Validity below which a pixel's flow is taken to be wrong."""
SAMPLED = 4
"""Every Nth pixel is sampled, on each axis."""


def farthest(flow: Float32[np.ndarray, "h w 2"]) -> tuple[float, float]:
    """The 95th and 99.5th percentile of the length of the flow, in pixels."""
    import cv2

    x, y = cv2.split(flow[2::SAMPLED, 2::SAMPLED])
    moved = cv2.magnitude(x, y).ravel()
    return _quantile(moved, 0.95), _quantile(moved, 0.995)


def _quantile(values: Float32[np.ndarray, " n"], share: float) -> float:
    """As np.quantile, to the last bit, which takes several times as long when it runs between steps
    of a model, with its code no longer cached."""
    place = share * (len(values) - 1)
    rank, part = int(place), place % 1
    next_rank = min(rank + 1, len(values) - 1)
    found = np.partition(values, (rank, next_rank))
    below, above = found[rank], found[next_rank]
    step = float(above - below)
    return float(below) + step * part if part < 0.5 else float(above) - step * (1 - part)


def unexplained_share(motion: Motion) -> float:
    """Share of pixels that no flow explains. They appeared, or moved so far that the flow looks
    slow."""
    return float(np.mean(motion.validity[2::SAMPLED, 2::SAMPLED] < UNEXPLAINED))
