"""Things before and behind people: chair backs, sofas, desks, screens, cups. All are background."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.close.body import Piece
from glom_video.synth.outlines import Outline, ellipse, limb, shifted, smooth

NO_PART = ""
"""Group of pieces without an id."""
BEHIND, BEFORE_BODY, BEFORE_HANDS = -5, 50, 62
"""Order: behind a body, before it but behind its forearms, before all of it."""


def seat(random: Random, low: float, *, is_farthest: bool) -> list[Piece]:
    """A chair back or a sofa, for a body whose shoulders lie at y = ``low``, in its units. A sofa
    would hide whoever is farther away."""
    top = low + random.uniform(-0.5, 0.9)
    is_chair = random.random() < 0.6 or not is_farthest
    half = random.uniform(0.7, 1.3) if is_chair else random.uniform(2.5, 6)
    middle = random.normal(0, 0.3)
    back = rounded(middle - half, top, middle + half, top + 6, random.uniform(0.1, 0.4))
    return [Piece("seat", NO_PART, (back,), "seat", order=BEHIND, roundness=random.uniform(0.2, 1))]


def desk(random: Random, edge: float, reach: float) -> list[Piece]:
    """A table from y = ``edge`` down, ``reach`` wide to either side, and perhaps what stands on it;
    in a body's units."""
    slope = random.normal(0, 0.04)
    table = np.array(
        [(-reach, edge - slope), (reach, edge + slope), (reach, edge + 5), (-reach, edge + 5)]
    )
    pieces = [
        Piece("desk", NO_PART, (table,), "desk", order=BEFORE_BODY, roundness=0.0, throws=0.2)
    ]
    for number in range(int(random.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15]))):
        before = random.random() < 0.4
        across, base = random.uniform(-0.5, 0.5) * reach, edge + random.uniform(0.1, 0.7)
        outlines = tuple(shifted(outline, across, base) for outline in _thing(random))
        order = BEFORE_HANDS + number if before else BEFORE_BODY
        pieces.append(
            Piece(
                f"thing {number}",
                NO_PART,
                outlines,
                f"thing {number}",
                order=order,
                roundness=random.uniform(0, 1),
                throws=0.25,
            )
        )
    return pieces


def _thing(random: Random) -> tuple[Outline, ...]:
    """Stands on the origin: a screen seen from behind, a cup, a bottle, a book, a lamp, a
    microphone."""
    kind = random.random()
    if kind < 0.35:
        half, tall = random.uniform(0.6, 1.1), random.uniform(0.5, 0.95)
        return (np.array([(-half, -tall), (half, -tall), (half * 1.04, 0), (-half * 1.04, 0)]),)
    if kind < 0.6:
        wide, tall = random.uniform(0.12, 0.22), random.uniform(0.25, 0.45)
        return (
            np.array([(-wide, -tall), (wide, -tall), (0.85 * wide, 0), (-0.85 * wide, 0)]),
            ellipse(0.1, 0.12, wide, -tall / 2),
        )
    if kind < 0.75:
        wide, tall = random.uniform(0.1, 0.16), random.uniform(0.6, 1.0)
        return (
            smooth(
                [
                    (-wide, 0),
                    (-wide, -0.65 * tall),
                    (-0.4 * wide, -tall),
                    (0.4 * wide, -tall),
                    (wide, -0.65 * tall),
                    (wide, 0),
                ],
                3,
            ),
        )
    if kind < 0.88:
        half = random.uniform(0.3, 0.7)
        return (np.array([(-half, -0.14), (half, -0.14), (half, 0.02), (-half, 0.02)]),)
    tall = random.uniform(0.6, 1.3)
    return (limb(tall, 0.04, 0.04) @ np.array([[0, -1.0], [1, 0]]), ellipse(0.16, 0.2, 0, -tall))


def rounded(left: float, top: float, right: float, bottom: float, radius: float) -> Outline:
    """A box with round corners."""
    angle = np.linspace(0, np.pi / 2, 5)
    turn = np.stack([np.cos(angle), np.sin(angle)], 1) * radius
    corners = [
        ((right - radius, bottom - radius), (1, 1)),
        ((left + radius, bottom - radius), (-1, 1)),
        ((left + radius, top + radius), (-1, -1)),
        ((right - radius, top + radius), (1, -1)),
    ]
    arcs = [
        np.array(middle) + turn[:: 1 if sign[0] * sign[1] > 0 else -1] * sign
        for middle, sign in corners
    ]
    return np.concatenate(arcs)
