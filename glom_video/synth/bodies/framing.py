"""How a body is filmed: its size, its place in the frame, the camera's height; and its walk."""

from dataclasses import dataclass

import numpy as np

from glom_video.synth.bodies.body import AnimatedBody, stride
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.bodies.walker import Route, yawed
from glom_video.synth.camera import gentle
from glom_video.synth.chance import Random, log_uniform

FRAME_MS = 40.0
"""Of an animation at its own pace: 25 frames a second."""
SHOTS = {"far": 0.17, "whole": 0.37, "close": 0.46}
"""Chances of shots, by how large the body is seen."""
PORTRAITS = 0.35
"""Share of the clips of people that show one from the chest up."""
GAITS = ("walk", "run")
"""Animations that move a body forward."""
GLIDE = 0.002
"""Body units a millisecond: of what swims or flies."""
AHEAD = np.array([0.0, -1.0])
"""x and z that bodies look along."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How large a body is seen, from where, and where in the frame."""

    shot: str
    """far, whole, close (cut by the frame's edge) or portrait."""
    size: float
    """Of the body's longest side, in frame sides."""
    spot: tuple[float, float]
    """Where its anchor is seen, in frame sides from the middle."""
    eye: float
    """Height of the camera above the ground, in body heights."""
    depth: float
    """Depth of the body as a share of its distance: the strength of the perspective."""


def framing(random: Random, is_person: bool, reach: Floats) -> Framing:
    """``reach``: half the frame in frame sides."""
    depth = random.uniform(0.06, 0.32)
    if is_person and random.random() < PORTRAITS:
        spot = random.normal(0, 0.22) * reach[0], random.uniform(-0.25, 0.05)
        return Framing("portrait", random.uniform(2.2, 4.5), spot, random.uniform(0.7, 1.1), depth)
    shot = str(random.choice(list(SHOTS), p=list(SHOTS.values())))
    smallest, largest = {"far": (0.12, 0.35), "whole": (0.35, 1.0), "close": (1.1, 2.7)}[shot]
    size = float(log_uniform(random, smallest, largest))
    spread = 0.3 if shot == "close" else 0.45
    spot = random.normal(0, spread) * reach[0], random.normal(0.05, 0.4 * spread)
    return Framing(shot, size, spot, float(log_uniform(random, 0.35, 2.2)), depth)


def anchor(random: Random, animated: AnimatedBody, shot: str, time_ms: float) -> Floats:
    """(3) what of it the camera looks at: the head, in close shots a part, else its middle."""
    positions, _ = animated.body.posed(animated.motion.bones(time_ms))
    if shot in ("close", "portrait"):
        parts = animated.body.parts
        large = [name for name in parts if name in ("head", "torso")] or list(parts)
        wanted = "head"
        if shot != "portrait" or "head" not in large:
            wanted = large[int(random.integers(len(large)))]
        positions = positions[animated.body.vertex_part == parts.index(wanted)]
    return np.asarray((positions.min(0) + positions.max(0)) / 2)


def route(
    random: Random,
    animated: AnimatedBody,
    frames: int,
    size: float,
    times: Floats,
    yaw: float,
    still: bool,
) -> Route:
    """From the origin, which it passes in the middle of the clip.

    ``size``: scene units a unit of the body.
    """
    turn = random.normal(0, 0.004 if still else 0.014) * (random.random() < 0.5)
    yaws = yaw + gentle(random, frames, turn, 0.8)
    position = np.zeros((frames, 3))
    if animated.state in GAITS or not animated.body.stands:
        ahead = -stride(animated.body, animated.motion) if animated.body.stands else GLIDE * AHEAD
        steps = np.stack([yawed(angle) @ [ahead[0], 0, ahead[1]] for angle in yaws])
        position = np.cumsum(size * steps * np.diff(times, prepend=times[0])[:, None], 0)
        position -= position[frames // 2]
    return Route(position, yaws, times)


def times(random: Random, animated: AnimatedBody, frames: int) -> Floats:
    """(t) milliseconds of the animation: at its own pace, slowly, or hardly moving."""
    kind = random.random()
    slowest, fastest = (0.7, 1.3) if kind < 0.55 else (0.2, 0.7) if kind < 0.8 else (0.01, 0.2)
    pace = FRAME_MS * float(log_uniform(random, slowest, fastest))
    length = animated.motion.length_ms
    start = random.uniform(0, length)
    if not animated.motion.repeats and random.random() < 0.4:
        start = length  # it lies there
    return np.asarray(start + pace * np.arange(frames), np.float64)


def heading(random: Random, shot: str) -> float:
    """Yaw: towards the camera in portraits, most often across the frame elsewhere."""
    if shot == "portrait":
        return float(random.normal(0, 0.6))
    if random.random() < 0.55:
        return float(random.choice([-1, 1]) * np.pi / 2 + random.normal(0, 0.4))
    return float(random.uniform(-np.pi, np.pi))
