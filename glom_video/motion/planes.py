"""Motion as the network gets it: planes of this frame, and the trail of the last few."""

import numpy as np
from jaxtyping import Float32

from glom_video.motion.working import pixels
from glom_video.structures import Motion

Trail = Float32[np.ndarray, "Hm Wm 2"]
"""Accumulated motion against the camera, in pixels of the motion grid."""
PLANES = 7
"""Number of motion planes that the network gets."""
TRAIL_MEMORY = 0.8
"""Share of a trail that is left after one interval of motion, so that the motion of about five
intervals stands against the noise of one."""


def trailed(before: Float32[np.ndarray, "Hb Wb 2"] | None, motion: Motion) -> Trail:
    """The trail of each pixel: its motion against the camera in this frame, plus what is left of
    the trail that the flow brings here.

    It makes things stand out that move slowly or have just stopped. It is forgotten where the flow
    explains nothing, and everywhere after a cut.

    Args:
        before: trail of the previous frame; its size may differ only if ``motion`` is a cut.
    """
    import cv2

    if before is None or motion.is_cut:
        return motion.residual
    source = pixels(*motion.validity.shape) + motion.flow
    brought = cv2.remap(before, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    kept = TRAIL_MEMORY ** (1 / motion.interval) * motion.validity
    # A plane of two channels: numpy takes three times as long to repeat one over them.
    return motion.residual + cv2.merge([kept, kept]) * brought


def motion_array(
    motion: Motion, trail: Trail, out: Float32[np.ndarray, "7 Hm Wm"] | None = None
) -> Float32[np.ndarray, "7 Hm Wm"]:
    """The network's motion planes: flow x, y, residual x, y, validity, trail x, y, in pixels of the
    motion grid (validity in [0, 1]).

    Flow leads to the previous frame. The residual is that of the whole interval, so it does not
    depend on the frame rate. ``out``: written in place; a new array without.
    """
    planes = np.empty((PLANES, *motion.validity.shape), np.float32) if out is None else out
    for channel in range(2):  # plane by plane: a transposed copy of all takes five times as long
        planes[channel] = motion.flow[..., channel]
        np.multiply(motion.residual[..., channel], motion.interval, out=planes[2 + channel])
        planes[5 + channel] = trail[..., channel]
    planes[4] = motion.validity
    return planes
