"""A head seen from the front, of about unit height: its origin is where it turns on the neck."""

import numpy as np

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random
from glom_video.synth.close.body import HEAD, Colour, Piece
from glom_video.synth.close.headwear import hat, headphones, scarf
from glom_video.synth.outlines import Outline, ellipse, limb, mirrored, ring, shifted, smooth


def head(random: Random, tone: Floats, hair: Floats, joint: tuple[float, float]) -> list[Piece]:
    """The pieces, all of one part; ``joint``: in the torso's frame."""
    w = random.uniform(0.33, 0.43)
    jaw = random.uniform(0.6, 0.95)
    skull = mirrored(
        [
            (0.12, 0.03),
            (jaw * 0.72 * w, -0.06),
            (jaw * w, -0.22),
            (w, -0.45),
            (0.97 * w, -0.68),
            (0.62 * w, -0.94),
            (0.2 * w, -1.0),
        ]
    )
    ears = tuple(ellipse(0.055, 0.11, side * (w + 0.02), -0.45) for side in (-1, 1))
    shown = random.random()
    pieces = [
        Piece(
            HEAD,
            HEAD,
            (skull, *ears),
            "skin",
            "torso",
            joint=joint,
            order=40,
            details=_shades(random, tone, w),
            roundness=random.uniform(0.3, 0.8),
            throws=0.3,
        )
    ]
    pieces += _beard(random, w) if random.random() < 0.25 else []
    pieces += _features(random, tone, hair, w)
    if shown < 0.13:
        return pieces + hat(random, w)
    if shown < 0.21:
        return pieces + scarf(w)
    if shown < 0.28:  # bald, or cropped
        return pieces
    phones = headphones(random, w) if random.random() < 0.15 else []
    return [*pieces, *_long_hair(random, w), _cap(random, w), *phones]


def shade(tone: Floats, gain: float) -> Colour:
    """A colour, RGB, ``gain`` times as bright."""
    red, green, blue = (int(v) for v in np.clip(tone * gain, 0, 255))
    return red, green, blue


def _shades(random: Random, tone: Floats, w: float) -> tuple[tuple[Outline, Colour], ...]:
    """Ears inside, cheeks."""
    ears = tuple(
        (ellipse(0.03, 0.07, side * (w + 0.03), -0.45), shade(tone, 0.75)) for side in (-1, 1)
    )
    if random.random() < 0.5:
        return ears
    rouge = shade(tone * np.array([1.06, 0.9, 0.88]), 1.0)
    return ears + tuple((ellipse(0.1, 0.08, side * 0.55 * w, -0.3), rouge) for side in (-1, 1))


def _features(random: Random, tone: Floats, hair: Floats, w: float) -> list[Piece]:
    apart, height = random.uniform(0.42, 0.52) * w, random.uniform(-0.52, -0.46)
    wide, tall = random.uniform(0.05, 0.072), random.uniform(0.02, 0.036)
    iris = shade(random.uniform([30, 20, 10], [110, 120, 150]), 1.0)
    whites = tuple(ellipse(wide, tall, side * apart, height) for side in (-1, 1))
    irises = tuple(
        (ellipse(1.15 * tall, 1.1 * tall, side * apart, height), iris) for side in (-1, 1)
    )
    sockets = tuple(
        ellipse(1.35 * wide, 1.7 * tall, side * apart, height - 0.01) for side in (-1, 1)
    )
    lids = tuple((outline, shade(tone, 0.72)) for outline in sockets)
    inside = tuple(
        (outline, shade(np.array([232.0, 228, 222]), random.uniform(0.8, 1))) for outline in whites
    )
    brow = random.uniform(0.012, 0.03)
    brows = tuple(
        limb(0.17, brow, 0.6 * brow) * [side, 1]
        + [side * (apart - 0.09), height - random.uniform(0.09, 0.13)]
        for side in (-1, 1)
    )
    nose = smooth([(-0.02, -0.42), (0.025, -0.42), (0.08, -0.24), (0.0, -0.2), (-0.05, -0.24)], 3)
    nostrils = ((ellipse(0.06, 0.018, 0.0, -0.215), shade(tone, 0.55)),)
    lips = smooth(
        [
            (-random.uniform(0.11, 0.17), 0),
            (-0.04, -0.03),
            (0, -0.022),
            (0.04, -0.03),
            (random.uniform(0.11, 0.17), 0),
            (0, 0.045),
        ],
        3,
    )
    mouth = (
        (ellipse(0.09, 0.012, 0, 0), shade(np.array([70.0, 25, 25]), random.uniform(0.5, 1.2))),
    )
    pieces = [
        Piece(
            "eyes",
            HEAD,
            sockets,
            "skin",
            HEAD,
            order=44,
            details=lids + inside + irises,
            roundness=0.1,
        ),
        Piece("brows", HEAD, brows, "hair", HEAD, order=45, roundness=0.1),
        Piece("nose", HEAD, (nose,), "nose", HEAD, order=45, details=nostrils, roundness=0.5),
        Piece(
            "mouth",
            HEAD,
            (lips,),
            "lips",
            HEAD,
            joint=(0.0, random.uniform(-0.13, -0.1)),
            order=44,
            details=mouth,
            roundness=0.3,
        ),
    ]
    if random.random() < 0.28:
        pieces.append(_glasses(random, apart, height, w))
    return pieces


