"""Jointed figures: trees of parts with rest poses and swings; and figures of no particular kind.

A figure is about one unit large, faces right (+x), and stands on ``feet`` (y down). Part 0 is the
root.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.outlines import Number, Outline, blob, ellipse, gear, letter, limb, star

DOWN = np.pi / 2
"""Angle of a part that hangs, in radians."""
Surface = Literal["fur", "paint", "leaves"]
Skin = Literal["coat", "second", "skin", "dark", "metal"]


@dataclass(frozen=True, slots=True)
class Part:
    """One rigid or bending piece. Its outlines stand in its own frame, whose origin is the joint to
    its parent."""

    outlines: tuple[Outline, ...]
    group: str
    """Parts of one group carry one id: an upper and a lower leg are one part in the picture unless
    the figure is large."""
    parent: int = -1
    joint: tuple[Number, Number] = (0.0, 0.0)
    """Where it hangs, in its parent's frame."""
    order: int = 0
    """Drawn from low to high."""
    skin: Skin = "coat"
    rest: Number = 0.0
    """Angle to its parent in radians, clockwise on the screen."""
    swing: Number = 0.0
    offset: Number = 0.0
    """Swings by ``swing * sin(phase * pace + offset)``."""
    lift: Number = 0.0
    """Folds by ``lift`` in the half of the cycle in which the limb moves forward."""
    pace: Number = 1.0
    spin: Number = 0.0
    """Turns by ``spin`` radians per unit of length travelled: wheels."""
    bend: Number = 0.0
    """Amplitude of a smooth wave through the part."""
    details: tuple[tuple[Outline, tuple[int, int, int]], ...] = ()
    """Painted onto the part: eyes, windows, hair."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Parts that hang on each other, the root first."""

    parts: tuple[Part, ...]
    feet: Number
    """y on which it stands."""
    surface: Surface = "fur"
    """What coats are made of."""
    upright: bool = True
    """Keeps its feet down; others turn freely."""
    stride: Number = 1.0
    """Length travelled in one cycle of its gait."""


def creature(random: Random) -> Figure:
    """A shape of no name: a blob with blobs and limbs that swing."""
    parts = [Part((blob(random) * 0.4,), "part 0", order=10, bend=random.uniform(0, 0.05))]
    for number in range(1, int(random.integers(1, 6))):
        angle = random.uniform(0, 2 * np.pi)
        joint = (0.33 * np.cos(angle), 0.33 * np.sin(angle))
        if random.random() < 0.6:
            length, start = random.uniform(0.2, 0.5), random.uniform(0.05, 0.12)
            outline = limb(length, start, random.uniform(0.03, 0.1), 0.2)
        else:
            outline = blob(random) * random.uniform(0.1, 0.25)
        parts.append(
            Part(
                (outline,),
                f"part {number}",
                parent=0,
                joint=joint,
                order=int(random.choice([2, 14])),
                skin=random.choice(["coat", "second"]),
                rest=angle,
                swing=random.uniform(0, 0.8),
                offset=random.uniform(0, 6),
                pace=random.uniform(0.4, 1.5),
                bend=random.uniform(0, 0.03),
            )
        )
    return Figure(
        tuple(parts),
        feet=0.45,
        surface="fur" if random.random() < 0.6 else "paint",
        upright=random.random() < 0.3,
        stride=random.uniform(0.5, 1.5),
    )


def blob_figure(random: Random) -> Figure:
    """One piece: a ball, a leaf, a bag, a box."""
    outline = ellipse(0.4, 0.4) if random.random() < 0.3 else blob(random, roughness=0.4) * 0.42
    return Figure(
        (Part((outline,), "part 0", bend=random.uniform(0, 0.06)),),
        feet=0.42,
        surface="fur" if random.random() < 0.4 else "paint",
        upright=False,
        stride=1.0,
    )


def unfamiliar(random: Random) -> Figure:
    """The held-out shape family: stars, gears and letters with letters that swing on them."""

    def choose() -> Outline:
        return (star, gear, letter)[int(random.integers(3))](random)

    parts = [Part((choose() * 0.42,), "part 0", order=10)]
    for number in range(1, int(random.integers(1, 4))):
        angle = random.uniform(0, 2 * np.pi)
        parts.append(
            Part(
                (choose() * random.uniform(0.12, 0.25) + [0.15, 0],),
                f"part {number}",
                parent=0,
                joint=(0.33 * np.cos(angle), 0.33 * np.sin(angle)),
                order=int(random.choice([2, 14])),
                skin="second",
                rest=angle,
                swing=random.uniform(0.2, 0.8),
                offset=random.uniform(0, 6),
            )
        )
    return Figure(tuple(parts), feet=0.45, surface="paint", upright=False, stride=1.0)
