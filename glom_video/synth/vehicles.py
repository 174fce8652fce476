"""Cars, trucks and boats. A rider and the vehicle are one figure, since they move as one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.figures import Figure, Part
from glom_video.synth.outlines import ellipse, smooth
from glom_video.synth.people import arms_and_head, biped
from glom_video.synth.wheels import wheel

GLASS = (38, 48, 58)
"""RGB of windows."""


def car(random: Random) -> Figure:
    """A car from its side, one unit long."""
    height, roof = random.uniform(0.17, 0.24), random.uniform(0.13, 0.2)
    bonnet = random.uniform(0.12, 0.3)
    low, high, top = 0.1, 0.1 - height, 0.1 - height - roof
    front, back = 0.5 - bonnet, -0.5 + random.uniform(0.02, 0.22)
    body = smooth(
        [
            (-0.5, low - 0.02),
            (-0.5, high + 0.03),
            (back, high),
            (back + 0.1, top),
            (front - 0.18, top),
            (front, high),
            (0.47, high + 0.05),
            (0.5, low - 0.02),
            (0.4, low),
            (-0.4, low),
        ],
        3,
    )
    pillar = (back + front) / 2 - 0.04
    windows = (
        np.array(
            [
                (back + 0.05, high),
                (back + 0.12, top + 0.03),
                (pillar - 0.02, top + 0.03),
                (pillar - 0.02, high),
            ]
        ),
        np.array(
            [
                (pillar + 0.02, high),
                (pillar + 0.02, top + 0.03),
                (front - 0.2, top + 0.03),
                (front - 0.05, high),
            ]
        ),
    )
    lamp = ellipse(0.025, 0.02, 0.46, high + 0.08, 8)
    details = (*((window, GLASS) for window in windows), (lamp, (240, 235, 200)))
    radius = random.uniform(0.075, 0.1)
    parts = (
        Part((body,), "body", order=10, details=details),
        wheel(random, radius, "rear wheel", -0.31, low),
        wheel(random, radius, "front wheel", 0.3, low),
    )
    return Figure(parts, feet=low + radius, surface="paint", stride=1.0)


def truck(random: Random) -> Figure:
    """Vans, buses and lorries: boxes with windows, at times with a trailer that is a part of its
    own."""
    height, low, radius = random.uniform(0.25, 0.5), 0.12, random.uniform(0.06, 0.09)
    box = smooth(
        [
            (-0.5, low),
            (-0.5, low - height),
            (0.4, low - height),
            (0.5, low - height * 0.55),
            (0.5, low),
        ],
        2,
    )
    panes = int(random.integers(1, 7))
    edges = np.linspace(-0.42, 0.42, panes + 1)
    windows = [
        np.array(
            [
                (a + 0.02, low - 0.9 * height),
                (b - 0.02, low - 0.9 * height),
                (b - 0.02, low - 0.55 * height),
                (a + 0.02, low - 0.55 * height),
            ]
        )
        for a, b in pairwise(edges)
    ]
    if random.random() < 0.4:
        windows = windows[-1:]
    parts = [Part((box,), "body", order=10, details=tuple((window, GLASS) for window in windows))]
    parts += [
        wheel(random, radius, "rear wheel", -0.32, low),
        wheel(random, radius, "front wheel", 0.33, low),
    ]
    if random.random() < 0.3:
        trailer = np.array(
            [(-1.0, low), (-1.0, low - height * 1.1), (-0.53, low - height * 1.1), (-0.53, low)]
        )
        parts.append(Part((trailer,), "trailer", 0, (0, 0), 9, skin="second", swing=0.01))
    return Figure(tuple(parts), feet=low + radius, surface="paint", stride=1.0)


def boat(random: Random) -> Figure:
    """A sailing boat, or a hull with a person in it; about one unit long."""
    deep = random.uniform(0.1, 0.18)
    hull = smooth(
        [(-0.5, -deep), (0.35, -deep), (0.55, -deep * 1.3), (0.42, 0.03), (-0.42, 0.03)], 3
    )
    parts = [Part((hull,), "hull", order=20)]
    if random.random() < 0.5:
        sail = np.array([(-0.02, -0.12), (0.0, -0.95), (random.uniform(0.25, 0.45), -0.16)])
        parts.append(Part((sail,), "sail", 0, (0, 0), 10, skin="second", bend=0.015, swing=0.02))
        return Figure(tuple(parts), feet=0.0, surface="paint", stride=2.0)
    torso = biped(random).parts[0]
    parts.append(
        replace(
            torso,
            parent=0,
            joint=(-0.1, -0.06),
            rest=random.normal(0.1, 0.15),
            order=12,
            swing=0.15,
        )
    )
    hung = arms_and_head(random, 1.1, torso=1, first=len(parts), reach=0.6)
    parts += [replace(part, order=part.order + 2) for part in hung]
    return Figure(tuple(parts), feet=0.0, surface="paint", stride=1.0)
