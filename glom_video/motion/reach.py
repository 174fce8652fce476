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
    moved = cv2.magnitude(x, y).ravel()
    return _quantile(moved, 0.95), _quantile(moved, 0.995)


def _quantile(values: Float32[np.ndarray, " n"], share: float) -> float:
    """As np.quantile, to the last bit; that takes several times as long beside a model, which
    leaves nothing of its code in the cache."""
    place = share * (len(values) - 1)
    rank, part = int(place), place % 1
    next_rank = min(rank + 1, len(values) - 1)
    found = np.partition(values, (rank, next_rank))
    below, above = found[rank], found[next_rank]
    step = float(above - below)
    return float(below) + step * part if part < 0.5 else float(above) - step * (1 - part)


def unexplained_share(motion: Motion) -> float:
    """Of pixels that no flow explains: they appeared, or went too far, which looks slow."""
    return float(np.mean(motion.validity[2::SAMPLED, 2::SAMPLED] < UNEXPLAINED))
