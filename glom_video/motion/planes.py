"""Motion as the network is given it: planes of this frame, and the trail of the last few."""

import numpy as np
from jaxtyping import Float32

from glom_video.motion.working import pixels
from glom_video.structures import Motion

Trail = Float32[np.ndarray, "Hm Wm 2"]
"""In pixels of the motion grid."""
PLANES = 7
"""Of motion that the network is given."""
TRAIL_MEMORY = 0.8
"""Share of a trail that is left after the interval over which motion was measured: motion of
about five intervals stands against the noise of one."""


def trailed(before: Float32[np.ndarray, "Hb Wb 2"] | None, motion: Motion) -> Trail:
    """The trail of each pixel: its motion against the camera in this frame, and what is left of the
    trail that the flow brings here.

    What moves slowly, or has just stopped, stands out by it. Where the flow explains nothing the
    past is forgotten, and everywhere after a cut. ``before``: the trail of the frame before, of
    another size only where ``motion`` is a cut.
    """
    import cv2

    if before is None or motion.is_cut:
        return motion.residual
    source = pixels(*motion.validity.shape) + motion.flow
    brought = cv2.remap(before, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    kept = TRAIL_MEMORY ** (1 / motion.interval) * motion.validity
    # A plane of two channels: numpy takes three times as long to repeat one over them.
    return motion.residual + cv2.merge([kept, kept]) * brought


def motion_array(motion: Motion, trail: Trail) -> Float32[np.ndarray, "7 Hm Wm"]:
    """Flow x, y, residual x, y, validity and trail x, y as planes, in pixels of the motion grid:
    what the network is given.

    Flow leads to the frame before. The residual is that of the whole interval, so that what is
    seen does not depend on the rate at which something was filmed.
    """
    planes = np.empty((PLANES, *motion.validity.shape), np.float32)
    for channel in range(2):  # plane by plane: a transposed copy of all takes five times as long
        planes[channel] = motion.flow[..., channel]
        np.multiply(motion.residual[..., channel], motion.interval, out=planes[2 + channel])
        planes[5 + channel] = trail[..., channel]
    planes[4] = motion.validity
    return planes
