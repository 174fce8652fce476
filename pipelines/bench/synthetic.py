"""A clip for timing only: discs that move over textured ground under a drifting camera."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from glom_video.formats import Mp4Writer

FRAME_RATE = 30
DISCS = 6


def moving_discs(height: int, width: int, frames: int) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    """RGB pictures of discs that cross each other, the same on every run."""
    import cv2

    random = np.random.default_rng(0)
    margin = max(height, width) // 4
    coarse = random.integers(
        40, 200, ((height + margin) // 16 + 1, (width + margin) // 16 + 1, 3), np.uint8
    )
    ground = cv2.resize(coarse, (width + margin, height + margin), interpolation=cv2.INTER_CUBIC)
    ground = cv2.add(ground, random.integers(0, 30, ground.shape, np.uint8))
    radius = random.uniform(0.06, 0.14, DISCS) * min(height, width)
    colours = random.integers(30, 255, (DISCS, 3)).tolist()
    phase, speed = random.uniform(0, 2 * np.pi, (2, DISCS)), random.uniform(0.01, 0.04, (2, DISCS))
    for t in range(frames):
        shift = round(margin / 2 * (1 + np.sin(t / 60)))
        picture = ground[shift // 2 : shift // 2 + height, shift : shift + width].copy()
        x, y = (0.5 + 0.4 * np.sin(phase + speed * t)) * np.array([[width], [height]])
        for k in range(DISCS):
            centre = int(x[k]), int(y[k])
            cv2.circle(picture, centre, int(radius[k]), colours[k], -1, cv2.LINE_AA)
            cv2.circle(
                picture,
                (centre[0] - int(radius[k] / 3), centre[1]),
                int(radius[k] / 3),
                colours[k - 1],
                -1,
                cv2.LINE_AA,
            )
        yield picture


def write_synthetic(path: Path, height: int, width: int, frames: int) -> Path:
    """The clip as an mp4 of 30 frames a second."""
    rate = Fraction(FRAME_RATE)
    with Mp4Writer(path, height, width, time_base=1 / (rate * 512), frame_rate=rate) as writer:
        for index, picture in enumerate(moving_discs(height, width, frames)):
            writer.write(picture, index / FRAME_RATE)
    return path
