"""The step from the previous frame to this one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Motion

Sources = Float32[np.ndarray, "hs ws 2"]
"""For each cell of the membership grid, the (x, y) where its content was in the previous frame."""


@dataclass(frozen=True, slots=True)
class Step:
    """Times of this frame and of the previous one, and where things were in that."""

    index: int
    now: float
    """This frame's time, in seconds."""
    last_index: int
    """The previous frame's index, however many were dropped in between; -1 for a clip's first."""
    passed: float
    """Seconds since the previous frame; 0 for a clip's first."""
    is_cut: bool
    sources: Sources
    """After a cut, as if nothing had moved."""

    def warped(self, membership: Float32[np.ndarray, "ho wo"]) -> Float32[np.ndarray, "h w"]:
        """A membership of the previous frame, moved along with the flow; unchanged if it has
        another grid."""
        import cv2

        if membership.shape != self.sources.shape[:2]:
            return membership
        return cv2.remap(membership, self.sources, None, cv2.INTER_LINEAR)


def source_positions(motion: Motion, height: int, width: int) -> Sources:
    """Where each cell of a grid was in the previous frame; after a cut, where it is."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    here = np.stack([x, y], -1)
    return here if motion.is_cut else here + motion.flow_in_cells(height, width)
