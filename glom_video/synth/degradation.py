"""Effects of lens, sensor and codec on the frames of a clip."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.textures import Image, scaled


@dataclass(frozen=True, slots=True, repr=False)
class Degradation:
    """Effects of lens, sensor and codec on one clip."""

    levels: Floats
    """(t 3) gain of each frame and channel: light that changes."""
    blur: float
    """Standard deviation in pixels."""
    grain: NDArray[np.int16] | None
    """(H+16 W+16 3) noise, from which each frame takes a random cut."""
    quality: int | None
    """JPEG."""
    shrink: float
    """Below 1 the frame was filmed smaller and enlarged."""

    @classmethod
    def draw(cls, random: Random, frames: int, height: int, width: int) -> "Degradation":
        """The effects of a clip of so many frames (height, width), each by chance."""
        changes = random.normal(0, 0.012, (frames, 1)) * (random.random() < 0.4)
        gain = np.exp(np.cumsum(changes, 0)) * random.uniform(0.85, 1.12)
        if random.random() < 0.06:  # a flash, or into the shade
            gain[int(random.integers(frames)) :] *= random.uniform(0.65, 1.4)
        levels = gain * random.normal(1, 0.03, 3)
        strength = log_uniform(random, 0.7, 9)
        grain = None
        if random.random() < 0.7:
            noise = random.standard_normal((height + 16, width + 16, 3), np.float32)
            noise = cv2.GaussianBlur(noise, (3, 3), 0.7) * 1.6 if random.random() < 0.5 else noise
            grain = (noise * strength).astype(np.int16)
        blur = random.uniform(0.4, 1.1) * min(height, width) / 192 if random.random() < 0.5 else 0.0
        quality = int(random.uniform(25, 92)) if random.random() < 0.6 else None
        shrink = random.uniform(0.5, 0.9) if random.random() < 0.15 else 1.0
        return cls(levels, blur, grain, quality, shrink)

    def apply(self, random: Random, picture: Image, t: int) -> Image:
        """Frame ``t`` (H W 3) uint8 RGB as the camera would give it."""
        height, width = picture.shape[:2]
        table = np.clip(np.arange(256)[:, None] * self.levels[t], 0, 255).astype(np.uint8)[:, None]
        picture = cv2.LUT(picture, table)
        if self.blur > 0.3:
            picture = cv2.GaussianBlur(picture, (0, 0), self.blur)
        if self.shrink < 1:
            small = scaled(picture, self.shrink)
            picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if self.grain is not None:
            y, x = random.integers(0, 17, 2)
            noise = np.ascontiguousarray(self.grain[y : y + height, x : x + width])
            picture = cv2.add(picture, noise, dtype=cv2.CV_8U)
        if self.quality is not None:
            packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1]
            picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
        return np.asarray(picture, np.uint8)
