"""Water in the background: a still lake, and the waves of one that moves."""

import cv2
import numpy as np

from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.textures import Image, Textures

WATERS = ("none", "lake", "shore", "sea", "leaves")
WATER_CHANCES = (0.79, 0.07, 0.05, 0.03, 0.06)
"""In the order of ``WATERS``."""


def lake(random: Random, textures: Textures, picture: Image, top: int) -> Image:
    """The picture with still water from row ``top`` on: a dimmed, tinted reflection of what stands
    above, with streaks."""
    height, width = picture.shape[:2]
    if min(top, height - top) < 16:
        return picture
    size = width, height - top
    mirrored = cv2.resize(picture[:top][::-1], size, interpolation=cv2.INTER_LINEAR)
    tint = [random.uniform(30, 130), random.uniform(70, 160), random.uniform(80, 180)]
    share = np.float32(random.uniform(0.1, 0.75))
    noise = textures.noise[int(random.integers(2, 5))]
    tile = noise[: int(random.integers(120, 400)), : int(random.integers(20, 90))]
    streaks = cv2.resize(tile, size, interpolation=cv2.INTER_LINEAR)
    light = streaks[..., None] * np.float32(random.uniform(4, 22))
    dimmed = mirrored.astype(np.float32) * (1 - share) * np.float32(random.uniform(0.6, 1))
    water = dimmed + share * np.array(tint, np.float32) + light
    picture[top:] = np.clip(water, 0, 255).astype(np.uint8)
    return picture


def waves(random: Random) -> tuple[tuple[float, float, float, float], ...]:
    """Four waves, as ``Backdrop.ripple``."""
    strength = log_uniform(random, 0.0015, 0.012)
    waves = []
    for number in range(4):
        length = random.uniform(0.06, 0.4)
        waves.append(
            (
                strength * random.uniform(0.5, 1.5),
                random.normal(0, 3 / length),
                random.choice([-1, 1]) * random.uniform(3, 7) / length,
                random.uniform(0.2, 1.1) * (1 + number % 2),
            )
        )
    return tuple(waves)
