"""The pixels that can be followed from one frame to the next."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Integer

from glom_video.evaluate.overlaps import PairCounts, count_pairs
from glom_video.structures import Motion

VISIBLE = 0.5
"""Least validity of the flow at a pixel that counts as not occluded."""
SAMPLED = 2
"""Ids are compared at every Nth pixel of the motion grid."""


@dataclass(frozen=True, slots=True)
class VisibleStep:
    """The visible pixels of one step, from a frame to the next, as places in flattened label
    maps."""

    now: Int64[np.ndarray, " n"]
    before: Int64[np.ndarray, " n"]
    """Where the flow says that each was in the previous frame."""
    share: float
    """Of the pixels that were looked at, those that are visible; in [0, 1]."""

    def pairs(
        self, before: Integer[np.ndarray, "H W"], now: Integer[np.ndarray, "H W"]
    ) -> PairCounts:
        """Overlaps of the map before, carried along the flow (rows), with the present one
        (columns)."""
        return count_pairs(before.ravel()[self.before], now.ravel()[self.now])


def visible_step(motion: Motion | None, height: int, width: int) -> VisibleStep | None:
    """The pixels that the flow explains, for label maps of this size; None without motion and after
    a cut.

    They are sampled at every other pixel of the motion grid, so no flow is interpolated, and a
    column still holds several.
    """
    if motion is None or motion.is_cut:
        return None
    flow, validity = motion.flow[::SAMPLED, ::SAMPLED], motion.validity[::SAMPLED, ::SAMPLED]
    scale_y, scale_x = height / motion.validity.shape[0], width / motion.validity.shape[1]
    y, x = (SAMPLED * np.arange(length, dtype=np.float32) + 0.5 for length in validity.shape)
    source_y = (flow[..., 1] + y[:, None]) * np.float32(scale_y)
    source_x = (flow[..., 0] + x) * np.float32(scale_x)
    now = (y * scale_y).astype(np.int64)[:, None] * width + (x * scale_x).astype(np.int64)
    seen = (
        (validity >= VISIBLE)
        & (source_y >= 0)
        & (source_y < height)
        & (source_x >= 0)
        & (source_x < width)
    )
    return VisibleStep(
        now[seen],
        source_y[seen].astype(np.int64) * width + source_x[seen].astype(np.int64),
        float(seen.mean()),
    )
