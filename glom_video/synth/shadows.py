"""Cast shadows and reflections: the silhouette of a figure on the ground, a wall or a glossy floor.

They are background and move with the figure. Ids are never changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.sprites import Affine, Sprite
from glom_video.synth.textures import Image

STEP = 4
"""Shadows are soft, so they are drawn at a quarter of the frame's resolution."""


@dataclass(frozen=True, slots=True)
class CastShadow:
    """A shadow. Lengths are in units of the figure."""

    lie: tuple[float, float] | None
    """On the ground: how far up the figure its shadow shears sideways, and its length by the
    figure's height, positive away from the camera. None: on a wall behind."""
    shift: tuple[float, float]
    """Of the shadow on the wall, x and y."""
    grow: float
    """Of the shadow on the wall: a near lamp enlarges it."""
    strength: float
    """Share of the light that is taken."""
    softness: float
    """Standard deviation of its edge."""

    def throw(self, slope: Affine, foot: Affine) -> Affine:
        """(2 3), pixels of the figure to pixels of its shadow. ``slope`` (2 2) figure units to
        pixels; ``foot`` (2), pixels."""
        if self.lie is None:
            moved = (1 - self.grow) * foot + slope @ np.array(self.shift)
            return np.column_stack([np.eye(2) * self.grow, moved])
        sideways, length = self.lie
        flat = slope @ np.array([[1.0, sideways], [0.0, length]]) @ np.linalg.inv(slope)
        return np.column_stack([flat, foot - flat @ foot])


def silhouette(
    sprites: Sequence[Sprite], poses: Sequence[Affine], shape: tuple[int, ...], throw: Affine
) -> Image:
    """(H/4 W/4) uint8: the union of the sprites' shapes, moved by ``throw`` (2 3). ``shape``: (H,
    W) of the frame."""
    size = -(-shape[1] // STEP), -(-shape[0] // STEP)
    whole = np.zeros(size[::-1], np.uint8)
    for sprite, pose in zip(sprites, poses, strict=True):
        local = _after(pose, sprite.to_local)
        thrown = _after(throw, local) / STEP
        cv2.max(whole, cv2.warpAffine(sprite.alpha, thrown, size), dst=whole)
    return whole


def darken(pixels: Image, mask: Image, strength: float, blur: float) -> None:
    """Takes light from ``pixels`` in place, by the silhouette ``mask`` blurred by ``blur`` frame
    pixels."""
    height, width = pixels.shape[:2]
    soft = cv2.GaussianBlur(mask, (0, 0), max(blur / STEP, 0.5))
    # |255 - strength * mask|, which is never negative.
    left = cv2.convertScaleAbs(soft, alpha=-strength, beta=255)
    fine = cv2.resize(left, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.multiply(pixels, cv2.cvtColor(fine, cv2.COLOR_GRAY2RGB), dst=pixels, scale=1 / 255)


def ground_shadow(random: Random) -> CastShadow:
    """Of a lamp or the sun, from any side, faint to black."""
    length = random.choice([-1, 1], p=[0.35, 0.65]) * random.uniform(0.1, 0.9)
    sideways = random.choice([-1, 1]) * random.uniform(0.1, 1.3)
    return CastShadow(
        lie=(sideways, float(length)),
        shift=(0.0, 0.0),
        grow=1.0,
        strength=random.uniform(0.3, 0.85),
        softness=random.uniform(0.004, 0.05),
    )


def wall_shadow(random: Random, reach: float) -> CastShadow:
    """On a wall behind; ``reach``: how far it lies from the figure at the most, in figure units."""
    across, down = random.uniform(-1, 1) * reach, random.uniform(-0.5, 0.8) * reach
    return CastShadow(
        lie=None,
        shift=(across, down),
        grow=random.uniform(1.0, 1.12),
        strength=random.uniform(0.25, 0.7),
        softness=random.uniform(0.02, 0.12),
    )


def _after(outer: Affine, inner: Affine) -> Affine:
    """(2 3): first ``inner``, then ``outer``."""
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])
