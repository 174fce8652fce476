"""Closed outlines as (n 2) arrays, x right and y down, in the units of the figure that they belong
to."""

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random

Outline = NDArray[np.float64]
Number = float | int


def smooth(corners: list[tuple[Number, Number]] | Outline, steps: int = 5) -> Outline:
    """A closed Catmull-Rom curve through the corners."""
    p1 = np.asarray(corners, np.float64)
    p0, p2, p3 = np.roll(p1, 1, 0), np.roll(p1, -1, 0), np.roll(p1, -2, 0)
    s = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (p[:, None] for p in (p0, p1, p2, p3))
    curve = 0.5 * (
        2 * b + (c - a) * s + (2 * a - 5 * b + 4 * c - d) * s**2 + (3 * b - a - 3 * c + d) * s**3
    )
    return curve.reshape(-1, 2)


def mirrored(half: list[tuple[float, float]], steps: int = 3) -> Outline:
    """A smooth outline from its right half, listed from below upwards."""
    return smooth([*half, *((-x, y) for x, y in half[::-1])], steps)


def ellipse(
    half_width: Number, half_height: Number, x: Number = 0, y: Number = 0, corners: int = 20
) -> Outline:
    """An ellipse around (x, y), as so many corners."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)], 1)


def ring(radius: Number, thickness: Number) -> Outline:
    """A circle with a hole, as one outline that runs around and back inside."""
    outer = ellipse(radius, radius, corners=28)
    inner = outer[::-1] * (1 - thickness / radius)
    return np.concatenate([outer, outer[:1], inner[-1:], inner])


def limb(length: Number, start: Number, end: Number, bulge: Number = 0.0) -> Outline:
    """A tapering limb along +x from its joint at the origin; half-widths at start and end, and how
    much its middle swells."""
    middle = (start + end) / 2 * (1 + bulge)
    x = np.array([-0.7 * start, 0, length * 0.35, length, length + 0.7 * end])
    half = np.array([0.45 * start, start, middle, end, 0.45 * end])
    return smooth(np.concatenate([np.stack([x, -half], 1), np.stack([x, half], 1)[::-1]]), 3)


def bar(a: tuple[Number, Number], b: tuple[Number, Number], half_width: Number) -> Outline:
    """A rectangle from ``a`` to ``b``."""
    start, end = np.array(a), np.array(b)
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    side = np.array([-along[1], along[0]]) * half_width
    return np.stack([start - side, end - side, end + side, start + side])


def shifted(outline: Outline, x: Number, y: Number) -> Outline:
    """The outline, moved right by x and down by y."""
    return outline + np.array([x, y])


def blob(random: Random, corners: int = 36, roughness: Number = 0.25) -> Outline:
    """A smooth random outline of about unit radius."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = np.ones(corners)
    for k in range(2, 7):
        radius += random.normal(0, roughness / k) * np.cos(k * angle + random.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.35, 1.8)
    return np.stack(
        [
            radius * np.cos(angle) * random.uniform(0.6, 1.2),
            radius * np.sin(angle) * random.uniform(0.6, 1.2),
        ],
        1,
    )


def ragged(random: Random, outline: Outline, amount: Number) -> Outline:
    """The outline with fine irregularities, as fur and leaves have."""
    return np.asarray(outline + random.normal(0, amount, outline.shape), np.float64)


def star(random: Random) -> Outline:
    """A star of four to eight points, of unit radius."""
    points, depth = int(random.integers(4, 9)), random.uniform(0.3, 0.6)
    angle = np.linspace(0, 2 * np.pi, 2 * points, endpoint=False)
    radius = np.where(np.arange(2 * points) % 2, depth, 1.0)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


def gear(random: Random) -> Outline:
    """A wheel with six to eleven teeth, of unit radius."""
    teeth, depth = int(random.integers(6, 12)), random.uniform(0.72, 0.85)
    angle = np.linspace(0, 2 * np.pi, 4 * teeth, endpoint=False)
    radius = np.where(np.arange(4 * teeth) % 4 < 2, 1.0, depth)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)


LETTERS = {
    "E": [
        (-0.6, -1),
        (0.6, -1),
        (0.6, -0.6),
        (-0.2, -0.6),
        (-0.2, -0.2),
        (0.4, -0.2),
        (0.4, 0.2),
        (-0.2, 0.2),
        (-0.2, 0.6),
        (0.6, 0.6),
        (0.6, 1),
        (-0.6, 1),
    ],
    "T": [
        (-0.8, -1),
        (0.8, -1),
        (0.8, -0.6),
        (0.2, -0.6),
        (0.2, 1),
        (-0.2, 1),
        (-0.2, -0.6),
        (-0.8, -0.6),
    ],
    "L": [(-0.6, -1), (-0.2, -1), (-0.2, 0.6), (0.6, 0.6), (0.6, 1), (-0.6, 1)],
    "H": [
        (-0.7, -1),
        (-0.3, -1),
        (-0.3, -0.2),
        (0.3, -0.2),
        (0.3, -1),
        (0.7, -1),
        (0.7, 1),
        (0.3, 1),
        (0.3, 0.2),
        (-0.3, 0.2),
        (-0.3, 1),
        (-0.7, 1),
    ],
    "Z": [
        (-0.7, -1),
        (0.7, -1),
        (0.7, -0.6),
        (-0.15, 0.6),
        (0.7, 0.6),
        (0.7, 1),
        (-0.7, 1),
        (-0.7, 0.6),
        (0.15, -0.6),
        (-0.7, -0.6),
    ],
    "X": [
        (-0.8, -1),
        (-0.3, -1),
        (0, -0.35),
        (0.3, -1),
        (0.8, -1),
        (0.28, 0),
        (0.8, 1),
        (0.3, 1),
        (0, 0.35),
        (-0.3, 1),
        (-0.8, 1),
        (-0.28, 0),
    ],
}
"""Corners of letters, (x, y) in [-1, 1], y down."""


def letter(random: Random) -> Outline:
    """One of LETTERS."""
    return np.array(LETTERS[str(random.choice(list(LETTERS)))], np.float64)
