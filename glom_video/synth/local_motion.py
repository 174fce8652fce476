"""An object of which at most a part moves: it sways, a piece of it moves, or an arm swings before
it. All of it is the object."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.textures import Image

SWAYS, PIECES, ARMS = 0.2, 0.3, 0.25
"""Shares of objects that sway, of which a piece moves, and that swing an arm; the others keep
still."""


@dataclass(frozen=True, slots=True, repr=False)
class Sway:
    """A smooth displacement of the object, or of what of it lies around ``centre``."""

    amplitude: float
    """Pixels."""
    phases: NDArray[np.float64]
    rates: NDArray[np.float64]
    """Radians a frame, across and down."""
    centre: tuple[float, float] | None
    """Share of the object's box; None moves all of it."""
    reach: float
    """Standard deviation of the piece, in frame heights."""

    def apply(self, picture: Image, mask: Image, t: int) -> tuple[Image, Image]:
        """Picture (H W 3) and mask (H W, 255 = the object), uint8, as they are in frame ``t``."""
        height, width = mask.shape
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        weight = cv2.GaussianBlur(mask, (0, 0), 6).astype(np.float32) / 255
        if self.centre is not None:
            across, down = _inside(mask, self.centre)
            weight *= np.exp(
                -((x - across) ** 2 + (y - down) ** 2) / (2 * (self.reach * height) ** 2)
            )
        wave_x = np.sin(self.rates[0] * t + self.phases[0] + y / (0.35 * height))
        wave_y = np.sin(self.rates[1] * t + self.phases[1] + x / (0.4 * width))
        dx, dy = self.amplitude * wave_x * weight, 0.6 * self.amplitude * wave_y * weight
        places = (x + dx).astype(np.float32), (y + dy).astype(np.float32)
        moved = cv2.remap(picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        moved_mask = cv2.remap(mask, *places, cv2.INTER_LINEAR)
        return np.asarray(moved, np.uint8), np.asarray(moved_mask, np.uint8)


@dataclass(frozen=True, slots=True, repr=False)
class Arm:
    """A limb in the object's own colours that swings about a point of the object, before it and
    beyond its outline."""

    root: tuple[float, float]
    """Share of the object's box."""
    skin: tuple[float, float]
    """Where the object has the limb's colours, likewise."""
    length: float
    thickness: float
    """Of the frame's height."""
    angle: float
    swing: float
    """Radians: where it hangs, and how far it goes to either side."""
    rate: float
    phase: float
    gain: float

    def apply(self, picture: Image, mask: Image, t: int) -> tuple[Image, Image]:
        """Picture (H W 3) and mask (H W, 255 = the object), uint8, as they are in frame ``t``."""
        height, width = mask.shape
        root = _inside(mask, self.root)
        angle = self.angle + self.swing * np.sin(self.rate * t + self.phase)
        end = (
            root[0] + self.length * height * np.cos(angle),
            root[1] + self.length * height * np.sin(angle),
        )
        limb = np.zeros((height, width), np.uint8)
        ends = [(round(16 * x), round(16 * y)) for x, y in (root, end)]
        cv2.line(
            limb, ends[0], ends[1], 255, max(2, round(self.thickness * height)), cv2.LINE_AA, 4
        )
        alpha = cv2.GaussianBlur(limb, (0, 0), 1.0).astype(np.float32)[..., None] / 255
        # The colours turn with the limb, so that they move as it does.
        source = _inside(mask, self.skin)
        turn = cv2.getRotationMatrix2D(source, -np.degrees(angle), 1)
        turn[:, 2] += np.subtract(((root[0] + end[0]) / 2, (root[1] + end[1]) / 2), source)
        colours = (
            cv2.warpAffine(
                picture,
                turn,
                (width, height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            * self.gain
        )
        drawn = np.clip(picture * (1 - alpha) + colours * alpha, 0, 255)
        return drawn.astype(np.uint8), np.maximum(mask, limb)


LocalMotion = Sway | Arm


def local_motion(random: Random, height: int, width: int) -> LocalMotion | None:
    """Motion of an object that stays in place; None if it keeps still."""
    kind = random.random()
    place = random.uniform(0.1, 0.9), random.uniform(0.05, 0.9)
    if kind < SWAYS + PIECES:
        amplitude = log_uniform(random, 0.4, 7 if kind < SWAYS else 16) * height / 264
        reach = log_uniform(random, 0.1, 0.4)
        return Sway(
            amplitude=amplitude,
            phases=random.uniform(0, 6, 2),
            rates=random.uniform(0.1, 0.7, 2),
            centre=None if kind < SWAYS else place,
            reach=reach,
        )
    if kind < SWAYS + PIECES + ARMS:
        skin = random.uniform(0.3, 0.7), random.uniform(0.1, 0.8)
        angle, swing = random.uniform(0, 2 * np.pi), random.uniform(0.1, 0.9)
        rate, phase = random.uniform(0.1, 0.5), random.uniform(0, 6)
        return Arm(
            root=place,
            skin=skin,
            length=random.uniform(0.15, 0.6),
            thickness=random.uniform(0.06, 0.2),
            angle=angle,
            swing=swing,
            rate=rate,
            phase=phase,
            gain=random.uniform(0.75, 1.2),
        )
    return None


def _inside(mask: Image, share: tuple[float, float]) -> tuple[float, float]:
    """The point of the object in a frame that lies nearest to a share of its box; the frame's
    middle where there is none."""
    rows, columns = np.nonzero(mask[::4, ::4] > 127)
    if not len(rows):
        return mask.shape[1] / 2, mask.shape[0] / 2
    across, down = columns.min() + share[0] * np.ptp(columns), rows.min() + share[1] * np.ptp(rows)
    nearest = int(np.argmin((columns - across) ** 2 + (rows - down) ** 2))
    return 4.0 * float(columns[nearest]), 4.0 * float(rows[nearest])
