"""The moving camera: where planes of any depth are in each frame.

Scene units: the frame's shorter side is 1, the origin is the frame's centre, the main object is at
depth 1. Scene coordinates of a plane are its coordinates in frame 0 if nothing had moved yet.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random, log_uniform

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class Camera:
    """Where the camera is and looks in each frame."""

    travel: Floats
    """(t 3): position x, y, z in units of the main object's depth; moves near things more than far
    ones."""
    to_pixels: Floats
    """(t 3 3): rotation, zoom and keystone, which move every depth alike."""
    horizon: float
    """y towards which a forward move flows."""

    def plane(self, frame: int, disparity: float) -> Floats:
        """(3 3): scene coordinates of a plane at 1/depth = ``disparity`` to pixels."""
        x, y, z = self.travel[frame] * disparity
        grow = 1 / max(1 - z, 0.2)
        parallax = np.array(
            [[grow, 0, -x * grow], [0, grow, self.horizon - grow * (self.horizon + y)], [0, 0, 1]]
        )
        return np.asarray(self.to_pixels[frame] @ parallax, np.float64)

    @property
    def heading(self) -> tuple[float, float]:
        """Where the camera will look next: (x, y) in scene coordinates."""
        first, last = (
            np.linalg.inv(self.plane(frame, 0.4))[:2, 2] for frame in (0, len(self.travel) - 1)
        )
        return float(first[0] - last[0]), float(first[1] - last[1])

    def project(self, frame: int, scene: Floats, disparity: Floats) -> Floats:
        """Pixels (n 2) of points (n 2, scene coordinates), each at its own 1/depth (n): what
        ``plane`` says for one."""
        x, y, z = self.travel[frame]
        grow = 1 / np.maximum(1 - z * disparity, 0.2)
        across = grow * (scene[:, 0] - x * disparity)
        down = self.horizon + grow * (scene[:, 1] - self.horizon - y * disparity)
        seen = np.column_stack([across, down, np.ones(len(scene))]) @ self.to_pixels[frame].T
        # The keystone would turn over what lies far outside of the frame.
        origin = self.to_pixels[frame][:, 2] / self.to_pixels[frame][2, 2]
        seen += np.maximum(0.2 - seen[:, 2:], 0) * origin
        return np.asarray(seen[:, :2] / seen[:, 2:], np.float64)


def gentle(random: Random, frames: int, rate: float, changes: float = 0.3) -> Floats:
    """(t) a path from 0 that moves at about ``rate`` per frame and changes its pace slowly."""
    pace = 1 + changes * np.sin(np.arange(frames) * random.uniform(0.1, 0.5) + random.uniform(0, 6))
    path = np.cumsum(pace) * rate
    return np.asarray(path - path[0], np.float64)


def shake(random: Random, frames: int, amplitude: float) -> Floats:
    """(t 2) the tremor of a hand: three slow waves and a little noise."""
    t = np.arange(frames)[:, None]
    waves = sum(
        random.normal(0, 1, 2) * np.sin(t * random.uniform(0.2, 2.2) + random.uniform(0, 6, 2))
        for _ in range(3)
    )
    return np.asarray(amplitude * (waves + random.normal(0, 0.35, (frames, 2))), np.float64)


def film(
    random: Random,
    frames: int,
    height: int,
    width: int,
    followed: Floats,
    *,
    strong: bool,
    horizon: float,
) -> Camera:
    """A camera for a scene whose main object takes the path ``followed`` (t 2). ``strong``: violent
    motion, of a held-out family."""
    style = random.choice(
        ["still", "hand", "pan", "track", "follow", "dolly"], p=[0.09, 0.17, 0.16, 0.2, 0.28, 0.1]
    )
    travel, pan = _travel_and_pan(random, frames, style, followed - followed[0])
    trembling = style != "still" and random.random() < 0.75
    pan += shake(random, frames, log_uniform(random, 0.0008, 0.008)) * trembling
    roll, zoom, tilt = _turns(random, frames, style == "still", trembling, strong)
    views = [view_matrix(height, width, pan[t], roll[t], zoom[t], tilt[t]) for t in range(frames)]
    return Camera(travel, np.stack(views), horizon)


def _travel_and_pan(
    random: Random, frames: int, style: str, steady: Floats
) -> tuple[Floats, Floats]:
    """Where the camera goes (t 3) and turns (t 2) to follow the main object's path ``steady`` (t
    2), which begins at 0."""
    travel, pan = np.zeros((frames, 3)), np.zeros((frames, 2))
    rate, way = log_uniform(random, 0.004, 0.045), random.uniform(0, 2 * np.pi)
    if style == "pan":
        pan += gentle(random, frames, rate)[:, None] * [np.cos(way), 0.35 * np.sin(way)]
    if style == "track":
        if random.random() < 0.6:
            travel[:, :2] += steady * random.uniform(0.5, 1.05)
        else:
            moved = gentle(random, frames, rate)
            travel[:, :2] += moved[:, None] * [np.cos(way), 0.3 * np.sin(way)]
    if style == "follow":
        pan -= _lagged(steady, random.uniform(0, 0.7)) * random.uniform(0.6, 1.05)
    if style == "dolly":
        travel[:, 2] = gentle(random, frames, random.choice([-1, 1]) * random.uniform(0.003, 0.02))
        travel[:, :2] += steady * random.uniform(0, 1)
    if style == "hand":
        moved = gentle(random, frames, 0.4 * rate)
        travel[:, :2] += moved[:, None] * [np.cos(way), 0.4 * np.sin(way)]
    return travel, pan


def still(frames: int, height: int, width: int, *, horizon: float) -> Camera:
    """A camera that stands still."""
    seen = view_matrix(height, width, np.zeros(2), 0.0, 0.0, np.zeros(2))
    return Camera(np.zeros((frames, 3)), np.repeat(seen[None], frames, 0), horizon)


def _lagged(path: Floats, lag: float) -> Floats:
    followed = path.copy()
    for t in range(1, len(path)):
        followed[t] = lag * followed[t - 1] + (1 - lag) * path[t]
    return followed


def _turns(
    random: Random, frames: int, still: bool, trembling: bool, strong: bool
) -> tuple[Floats, Floats, Floats]:
    """Roll (t), log zoom (t) and keystone (t 2)."""
    if strong:
        sign = random.choice([-1, 1], 3)
        roll = gentle(random, frames, sign[0] * random.uniform(0.03, 0.06))
        roll += shake(random, frames, 0.02)[:, 0]
        zoom = gentle(random, frames, sign[1] * random.uniform(0.025, 0.05))
        zoom += shake(random, frames, 0.015)[:, 0]
        wander = np.cumsum(random.normal(0, 0.02, (frames, 2)), 0)
        return roll, zoom, wander + gentle(random, frames, sign[2] * 0.02)[:, None]
    if still:
        return np.zeros(frames), np.zeros(frames), np.zeros((frames, 2))
    roll = gentle(random, frames, random.normal(0, 0.004) * (random.random() < 0.5))
    roll += random.normal(0, 0.03)
    roll += shake(random, frames, 0.002)[:, 0] * trembling
    zoom = gentle(random, frames, random.normal(0, 0.008) * (random.random() < 0.45))
    way = gentle(random, frames, 1.0)[:, None]
    return roll, zoom, way * random.normal(0, 0.0035, 2) * (random.random() < 0.4)


def view_matrix(
    height: int, width: int, pan: Floats, roll: float, zoom: float, tilt: Floats
) -> Floats:
    """(3 3) from scene coordinates to pixels.

    Args:
        pan: (2) shift right and down, in scene units.
        roll: radians clockwise.
        zoom: natural logarithm of the magnification, used within +-1.2.
        tilt: (2) keystone across and down, used within +-0.3.
    """
    side, grow = min(height, width), np.exp(np.clip(zoom, -1.2, 1.2))
    c, s = np.cos(roll) * grow, np.sin(roll) * grow
    centre = np.array([[side, 0, width / 2], [0, side, height / 2], [0, 0, 1.0]])
    keystone = np.array([[1, 0, 0], [0, 1, 0], [*np.clip(tilt, -0.3, 0.3), 1]])
    turned = [[c, -s, c * pan[0] - s * pan[1]], [s, c, s * pan[0] + c * pan[1]], [0, 0, 1]]
    return np.asarray(centre @ keystone @ np.array(turned), np.float64)
