"""Cars, trucks, cycles and boats, with riders: a rider and what carries it are one figure, for they
move as one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from glom_video.synth.animals import quadruped
from glom_video.synth.figures import DOWN, Figure, Part
from glom_video.synth.outlines import Number, Outline, Random, bar, ellipse, limb, ring, smooth
from glom_video.synth.people import arms_and_head, attach, biped

GLASS, TYRE = (38, 48, 58), (28, 28, 30)


def _wheel(
    random: Random, radius: Number, group: str, x: Number, y: Number, order: int = 12
) -> Part:
    hub = ellipse(radius * 0.58, radius * 0.58)
    spokes = [
        bar((0, 0), (0.5 * radius * np.cos(a), 0.5 * radius * np.sin(a)), 0.06 * radius)
        for a in np.arange(0, 6.2, 2 * np.pi / int(random.integers(3, 7)))
    ]
    grey, dark = int(random.integers(110, 220)), int(random.integers(30, 80))
    details = ((hub, (grey, grey, grey)), *((spoke, (dark, dark, dark)) for spoke in spokes))
    return Part(
        (ellipse(radius, radius, corners=28),),
        group,
        0,
        (x, y),
        order,
        skin="dark",
        spin=1 / radius,
        details=details,
    )


def _cycle_wheel(random: Random, radius: Number, group: str, x: Number, y: Number) -> Part:
    spokes = tuple(
        bar(
            (-radius * np.cos(a), -radius * np.sin(a)),
            (radius * np.cos(a), radius * np.sin(a)),
            0.012,
        )
        for a in (0.2, 1.2, 2.3)
    )
    return Part(
        (ring(radius, random.uniform(0.025, 0.05)), *spokes),
        group,
        0,
        (x, y),
        6,
        skin="dark",
        spin=1 / radius,
    )


def car(random: Random) -> Figure:
    height, roof, bonnet = (
        random.uniform(0.17, 0.24),
        random.uniform(0.13, 0.2),
        random.uniform(0.12, 0.3),
    )
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
        _wheel(random, radius, "rear wheel", -0.31, low),
        _wheel(random, radius, "front wheel", 0.3, low),
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
        _wheel(random, radius, "rear wheel", -0.32, low),
        _wheel(random, radius, "front wheel", 0.33, low),
    ]
    if random.random() < 0.3:
        trailer = np.array(
            [(-1.0, low), (-1.0, low - height * 1.1), (-0.53, low - height * 1.1), (-0.53, low)]
        )
        parts.append(Part((trailer,), "trailer", 0, (0, 0), 9, skin="second", swing=0.01))
    return Figure(tuple(parts), feet=low + radius, surface="paint", stride=1.0)


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
            _wheel(random, radius, "rear wheel", -base, 0, 6),
            _wheel(random, radius, "front wheel", base, 0, 6),
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
            _cycle_wheel(random, radius, "rear wheel", -base, 0),
            _cycle_wheel(random, radius, "front wheel", base, 0),
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
                0,
                seat,
                order,
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
                at + len(legs),
                (0.25 * size, 0),
                order + 1,
                skin="second",
                rest=knee_fold,
                swing=0.25 if pedals else 0.02,
                offset=offset + 1.5,
                details=((shoe, (30, 30, 30)),),
            )
        )
    return attach(
        [*parts, torso, *legs],
        [
            replace(p, order=p.order + 4)
            for p in arms_and_head(random, bulk, at, False, reach=0.9 - 0.6 * lean)
        ],
    )


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
            0,
            seat,
            18,
            skin="second",
            rest=0.6,
            swing=0.04,
        )
    )
    parts.append(
        Part(
            (limb(0.25 * size, 0.04, 0.035),),
            "near leg",
            at + 1,
            (0.25 * size, 0),
            18,
            skin="second",
            rest=1.2,
            swing=0.05,
        )
    )
    parts = attach(
        parts,
        [replace(p, order=p.order + 6) for p in arms_and_head(random, 1.0, at, False, reach=0.7)],
    )
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
            0,
            (0, 0.5 - 0.12 * crouch),
            1,
            skin="metal",
            rest=random.normal(0, 0.1),
            swing=0.05,
        )
    )
    return replace(person, parts=tuple(parts), stride=1.5)


def boat(random: Random) -> Figure:
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
    parts = attach(
        parts,
        [replace(p, order=p.order + 2) for p in arms_and_head(random, 1.1, 1, False, reach=0.6)],
    )
    return Figure(tuple(parts), feet=0.0, surface="paint", stride=1.0)
