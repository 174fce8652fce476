"""Wheels that turn with the distance travelled."""

import numpy as np

from glom_video.synth.chance import Random
from glom_video.synth.figures import Part
from glom_video.synth.outlines import Number, bar, ellipse, ring


def wheel(
    random: Random, radius: Number, group: str, x: Number, y: Number, order: int = 12
) -> Part:
    """A tyre with a hub and spokes, whose axle is at (x, y) of the figure."""
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
        parent=0,
        joint=(x, y),
        order=order,
        skin="dark",
        spin=1 / radius,
        details=details,
    )


def cycle_wheel(random: Random, radius: Number, group: str, x: Number, y: Number) -> Part:
    """A thin rim with long spokes, whose axle is at (x, y) of the figure."""
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
        parent=0,
        joint=(x, y),
        order=6,
        skin="dark",
        spin=1 / radius,
    )
