"""Paths of actors: walks that vary, pause and end."""

from dataclasses import dataclass, replace

import numpy as np

from glom_video.synth.camera import Camera, Floats, gentle
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.figures import Figure


@dataclass(frozen=True, slots=True, repr=False)
class Path:
    """Where an actor is in each frame, in scene units."""

    position: Floats
    """(t 2) of its root."""
    size: Floats
    """(t) scene units per figure unit."""
    tilt: Floats
    """(t) radians."""
    width: Floats
    """(t) horizontal squeeze: -1 faces left, 1 right, less is turned towards the camera."""
    phase: Floats
    """(t) radians of the gait."""
    travelled: Floats
    """(t) in figure units, signed along its facing: for wheels."""


def walk(
    random: Random,
    frames: int,
    figure: Figure,
    size: float,
    *,
    speed: float | None = None,
    stops: float = 0.0,
) -> Path:
    """A path from the origin. Its pace varies, may pause and go on, and with the chance ``stops``
    comes to rest for good. In scene units."""
    facing = float(random.choice([-1, 1]))
    pace = log_uniform(random, 0.02, 0.16) if speed is None else speed
    gate = pauses(random, frames, 0.08) * (_rest(random, frames, stops) if stops else 1.0)
    uneven = 1 + 0.25 * np.sin(np.arange(frames) * random.uniform(0.1, 0.6))
    step = pace * np.clip(size, 0.12, 0.8) * gate * uneven
    if figure.upright:
        heading = random.normal(0, 0.12) + (np.pi if facing < 0 else 0)
        lean, rate = random.normal(0, 0.06), random.normal(0, 0.006) * (random.random() < 0.5)
        tilt = lean + gentle(random, frames, rate, 0.8)
    else:
        heading = random.uniform(0, 2 * np.pi)
        facing = 1.0 if np.cos(heading) > 0 else -1.0
        tilt = 0.4 * facing * np.sin(heading) + gentle(random, frames, random.normal(0, 0.03), 0.5)
    curve = heading + gentle(random, frames, random.normal(0, 0.03))
    position = np.cumsum(step[:, None] * np.stack([np.cos(curve), np.sin(curve)], 1), 0)
    position -= position[0]
    travelled = np.cumsum(step) / size
    cadence = 2 * np.pi * np.diff(travelled, prepend=travelled[0]) / figure.stride
    fidget = random.uniform(0, 0.2) * pauses(random, frames, 0.2) * (gate if stops else 1.0)
    phase = random.uniform(0, 2 * np.pi) + np.cumsum(np.clip(cadence, 0, 0.9) + fidget)
    position[:, 1] += 0.012 * size * np.sin(2 * phase) * figure.upright  # the body bobs as it walks
    nearing = gentle(random, frames, random.normal(0, 0.012) * (random.random() < 0.5))
    turned = 1.0 if random.random() < 0.55 else random.uniform(0.4, 1.0)
    turning = gentle(random, frames, random.normal(0, 0.012) * (random.random() < 0.4))
    sizes = size * np.exp(nearing.clip(-0.8, 0.8))
    width = facing * np.clip(turned + turning, 0.3, 1.05)
    return Path(position, sizes, tilt, width, phase, travelled)


def moved_to(path: Path, camera: Camera, disparity: float, frame: int, spot: Floats) -> Path:
    """The path shifted so that its actor is seen at ``spot`` (scene units from the frame's centre)
    in that frame."""
    target = camera.to_pixels[0] @ np.array([spot[0], spot[1], 1.0])
    x, y, w = np.linalg.inv(camera.plane(frame, disparity)) @ target
    return replace(path, position=path.position + np.array([x, y]) / w - path.position[frame])


def pauses(random: Random, frames: int, chance: float) -> Floats:
    """(t) 1 where it moves, 0 during a pause in the middle of the clip."""
    gate = np.ones(frames)
    if frames >= 5 and random.random() < chance:
        length = int(random.integers(2, max(3, frames // 2)))
        start = int(random.integers(0, frames - length + 1))
        gate[start : start + length] = 0
        gate = np.convolve(np.pad(gate, 1, mode="edge"), [0.2, 0.6, 0.2], "valid")
    return gate


def _rest(random: Random, frames: int, chance: float) -> Floats:
    """(t) 1 while it moves, 0 from some frame on to the end."""
    gate = np.ones(frames)
    if frames >= 5 and random.random() < chance:
        gate[int(random.integers(2, frames - 2)) :] = 0
    return gate
