"""A person from the waist up, seen from the front. Unit: the height of the head; the origin is the
waist, y down."""

import numpy as np

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random
from glom_video.synth.close.body import HEAD, Piece
from glom_video.synth.close.head import head, shade
from glom_video.synth.outlines import Outline, ellipse, limb, mirrored, shifted, smooth
from glom_video.synth.textures import bright_colour

NECK = -2.3
"""y of the neck's foot."""
UPPER, FORE = 1.35, 1.15
"""Lengths of upper arm and forearm."""
SIDES = ("left", "right")
"""Of arms and hands."""


def person(random: Random, tone: Floats, hair: Floats) -> list[Piece]:
    """Torso, head and two arms, perhaps with a thing in one hand. Parts are the torso, the head
    and, of each arm, upper arm, forearm and hand."""
    half, bulk = random.uniform(0.92, 1.25), random.uniform(0.9, 1.45)
    stance = random.normal(0, 0.06)
    pieces = [
        Piece(
            "torso",
            "torso",
            (_trunk(half, bulk),),
            "shirt",
            order=10,
            rest=stance,
            details=_front(random, tone),
            roundness=random.uniform(0.3, 0.9),
        ),
        Piece(
            "neck",
            HEAD,
            (limb(0.55, 0.24, 0.22),),
            "neck",
            "torso",
            joint=(0.0, NECK + 0.18),
            order=39,
            rest=-np.pi / 2,
        ),
    ]
    pieces += head(random, tone, hair, (random.normal(0, 0.05), NECK - random.uniform(0.05, 0.2)))
    if random.random() < 0.2:
        pieces.append(_collar(random))
    sleeve = random.random()
    for side, name in zip((-1, 1), SIDES, strict=True):
        pieces += _arm(
            random,
            side,
            name,
            half,
            bulk,
            "shirt" if sleeve < 0.85 else "skin",
            "shirt" if sleeve < 0.6 else "skin",
        )
    return pieces


def _trunk(half: float, bulk: float) -> Outline:
    return mirrored(
        [
            (0.75 * bulk, 2.2),
            (0.72 * bulk, 0.6),
            (0.66 * bulk, -0.4),
            (0.8 * half, -1.2),
            (0.95 * half, -1.75),
            (0.86 * half, -2.02),
            (0.4, -2.22),
            (0.2, -2.36),
        ]
    )


def _front(random: Random, tone: Floats) -> tuple[tuple[Outline, tuple[int, int, int]], ...]:
    """What is seen on the chest: skin in the neckline, a shirt between lapels, a tie, buttons, a
    print, braces."""
    deep, wide = random.uniform(0.05, 0.65), random.uniform(0.18, 0.36)
    cut = [
        (-wide, -2.4),
        (wide, -2.4),
        (0.7 * wide, NECK + 0.6 * deep),
        (0, NECK + deep),
        (-0.7 * wide, NECK + 0.6 * deep),
    ]
    neckline = smooth(cut, 3) if random.random() < 0.6 else np.array(cut)[[0, 1, 3]]
    shown = [(neckline, shade(tone, random.uniform(0.8, 0.98)))]
    kind = random.random()
    if kind < 0.25:
        low = random.uniform(-1.6, -0.3)
        shirt = np.array([(-0.3, -2.4), (0.3, -2.4), (0.04, low), (-0.04, low)])
        shown = [
            (shirt, shade(bright_colour(random), 1.0)),
            (neckline * [0.7, 1] + [0, -0.05], shade(tone, 0.9)),
        ]
        if random.random() < 0.5:
            tie = np.array(
                [(-0.07, -2.2), (0.07, -2.2), (0.12, low - 0.2), (0, low), (-0.12, low - 0.2)]
            )
            shown.append((tie, shade(bright_colour(random), 0.8)))
    elif kind < 0.45:
        paint = shade(bright_colour(random), 1.0)
        shown += [
            (ellipse(0.03, 0.03, 0, y, 10), paint)
            for y in np.arange(NECK + deep + 0.15, 0.5, random.uniform(0.25, 0.45))
        ]
    elif kind < 0.65:
        shape = ellipse(
            random.uniform(0.1, 0.45),
            random.uniform(0.1, 0.4),
            random.normal(0, 0.15),
            random.uniform(-1.6, -0.9),
        )
        shown.append((shape, shade(bright_colour(random), 1.0)))
    elif kind < 0.72:
        paint = shade(bright_colour(random), 0.7)
        shown += [
            (limb(3.0, 0.09, 0.09) @ np.array([[0, 1], [1, 0]]) + [side * 0.42, -2.25], paint)
            for side in (-1, 1)
        ]
    return tuple(shown)


