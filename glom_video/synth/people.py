"""People, and what hangs on a torso: riders use the same arms and heads."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.figures import DOWN, Figure, Part, Skin
from glom_video.synth.outlines import Number, Outline, ellipse, limb, smooth


def biped(random: Random) -> Figure:
    """A person: hips at the origin, about one unit tall."""
    bulk, run = random.uniform(0.8, 1.35), random.random() < 0.3
    parts = [
        Part(
            (_torso(random, bulk),),
            "torso",
            order=10,
            skin="coat",
            bend=random.uniform(0, 0.006),
            rest=random.uniform(0, 0.3) if run else random.normal(0, 0.05),
        )
    ]
    parts += _two_legs(random, bulk, run)
    if random.random() < 0.18:
        flare = random.uniform(0.1, 0.2)
        skirt = smooth([(-0.075, -0.05), (0.075, -0.05), (flare, 0.24), (-flare, 0.24)], 3)
        parts.append(Part((skirt,), "torso", 0, (0, 0), 11, skin="coat", swing=0.05))
    parts += arms_and_head(random, bulk, torso=0, first=len(parts), run=run)
    if random.random() < 0.15:
        parts.append(
            Part(
                (smooth([(-0.14, -0.28), (-0.05, -0.3), (-0.04, -0.06), (-0.15, -0.05)], 4),),
                "bag",
                parent=0,
                order=9,
                skin="second",
            )
        )
    return Figure(
        tuple(parts),
        feet=0.5,
        surface="paint",
        stride=random.uniform(0.5, 0.9) * (1.5 if run else 1),
    )


def _torso(random: Random, bulk: Number) -> Outline:
    shoulder, waist, hip = 0.085 * bulk * random.uniform(0.9, 1.2), 0.06 * bulk, 0.07 * bulk
    return smooth(
        [
            (-hip, 0.03),
            (-waist, -0.12),
            (-shoulder, -0.27),
            (-0.45 * shoulder, -0.33),
            (0.45 * shoulder, -0.33),
            (shoulder, -0.26),
            (waist * 1.1, -0.12),
            (hip, 0.03),
        ],
        4,
    )


def _two_legs(random: Random, bulk: Number, run: bool) -> list[Part]:
    swing, thick = random.uniform(0.5, 0.9) if run else random.uniform(0.2, 0.5), 0.05 * bulk
    lift, parts = random.uniform(0.8, 1.6) if run else random.uniform(0.2, 0.8), []
    shoe = smooth([(0.22, 0.025), (0.275, 0.03), (0.28, -0.1), (0.25, -0.11), (0.23, -0.03)], 3)
    for name, order, offset in (("near leg", 8, 0.0), ("far leg", 2, np.pi)):
        parts.append(
            Part(
                (limb(0.25, 1.15 * thick, 0.8 * thick),),
                name + " upper",
                parent=0,
                order=order,
                skin="second",
                rest=DOWN,
                swing=swing,
                offset=offset,
            )
        )
        parts.append(
            Part(
                (limb(0.24, 0.75 * thick, 0.5 * thick), shoe),
                name + " lower",
                parent=len(parts),
                joint=(0.25, 0),
                order=order + 1,
                skin="second",
                swing=0.3 * swing,
                lift=lift,
                offset=offset + 2.6,
                details=((shoe, (35, 30, 30)),),
            )
        )
    return parts


def arms_and_head(
    random: Random,
    bulk: Number,
    *,
    torso: int,
    first: int,
    run: bool = False,
    reach: Number | None = None,
) -> list[Part]:
    """What hangs on part number ``torso`` of a figure whose first ``first`` parts are there
    already.

    Args:
        reach: holds both arms forward at that angle: riders and pushers.
    """
    return [*_arms(random, bulk, torso, first, run, reach), _head(random, torso)]


def _arms(
    random: Random, bulk: Number, torso: int, first: int, run: bool, reach: Number | None
) -> list[Part]:
    swing, thick = random.uniform(0.2, 0.8), 0.035 * bulk
    elbow = random.uniform(0.8, 1.6) if run else random.uniform(0.05, 0.6)
    sleeve: Skin = "coat" if random.random() < 0.7 else "skin"
    parts: list[Part] = []
    for name, order, offset in (("near arm", 16, np.pi), ("far arm", 4, 0.0)):
        rest = DOWN if reach is None else reach
        upper_arm = first + len(parts)
        parts.append(
            Part(
                (limb(0.16, thick, 0.8 * thick),),
                name + " upper",
                parent=torso,
                joint=(0, -0.28),
                order=order,
                skin=sleeve,
                rest=rest,
                swing=swing if reach is None else 0.08,
                offset=offset,
            )
        )
        parts.append(
            Part(
                (limb(0.15, 0.75 * thick, 0.6 * thick), ellipse(0.028, 0.024, 0.165, 0, 10)),
                name + " lower",
                parent=upper_arm,
                joint=(0.16, 0),
                order=order + 1,
                skin=sleeve,
                rest=-elbow if reach is None else -0.3,
                swing=0.2 * swing,
                offset=offset,
                details=((ellipse(0.028, 0.024, 0.165, 0, 10), (190, 140, 115)),),
            )
        )
    return parts


def _head(random: Random, torso: int) -> Part:
    size = random.uniform(0.055, 0.07)
    skull = smooth(
        [
            (-0.045, 0.0),
            (-0.9 * size, -0.06),
            (-0.75 * size, -0.135),
            (0, -0.165),
            (0.75 * size, -0.13),
            (0.95 * size, -0.07),
            (0.6 * size, -0.01),
            (0.03, 0.03),
            (-0.04, 0.03),
        ],
        3,
    )
    hair = smooth(
        [
            (-0.98 * size, -0.05),
            (-0.85 * size, -0.14),
            (0, -0.175),
            (0.75 * size, -0.14),
            (0.5 * size, -0.11),
            (-0.2 * size, -0.1),
            (-0.5 * size, -0.04),
        ],
        3,
    )
    shade = (
        random.uniform(20, 250, 3) if random.random() < 0.3 else random.uniform(10, [120, 80, 60])
    )
    tint = (int(shade[0]), int(shade[1]), int(shade[2]))
    return Part(
        (skull, hair),
        "head",
        parent=torso,
        joint=(0.01, -0.31),
        order=14,
        skin="skin",
        swing=random.uniform(0, 0.12),
        offset=random.uniform(0, 6),
        pace=0.5,
        details=((hair, tint),),
    )
