"""Animals: four-footed ones, fish and snakes."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.figures import DOWN, Figure, Part
from glom_video.synth.outlines import Outline, bar, ellipse, limb, ragged, smooth


def quadruped(random: Random) -> Figure:
    """A four-legged animal that faces right; its trunk is about one unit long."""
    girth = random.uniform(0.26, 0.5)
    leg, thick = random.uniform(0.32, 0.85), random.uniform(0.045, 0.1)
    parts = [Part((_trunk(random, girth),), "body", order=10, bend=random.uniform(0, 0.02))]
    parts += _four_legs(random, girth, leg, thick)
    parts += _neck_and_head(random, girth, len(parts))
    parts.append(_tail(random, girth))
    return Figure(tuple(parts), feet=0.2 * girth + leg, stride=random.uniform(0.8, 1.6) * leg * 1.6)


def _trunk(random: Random, girth: float) -> Outline:
    belly, hump = random.uniform(0.4, 0.62), random.uniform(0.44, 0.62)
    body = smooth(
        [
            (-0.52, -0.1 * girth),
            (-0.42, -0.5 * girth),
            (-0.1, -hump * girth),
            (0.25, -0.48 * girth),
            (0.48, -0.42 * girth),
            (0.56, 0.02),
            (0.44, 0.5 * girth),
            (0.1, belly * girth),
            (-0.28, 0.42 * girth),
            (-0.48, 0.3 * girth),
        ]
    )
    return ragged(random, body, 0.008) if random.random() < 0.5 else body


def _neck_and_head(random: Random, girth: float, neck_index: int) -> list[Part]:
    """``neck_index``: the neck's place among the figure's parts, which the head hangs on."""
    neck_length, neck_angle = random.uniform(0.12, 0.5), -random.uniform(0.1, 1.3)
    neck = Part(
        (limb(neck_length, 0.36 * girth, random.uniform(0.2, 0.3) * girth),),
        "head",
        parent=0,
        joint=(0.44, -0.15 * girth),
        order=12,
        rest=neck_angle,
        swing=random.uniform(0, 0.15),
        offset=random.uniform(0, 6),
        pace=random.choice([0.5, 1, 2]),
    )
    outlines, eye, nose = _animal_head(random, random.uniform(0.3, 0.55) * girth)
    head = Part(
        outlines,
        "head",
        parent=neck_index,
        joint=(neck_length, 0),
        order=13,
        rest=-neck_angle + random.uniform(-0.1, 0.5),
        swing=random.uniform(0, 0.12),
        offset=random.uniform(0, 6),
        pace=random.choice([0.5, 1]),
        details=((eye, (20, 15, 10)), (nose, (40, 30, 30))),
    )
    return [neck, head]


def _tail(random: Random, girth: float) -> Part:
    length, width = random.uniform(0.12, 0.55), random.uniform(0.015, 0.07)
    return Part(
        (limb(length, width, width * random.uniform(0.3, 1.4)),),
        "tail",
        parent=0,
        joint=(-0.48, -0.25 * girth),
        order=9,
        rest=random.uniform(1.8, 3.9),
        swing=random.uniform(0.1, 0.5),
        offset=random.uniform(0, 6),
        pace=random.choice([0.7, 1, 2]),
        bend=random.uniform(0, 0.03),
    )


def _four_legs(random: Random, girth: float, leg: float, thick: float) -> list[Part]:
    parts: list[Part] = []
    gallop = random.random() < 0.35
    offsets = (0.0, 0.6, 2.6, 3.2) if gallop else (0.0, np.pi, 0.5 * np.pi, 1.5 * np.pi)
    swing, lift = random.uniform(0.2, 0.75 if gallop else 0.5), random.uniform(0.2, 1.1)
    places = (
        ("fore near", 0.36, 14, 0),
        ("fore far", 0.40, 2, 1),
        ("hind near", -0.36, 14, 2),
        ("hind far", -0.40, 2, 3),
    )
    for name, x, order, which in places:
        hind = name.startswith("hind")
        lean = random.uniform(-0.2, 0.1) if hind else random.uniform(-0.05, 0.1)
        upper = limb(0.5 * leg, thick * (1.9 if hind else 1.5), 0.8 * thick, 0.1)
        lower = limb(0.5 * leg, 0.75 * thick, 0.55 * thick)
        paw = smooth(
            [
                (0.5 * leg - 0.4 * thick, 0.4 * thick),
                (0.5 * leg + 0.4 * thick, 0.7 * thick),
                (0.5 * leg + 0.6 * thick, -0.4 * thick),
                (0.5 * leg + 0.3 * thick, -1.5 * thick),
                (0.5 * leg - 0.3 * thick, -0.8 * thick),
            ],
            3,
        )
        parts.append(
            Part(
                (upper,),
                name + " upper",
                parent=0,
                joint=(x, 0.2 * girth),
                order=order,
                rest=DOWN + lean,
                swing=swing,
                offset=offsets[which],
            )
        )
        parts.append(
            Part(
                (lower, paw),
                name + " lower",
                parent=len(parts),
                joint=(0.5 * leg, 0),
                order=order + 1,
                rest=-lean,
                swing=0.4 * swing,
                lift=lift,
                offset=offsets[which] + 2.6,
            )
        )
    return parts


def _animal_head(random: Random, size: float) -> tuple[tuple[Outline, ...], Outline, Outline]:
    """Outlines of skull, muzzle and ears, with the neck at the origin; outlines of eye and nose."""
    muzzle = random.uniform(0.9, 2.2) * size
    skull = smooth(
        [
            (-0.6 * size, -0.2 * size),
            (-0.1 * size, -0.85 * size),
            (0.6 * size, -0.7 * size),
            (0.5 * size + 0.6 * muzzle, -0.35 * size),
            (0.5 * size + muzzle, 0.05 * size),
            (0.4 * size + 0.8 * muzzle, 0.4 * size),
            (0.5 * size, 0.6 * size),
            (-0.3 * size, 0.65 * size),
        ]
    )
    lean, ear = random.uniform(-0.9, 0.5), random.uniform(0.4, 1.3) * size
    ears = [
        np.array(
            [
                (x, -0.6 * size),
                (x + lean * ear * 0.6, -0.6 * size - ear),
                (x + 0.5 * size, -0.65 * size),
            ]
        )
        for x in (-0.35 * size, 0.05 * size)
    ]
    if random.random() < 0.12:  # horns
        ears += [
            bar((0.1 * size, -0.6 * size), (random.uniform(-1, 0.8) * size, -2 * size), 0.1 * size)
        ]
    eye = ellipse(0.11 * size, 0.11 * size, 0.55 * size, -0.3 * size, 8)
    nose = ellipse(0.18 * size, 0.16 * size, 0.42 * size + muzzle, 0.02 * size, 8)
    return (skull, *ears), eye, nose


def swimmer(random: Random) -> Figure:
    """Fish and snakes: segments that pass a wave along."""
    count, width = int(random.integers(2, 5)), random.uniform(0.1, 0.24)
    length = 0.9 / count
    front = smooth(
        [
            (-length * 0.5, -width * 0.9),
            (length * 0.1, -width),
            (length * 0.6, -width * 0.5),
            (length * 0.75, 0),
            (length * 0.6, width * 0.5),
            (length * 0.1, width),
            (-length * 0.5, width * 0.9),
        ]
    )
    parts = [
        Part(
            (front,),
            "head",
            order=20,
            details=((ellipse(0.02, 0.02, length * 0.45, -width * 0.3, 8), (10, 10, 10)),),
            swing=0.15,
        )
    ]
    for k in range(1, count):
        taper = 1 - 0.8 * k / count
        segment = limb(length, width * (taper + 0.25), width * taper)
        parts.append(
            Part(
                (segment,),
                "body" if k < count - 1 else "tail",
                parent=k - 1,
                joint=(-length * 0.4, 0) if k == 1 else (length, 0),
                order=20 - k,
                rest=np.pi if k == 1 else 0.0,
                swing=0.35,
                offset=-0.9 * k,
            )
        )
    if random.random() < 0.6:
        fin = smooth([(0, -0.03), (0.2, -width), (0.16, 0), (0.2, width), (0, 0.03)], 3)
        parts.append(
            Part(
                (fin,),
                "tail",
                parent=len(parts) - 1,
                joint=(length * (0.95 if count > 1 else -0.4), 0),
                order=3,
                skin="second",
                swing=0.5,
                offset=-0.9 * count,
            )
        )
    return Figure(tuple(parts), feet=0.4, upright=False, stride=random.uniform(0.4, 1.0))
