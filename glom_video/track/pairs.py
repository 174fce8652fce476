"""Statistics of two tracks, from which it is told whether they are pieces of one object."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

TOGETHER_SECONDS = 1.0
"""Seconds of contact before two tracks may be one object."""
APART_SHARE = 0.1
"""Largest share of the time both were visible in which they may have been apart."""
MOTION_AGREEMENT = 0.6
"""Agreement of motions above which two move as one; 1 = the same, 0 = unrelated."""
LEAST_MOVED = 0.2
"""Distance that both have to move, as a share of the smaller one's scale: all things that stand
still move as one."""
PARTING_DISTANCE = 0.5
"""Distance of a piece against the rest, as a share of the smaller one's scale, with which it goes
its own way. Limbs swing less, and swing back."""
MOTION_DECAY_SECONDS = 2.0
"""Seconds after which observed motion counts e times less."""

Pair = tuple[int, int]
"""Ids of two tracks, the older first."""
Velocities = Float32[np.ndarray, "k 2"]
"""Velocity of each island against the camera, in roots of the frame's area per second."""


@dataclass(frozen=True, slots=True)
class PairStatistics:
    """Statistics of two tracks while both were visible."""

    touching: float = 0.0
    """Seconds."""
    apart: float = 0.0
    """Seconds."""
    common: float = 0.0
    """Twice the product of their velocities, summed over time; fades, as do all below."""
    moved: float = 0.0
    """The sum of the squares of their velocities, summed likewise."""
    way: float = 0.0
    """Distance that the slower one moved."""
    dx: float = 0.0
    dy: float = 0.0
    """Distance that the older one moved against the younger."""
    have_parted: bool = False
    """Whether they were one and then each went its own way."""

    def after(
        self, is_touching: bool, smooth: Velocities, velocities: Velocities, passed: float
    ) -> "PairStatistics":
        """The statistics one frame later. Velocities are those of the two; ``smooth`` ones are
        averaged over time."""
        kept = float(np.exp(-passed / MOTION_DECAY_SECONDS))
        dx, dy = (passed * (velocities[0] - velocities[1])).tolist()
        return PairStatistics(
            touching=self.touching + passed * is_touching,
            apart=self.apart + passed * (not is_touching),
            common=kept * self.common + passed * 2 * float(smooth[0] @ smooth[1]),
            moved=kept * self.moved + passed * float((smooth * smooth).sum()),
            way=kept * self.way + passed * float(np.linalg.norm(smooth, axis=1).min()),
            dx=kept * self.dx + dx,
            dy=kept * self.dy + dy,
            have_parted=self.have_parted,
        )

    def agreement(self) -> float:
        """Agreement of their motions, in [-1, 1]; 0 if neither moved."""
        return self.common / max(self.moved, 1e-9)

    def are_one(self, scale: float) -> bool:
        """Whether they are pieces of one object. ``scale``: the smaller one's."""
        return (
            self.touching >= TOGETHER_SECONDS
            and self.apart <= APART_SHARE * (self.apart + self.touching)
            and self.way >= LEAST_MOVED * scale
            and self.agreement() >= MOTION_AGREEMENT
            and not self.went_apart(scale)
        )

    def went_apart(self, scale: float) -> bool:
        """Whether each goes its own way."""
        return float(np.hypot(self.dx, self.dy)) >= PARTING_DISTANCE * scale


def pair_of(one: int, other: int) -> Pair:
    """The pair of two ids."""
    return min(one, other), max(one, other)
