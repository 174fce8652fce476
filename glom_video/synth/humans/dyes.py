"""Other colours for garments and hair."""

import cv2
import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.textures import Image

AS_PAINTED = 0.35
"""Share of garments that keep their colours."""


def dyed(random: Random, picture: Image) -> Image:
    """(h w 4) uint8 RGBA of cloth with another hue, strength of colour, and brightness."""
    if random.random() < AS_PAINTED:
        return picture
    strength = random.uniform(0.1, 1.6), random.uniform(0, 60)
    value = random.uniform(0.35, 1.3), random.uniform(-20, 50)
    return _changed(picture, int(random.integers(180)), strength, value)


def of_another_head(random: Random, picture: Image) -> Image:
    """(h w 4) uint8 RGBA of hair from black to fair, from grey to red."""
    strength = random.uniform(0.2, 1.3), 0.0
    return _changed(picture, 0, strength, (random.uniform(0.25, 1.4), 0.0))


def _changed(
    picture: Image, turn: int, by: tuple[float, float], bright: tuple[float, float]
) -> Image:
    """Its hue turned by half degrees; strength of colour and brightness times and plus a number."""
    hue, strength, value = cv2.split(cv2.cvtColor(picture[..., :3], cv2.COLOR_RGB2HSV))
    hue = ((hue.astype(np.int32) + turn) % 180).astype(np.uint8)
    strength, value = _scaled(strength, *by), _scaled(value, *bright)
    colours = cv2.cvtColor(cv2.merge([hue, strength, value]), cv2.COLOR_HSV2RGB)
    return np.dstack([colours, picture[..., 3]])


def _scaled(channel: Image, times: float, plus: float) -> Image:
    return np.clip(channel * np.float32(times) + np.float32(plus), 0, 255).astype(np.uint8)