def _glasses(random: Random, apart: float, height: float, w: float) -> Piece:
    thin, radius = random.uniform(0.01, 0.025), random.uniform(0.1, 0.13)
    if random.random() < 0.25:  # dark ones
        frames: tuple[Outline, ...] = tuple(
            ellipse(radius * 1.1, radius * 0.85, side * apart, height) for side in (-1, 1)
        )
    else:
        frames = tuple(
            ring(radius, thin) * [1.1, random.uniform(0.75, 1.0)] + [side * apart, height]
            for side in (-1, 1)
        )
    bridge = shifted(limb(2 * (apart - radius), thin, thin), radius - apart, height - 0.02)
    sides = tuple(
        limb(w - apart - radius, thin, thin) * [side, 1] + [side * (apart + radius), height - 0.02]
        for side in (-1, 1)
    )
    return Piece("glasses", HEAD, (*frames, bridge, *sides), "metal", HEAD, order=48, roundness=0.2)


def _beard(random: Random, w: float) -> list[Piece]:
    low = random.uniform(0.06, 0.35)
    outer = [
        (0.0, low),
        (0.6 * w, low * 0.6 - 0.03),
        (1.0 * w, -0.25),
        (0.98 * w, -0.45),
        (0.84 * w, -0.34),
        (0.5 * w, -0.2),
    ]
    lip = [(0.28 * w, -0.16), (0.0, -0.19)]
    return [
        Piece("beard", HEAD, (mirrored(outer + lip, 2),), "hair", HEAD, order=42, roundness=0.6)
    ]


def _cap(random: Random, w: float) -> Piece:
    """Hair on top, down to the hairline."""
    high = random.uniform(1.02, 1.22)
    side, line = random.uniform(-0.62, -0.3), random.uniform(-0.86, -0.66)
    outer = [
        (w + 0.02, side),
        (1.12 * w, -0.6),
        (1.05 * w, -0.85),
        (0.6 * w, -high),
        (0.0, -high - 0.03),
        (-0.6 * w, -high),
        (-1.05 * w, -0.85),
        (-1.12 * w, -0.6),
    ]
    parting = random.uniform(-0.6, 0.6) * w
    inner = [
        (-w - 0.02, side),
        (-0.88 * w, -0.6),
        (-0.7 * w, line + random.normal(0, 0.05)),
        (parting, line - 0.06),
        (0.7 * w, line + random.normal(0, 0.05)),
    ]
    return Piece(
        "cap",
        HEAD,
        (smooth([*outer, *inner, (0.88 * w, -0.6)], 3),),
        "hair",
        HEAD,
        order=46,
        roundness=1.0,
    )


def _long_hair(random: Random, w: float) -> list[Piece]:
    """Behind the face: none in half of the heads, else to the neck, the shoulders or the chest; or
    a bun."""
    kind = random.random()
    if kind < 0.45:
        return []
    if kind < 0.53:
        bun = ellipse(random.uniform(0.14, 0.25), random.uniform(0.13, 0.2), 0, -1.12)
        return [Piece("back hair", HEAD, (bun,), "hair", HEAD, order=38, roundness=1.0)]
    low, wide = random.uniform(-0.05, 1.1), random.uniform(1.1, 1.55)
    outline = mirrored(
        [
            (0.5 * w, low),
            (wide * w, low - 0.12),
            (wide * 1.02 * w, -0.3),
            (1.15 * w, -0.75),
            (0.6 * w, -1.06),
        ]
    )
    pieces = [
        Piece(
            "back hair",
            HEAD,
            (outline,),
            "hair",
            HEAD,
            order=2 if random.random() < 0.7 else 38,
            roundness=0.8,
        )
    ]
    if low > 0.2 and random.random() < 0.75:
        locks = tuple(
            smooth(
                [
                    (side * 0.9 * w, -0.7),
                    (side * 1.2 * w, -0.3),
                    (side * wide * w, low - 0.1),
                    (side * 0.75 * w, low),
                    (side * 0.86 * w, -0.2),
                ],
                3,
            )
            for side in (-1, 1)
        )
        pieces.append(Piece("locks", HEAD, locks, "hair", HEAD, order=47, roundness=0.8))
    return pieces
