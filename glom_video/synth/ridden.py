"""Cycles, animals and boards with their riders. Both are one figure, since they move as one."""

from dataclasses import replace

import numpy as np

from glom_video.synth.animals import quadruped
from glom_video.synth.chance import Random
from glom_video.synth.figures import DOWN, Figure, Part
from glom_video.synth.outlines import Number, Outline, bar, ellipse, limb, smooth
from glom_video.synth.people import arms_and_head, biped
from glom_video.synth.wheels import cycle_wheel, wheel


def cycle(random: Random) -> Figure:
    """A bicycle or motorbike with its rider."""
    motor = random.random() < 0.5
    radius, base = random.uniform(0.15, 0.2), random.uniform(0.24, 0.32)
    frame: tuple[Outline, ...]
    if motor:
        frame = (
            smooth(
                [
                    (-0.35, -0.12),
                    (-0.1, -0.14),
                    (0.1, -0.22),
                    (0.24, -0.2),
                    (0.2, -0.02),
                    (0.05, 0.1),
                    (-0.15, 0.1),
                ],
                4,
            ),
            bar((0.2, -0.2), (base, 0), 0.022),
        )
        wheels = [
            wheel(random, radius, "rear wheel", -base, 0, 6),
            wheel(random, radius, "front wheel", base, 0, 6),
        ]
    else:
        thin = random.uniform(0.012, 0.02)
        tubes = (
            ((-base, 0), (-0.1, -0.22)),
            ((-base, 0), (0, 0.02)),
            ((0, 0.02), (-0.11, -0.26)),
            ((0, 0.02), (0.19, -0.2)),
            ((-0.1, -0.2), (0.18, -0.24)),
            ((base, 0), (0.17, -0.3)),
        )
        frame = tuple(bar(a, b, thin) for a, b in tubes)
        wheels = [
            cycle_wheel(random, radius, "rear wheel", -base, 0),
            cycle_wheel(random, radius, "front wheel", base, 0),
        ]
    parts = [Part(frame, "frame", order=8), *wheels]
    return Figure(
        tuple(
            _with_rider(
                random, parts, (-0.1, -0.26), lean=random.uniform(0.2, 1.0), pedals=not motor
            )
        ),
        feet=radius,
        surface="paint",
        stride=random.uniform(1.5, 3),
    )


def _with_rider(
    random: Random, parts: list[Part], seat: tuple[Number, Number], lean: Number, pedals: bool
) -> list[Part]:
    bulk, size = random.uniform(0.9, 1.3), random.uniform(0.95, 1.15)
    person = biped(random)
    torso = replace(person.parts[0], parent=0, joint=seat, rest=lean, order=16, skin="second")
    at = len(parts)
    legs = []
    for name, order, offset in (("near leg", 18, 0.0), ("far leg", 3, np.pi)):
        knee_fold = random.uniform(0.9, 1.3)
        legs.append(
            Part(
                (limb(0.25 * size, 0.06 * bulk, 0.04 * bulk),),
                name + " upper",
                parent=0,
                joint=seat,
                order=order,
                skin="second",
                rest=0.75,
                swing=0.35 if pedals else 0.02,
                offset=offset,
            )
        )
        shoe = ellipse(0.05, 0.03, 0.24 * size, -0.02, 10)
        legs.append(
            Part(
                (limb(0.24 * size, 0.04 * bulk, 0.028 * bulk), shoe),
                name + " lower",
                parent=at + len(legs),
                joint=(0.25 * size, 0),
                order=order + 1,
                skin="second",
                rest=knee_fold,
                swing=0.25 if pedals else 0.02,
                offset=offset + 1.5,
                details=((shoe, (30, 30, 30)),),
            )
        )
    seated = [*parts, torso, *legs]
    hung = arms_and_head(random, bulk, torso=at, first=len(seated), reach=0.9 - 0.6 * lean)
    return [*seated, *(replace(part, order=part.order + 4) for part in hung)]


def ridden_animal(random: Random) -> Figure:
    """A horse or camel with its rider: two bodies, one object."""
    animal = quadruped(random)
    parts, size = list(animal.parts), random.uniform(0.9, 1.3)
    seat = (random.uniform(-0.05, 0.1), -0.16)
    at = len(parts)
    torso = biped(random).parts[0]
    parts.append(
        replace(
            torso,
            parent=0,
            joint=seat,
            rest=random.normal(0.05, 0.12),
            order=16,
            skin="second",
            swing=0.05,
            pace=2.0,
        )
    )
    parts.append(
        Part(
            (limb(0.25 * size, 0.055, 0.04),),
            "near leg",
            parent=0,
            joint=seat,
            order=18,
            skin="second",
            rest=0.6,
            swing=0.04,
        )
    )
    parts.append(
        Part(
            (limb(0.25 * size, 0.04, 0.035),),
            "near leg",
            parent=at + 1,
            joint=(0.25 * size, 0),
            order=18,
            skin="second",
            rest=1.2,
            swing=0.05,
        )
    )
    hung = arms_and_head(random, 1.0, torso=at, first=len(parts), reach=0.7)
    parts += [replace(part, order=part.order + 6) for part in hung]
    return replace(animal, parts=tuple(parts))


def boarder(random: Random) -> Figure:
    """A person on a board, skis or in a small boat."""
    person = biped(random)
    crouch = random.uniform(0.1, 0.8)
    parts = []
    for part in person.parts:
        still = replace(part, swing=part.swing * 0.25, lift=0.0)
        if "leg upper" in part.group:
            still = replace(still, rest=DOWN - crouch * (1 if "near" in part.group else 0.4))
        if "leg lower" in part.group:
            still = replace(still, rest=crouch * (1.6 if "near" in part.group else 0.9))
        parts.append(still)
    length = random.uniform(0.3, 0.6)
    board = smooth(
        [
            (-length, -0.02),
            (-length * 0.7, 0.015),
            (length * 0.7, 0.015),
            (length, -0.04),
            (length * 0.7, 0.045),
            (-length * 0.7, 0.045),
        ],
        4,
    )
    parts.append(
        Part(
            (board,),
            "board",
            parent=0,
            joint=(0, 0.5 - 0.12 * crouch),
            order=1,
            skin="metal",
            rest=random.normal(0, 0.1),
            swing=0.05,
        )
    )
    return replace(person, parts=tuple(parts), stride=1.5)
