"""Animals seen close: lying on their side of the frame, or head and chest from the front. Unit: the
height of the head; y down."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.close.body import HEAD, Piece
from glom_video.synth.outlines import Outline, ellipse, limb, mirrored, shifted, smooth


def lying(random: Random) -> list[Piece]:
    """A cat, dog or cow that lies, head to the right. Its origin is the middle of its body."""
    long, high = random.uniform(1.6, 2.4), random.uniform(0.7, 1.05)
    trunk = smooth(
        [
            (-long, 0.3),
            (-0.95 * long, -0.55 * high),
            (-0.5 * long, -high),
            (0.2 * long, -0.92 * high),
            (0.85 * long, -0.8 * high),
            (long, 0.0),
            (0.85 * long, 0.75),
            (-0.85 * long, 0.8),
        ],
        4,
    )
    haunch = ellipse(0.55 * high + 0.15, 0.6 * high + 0.1, -0.6 * long, 0.15)
    pieces = [Piece("torso", "torso", (trunk,), "coat", order=10)]
    pieces.append(
        Piece(
            "haunch",
            "hind leg",
            (haunch, shifted(limb(1.1, 0.16, 0.13), -0.5 * long, 0.68)),
            "coat",
            "torso",
            order=20,
            throws=0.25,
        )
    )
    tail = limb(random.uniform(0.9, 2.2), random.uniform(0.08, 0.2), 0.06, 0.2)
    pieces.append(
        Piece(
            "tail",
            "tail",
            (tail,),
            "coat",
            "torso",
            joint=(-0.95 * long, 0.3),
            order=22,
            rest=random.choice([2.6, 0.3]) + random.normal(0, 0.3),
            throws=0.25,
        )
    )
    for number, order in ((0, 6), (1, 24)):
        leg = (limb(random.uniform(1.0, 1.5), 0.2, 0.14), ellipse(0.2, 0.15, 1.15, 0))
        name = ("far foreleg", "near foreleg")[number]
        pieces.append(
            Piece(
                name,
                name,
                leg,
                "coat",
                "torso",
                joint=(0.75 * long, 0.55 + 0.1 * number),
                order=order,
                rest=random.uniform(-0.1, 0.3),
                throws=0.25,
            )
        )
    pieces += _head(random, (0.85 * long, -0.55 * high), sideways=random.random() < 0.6)
    return pieces


def bust(random: Random) -> list[Piece]:
    """An animal's head and chest from the front. Its origin lies low in the chest."""
    wide = random.uniform(0.5, 0.85)
    chest = mirrored(
        [(1.15 * wide, 2.4), (1.1 * wide, 0.2), (0.95 * wide, -1.0), (0.6 * wide, -1.7)]
    )
    bib = (mirrored([(0.3 * wide, 1.8), (0.5 * wide, -0.4), (0.25 * wide, -1.4)]), (215, 210, 200))
    pieces = [
        Piece(
            "torso",
            "torso",
            (chest,),
            "coat",
            order=10,
            details=(bib,) if random.random() < 0.35 else (),
        )
    ]
    for side in (-1, 1):
        leg = limb(1.9, 0.26, 0.2)
        name = "left foreleg" if side < 0 else "right foreleg"
        pieces.append(
            Piece(
                name,
                name,
                (leg,),
                "coat",
                "torso",
                joint=(side * 0.6 * wide, -0.2),
                order=20,
                rest=np.pi / 2 + side * random.normal(0.05, 0.1),
                throws=0.25,
            )
        )
    return pieces + _head(random, (0.0, -1.5), sideways=False)