def _collar(random: Random) -> Piece:
    low = random.uniform(-2.15, -1.9)
    flaps = tuple(
        smooth([(side * 0.1, -2.2), (side * 0.3, -2.42), (side * 0.42, -2.2), (side * 0.3, low)], 3)
        for side in (-1, 1)
    )
    return Piece(
        "collar",
        "torso",
        flaps,
        "shirt" if random.random() < 0.5 else "second",
        "torso",
        order=37,
        throws=0.3,
    )


def _arm(
    random: Random, side: int, name: str, half: float, bulk: float, upper: str, fore: str
) -> list[Piece]:
    """All hang on the torso: where each lies is set frame by frame. At rest the arm hangs at the
    side."""
    thick = 0.2 * bulk
    shoulder = side * 0.84 * half, NECK + 0.47
    elbow = shoulder[0] + side * 0.12, shoulder[1] + UPPER
    wrist = elbow[0] - side * 0.05, elbow[1] + FORE
    order = 22 if side < 0 else 24
    cuff = (
        () if fore == "skin" else (shifted(limb(0.16, 0.62 * thick, 0.6 * thick), FORE - 0.1, 0),)
    )
    return [
        Piece(
            f"{name} upper",
            f"{name} upper arm",
            (limb(UPPER, 1.05 * thick, 0.82 * thick, 0.05),),
            upper,
            "torso",
            joint=shoulder,
            order=order,
            rest=np.pi / 2,
        ),
        Piece(
            f"{name} fore",
            f"{name} forearm",
            (limb(FORE, 0.8 * thick, 0.55 * thick, 0.1), *cuff),
            fore,
            "torso",
            joint=elbow,
            order=52 + side,
            rest=np.pi / 2,
            throws=0.35,
        ),
        Piece(
            f"{name} hand",
            f"{name} hand",
            _hand(random, side),
            "skin",
            "torso",
            joint=wrist,
            order=56 + side,
            rest=np.pi / 2,
            roundness=0.6,
            throws=0.3,
        ),
    ]


def _hand(random: Random, side: int) -> tuple[Outline, ...]:
    """Open, closed, or pointing; along +x from the wrist."""
    palm = smooth(
        [
            (-0.06, -0.11),
            (0.12, -0.17),
            (0.34, -0.17),
            (0.38, 0),
            (0.34, 0.17),
            (0.12, 0.15),
            (-0.06, 0.1),
        ],
        3,
    )
    thumb = limb(0.24, 0.055, 0.04) @ _turn(side * random.uniform(-1.1, -0.5)) + [
        0.14,
        -side * 0.12,
    ]
    kind, spread = random.random(), random.uniform(0.0, 0.16)
    long = 0.0 if kind < 0.3 else 1.0
    lengths = (
        np.array([0.26, 0.33, 0.31, 0.22]) * (long if kind < 0.85 else np.array([1, 0, 0, 0]))
        + 0.05
    )
    fingers = tuple(
        limb(length, 0.05, 0.038) @ _turn(spread * (n - 1.5)) + [0.32, 0.093 * (n - 1.5)]
        for n, length in enumerate(lengths)
    )
    return (palm, thumb, *fingers)


def held(random: Random, name: str) -> Piece:
    """A cup, a phone, a book or a pen in the hand of that side: a part of its own."""
    kind = random.random()
    if kind < 0.35:
        wide, tall = random.uniform(0.16, 0.26), random.uniform(0.25, 0.45)
        outlines: tuple[Outline, ...] = (
            np.array([(-wide, -tall), (wide, -tall), (0.85 * wide, tall), (-0.85 * wide, tall)])
            * [0.9, 0.8],
            ellipse(0.12, 0.14, wide, 0),
        )
    elif kind < 0.75:
        outlines = (
            smooth(
                np.array([(-0.17, -0.36), (0.17, -0.36), (0.17, 0.36), (-0.17, 0.36)]).repeat(2, 0)
                + random.normal(0, 0.004, (8, 2)),
                2,
            ),
        )
    elif kind < 0.9:
        wide, tall = random.uniform(0.4, 0.7), random.uniform(0.4, 0.6)
        outlines = (np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)]),)
    else:
        outlines = (limb(0.75, 0.03, 0.015) - [0.3, 0],)
    return Piece(
        "held",
        "held",
        outlines,
        "held",
        f"{name} hand",
        joint=(0.3, 0.0),
        order=55 if random.random() < 0.6 else 60,
        rest=random.normal(-np.pi / 2, 0.4),
        throws=0.3,
    )


def _turn(angle: float) -> Floats:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
