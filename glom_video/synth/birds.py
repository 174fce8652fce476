"""Birds: in flight, and on water."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.figures import Figure, Part
from glom_video.synth.outlines import ellipse, limb, smooth


def flying_bird(random: Random) -> Figure:
    """A bird whose wings beat; its body is about one unit long."""
    slim = random.uniform(0.08, 0.16)
    body = smooth(
        [(-0.45, 0), (-0.2, -slim), (0.15, -slim), (0.32, -0.02), (0.12, slim), (-0.2, slim * 0.8)]
    )
    span, chord = random.uniform(0.45, 0.8), random.uniform(0.1, 0.2)
    wing = smooth(
        [
            (0, -chord * 0.6),
            (span * 0.5, -chord * 0.8),
            (span, -0.01),
            (span * 0.6, chord * 0.7),
            (0, chord),
        ]
    )
    head = smooth(
        [
            (-0.08, 0.05),
            (-0.04, -0.07),
            (0.06, -0.07),
            (0.1, -0.01),
            (random.uniform(0.15, 0.25), 0.025),
            (0.08, 0.05),
        ]
    )
    flap, fast = random.uniform(0.3, 1.0), random.uniform(1, 3)
    parts = [Part((body,), "body", order=10, swing=0.03)]
    parts.append(
        Part(
            (wing,),
            "far wing",
            parent=0,
            joint=(0.05, -0.03),
            order=2,
            skin="second",
            rest=-random.uniform(0.7, 1.6),
            swing=flap,
            pace=fast,
        )
    )
    parts.append(
        Part(
            (wing,),
            "near wing",
            parent=0,
            joint=(0, -0.02),
            order=14,
            rest=-random.uniform(1.5, 2.4),
            swing=-flap,
            pace=fast,
            bend=0.02,
        )
    )
    parts.append(
        Part(
            (head,),
            "head",
            parent=0,
            joint=(0.3, -0.03),
            order=12,
            swing=0.08,
            details=((ellipse(0.013, 0.013, 0.04, -0.03, 6), (10, 10, 10)),),
        )
    )
    fan = np.array([(0, -0.03), (0.25, -0.09), (0.28, 0.07), (0, 0.04)])
    parts.append(Part((fan,), "tail", 0, (-0.4, 0), 9, rest=np.pi, swing=0.1))
    return Figure(tuple(parts), feet=0.3, upright=False, stride=random.uniform(0.4, 1.2))


def swimming_bird(random: Random) -> Figure:
    """A swan, goose or duck on water; its body is about one unit long."""
    height = random.uniform(0.16, 0.24)
    body = smooth(
        [
            (-0.55, -0.12),
            (-0.3, -height),
            (0.15, -height),
            (0.42, -0.05),
            (0.36, 0.07),
            (0, 0.1),
            (-0.35, 0.07),
        ]
    )
    length, thick = random.uniform(0.15, 0.5), random.uniform(0.04, 0.07)
    parts = [Part((body,), "body", order=10, bend=0.006)]
    wing = smooth([(-0.25, -0.08), (0.1, -0.12), (0.28, 0.0), (0.05, 0.08), (-0.3, 0.03)])
    parts.append(Part((wing,), "wing", 0, (-0.08, -0.06), 12, skin="second", swing=0.05, pace=0.5))
    parts.append(
        Part(
            (limb(length, thick * 1.5, thick),),
            "head",
            parent=0,
            joint=(0.33, -0.06),
            order=11,
            rest=-random.uniform(1.1, 1.8),
            swing=0.12,
            pace=0.5,
        )
    )
    head = smooth(
        [(-0.06, 0.05), (-0.05, -0.06), (0.05, -0.06), (0.1, 0), (0.2, 0.03), (0.08, 0.05)]
    )
    parts.append(
        Part(
            (head,),
            "head",
            parent=2,
            joint=(length, 0),
            order=13,
            rest=random.uniform(1.2, 1.7),
            swing=0.1,
            pace=0.5,
            details=((smooth([(0.08, -0.015), (0.2, 0.03), (0.08, 0.045)], 2), (200, 120, 40)),),
        )
    )
    return Figure(tuple(parts), feet=0.06, stride=1.0)