def _head(random: Random, joint: tuple[float, float], *, sideways: bool) -> list[Piece]:
    snout = random.uniform(0.1, 0.5)
    if sideways:
        return _profile(random, joint, snout)
    half = random.uniform(0.4, 0.58)
    skull = mirrored(
        [
            (0.5 * half, 0.12),
            (0.95 * half, -0.15),
            (half, -0.5),
            (0.6 * half, -0.85),
            (0.2 * half, -0.9),
        ]
    )
    pieces = [
        Piece(
            HEAD, HEAD, (skull,), "coat", "torso", joint=joint, order=40, throws=0.3, roundness=1.1
        )
    ]
    pointed, hangs = random.random() < 0.55, random.uniform(1.6, 2.4)
    for side in (-1, 1):
        name = "left ear" if side < 0 else "right ear"
        if pointed:
            ear: Outline = smooth(
                [(-0.18, 0.06), (0, -random.uniform(0.35, 0.6)), (0.18, 0.06), (0, 0.12)], 3
            )
            pieces.append(
                Piece(
                    name,
                    HEAD,
                    (ear,),
                    "second",
                    HEAD,
                    joint=(side * 0.62 * half, -0.78),
                    order=41,
                    rest=side * 0.3,
                )
            )
        else:
            pieces.append(
                Piece(
                    name,
                    HEAD,
                    (limb(0.55, 0.16, 0.13, 0.3),),
                    "second",
                    HEAD,
                    joint=(side * 0.85 * half, -0.75),
                    order=46,
                    rest=np.pi / 2 - side * (hangs - 1.5),
                    throws=0.3,
                )
            )
    muzzle = (ellipse(0.22 + 0.2 * snout, 0.15 + 0.2 * snout, 0, 0),)
    pieces.append(
        Piece("muzzle", HEAD, muzzle, "second", HEAD, joint=(0.0, -0.1), order=43, roundness=1.2)
    )
    eyes = tuple(ellipse(0.06, 0.055, side * 0.45 * half, -0.45) for side in (-1, 1))
    glints = tuple(
        (ellipse(0.015, 0.015, side * 0.45 * half + 0.015, -0.47), (240, 240, 240))
        for side in (-1, 1)
    )
    pieces.append(Piece("eyes", HEAD, eyes, "dark", HEAD, order=45, details=glints, roundness=0.5))
    pieces.append(Piece("nose", HEAD, (ellipse(0.09, 0.065, 0, -0.2),), "dark", HEAD, order=46))
    pieces.append(
        Piece(
            "mouth", HEAD, (ellipse(0.1, 0.012, 0, 0),), "dark", HEAD, joint=(0.0, -0.04), order=47
        )
    )
    return pieces


def _profile(random: Random, joint: tuple[float, float], snout: float) -> list[Piece]:
    skull = smooth(
        [
            (-0.35, 0.2),
            (-0.4, -0.3),
            (-0.05, -0.55),
            (0.3, -0.42),
            (0.45 + snout, -0.12),
            (0.5 + snout, 0.08),
            (0.3, 0.22),
        ],
        4,
    )
    neck = limb(0.5, 0.42, 0.34) @ np.array([[-1.0, 0], [0, 1]]) + [0.1, 0.1]
    if random.random() < 0.5:
        ear = smooth([(-0.15, 0.1), (-0.05, -0.45), (0.16, 0.05)], 4)
    else:
        ear = limb(0.45, 0.13, 0.11) @ np.array([[0, 1], [1, 0]])
    return [
        Piece(
            HEAD,
            HEAD,
            (skull, neck),
            "coat",
            "torso",
            joint=(joint[0] + 0.1, joint[1]),
            order=30,
            rest=random.uniform(-0.2, 0.4),
            throws=0.3,
        ),
        Piece("near ear", HEAD, (ear,), "second", HEAD, joint=(-0.1, -0.4), order=41, throws=0.2),
        Piece("eyes", HEAD, (ellipse(0.05, 0.045, 0.22, -0.25),), "dark", HEAD, order=42),
        Piece("nose", HEAD, (ellipse(0.07, 0.055, 0.48 + snout, -0.06),), "dark", HEAD, order=43),
        Piece(
            "mouth",
            HEAD,
            (shifted(limb(0.25, 0.012, 0.012), 0.22 + snout, 0.12),),
            "dark",
            HEAD,
            order=43,
        ),
    ]
