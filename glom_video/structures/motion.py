"""Motion from frame to frame."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from glom_video.structures.printing import ShapeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Motion(ShapeRepr):
    """Motion from the previous frame to this one, on a grid of its own, usually coarser than the
    frame."""

    flow: Float32[np.ndarray, "Hm Wm 2"]
    """Backward flow in pixels of this grid: ``flow[y, x]`` leads from (x, y) now to where it was,
    as (dx, dy)."""
    residual: Float32[np.ndarray, "Hm Wm 2"]
    """Flow minus what the camera alone explains."""
    validity: Float32[np.ndarray, "Hm Wm"]
    """In [0, 1]: how well the flow explains this pixel; low where it was hidden or outside
    before."""
    camera: Float[np.ndarray, "3 3"]
    """Homography of the still world, from this grid's pixels now to the previous frame's."""
    is_cut: bool = False
    """Whether the previous frame shows another scene, or there is none: nothing may be carried
    over."""
    interval: float = 1.0
    """Length of the interval it was measured over, in times the time since the previous frame;
    everything else is per frame."""

    def flow_in_cells(self, height: int, width: int) -> Float32[np.ndarray, "h w 2"]:
        """The flow averaged over the cells of a coarser grid, in cells."""
        import cv2

        return resized_flow(self.flow, height, width, cv2.INTER_AREA)


def resized_flow(
    flow: Float32[np.ndarray, "Hm Wm 2"], height: int, width: int, interpolation: int
) -> Float32[np.ndarray, "h w 2"]:
    """A flow resampled to another grid, in pixels of that grid. ``interpolation``: one of OpenCV's
    ``INTER_`` constants."""
    import cv2

    resized = cv2.resize(flow, (width, height), interpolation=interpolation)
    # One plane at a time: numpy takes longer to repeat two numbers over the last axis.
    resized[..., 0] *= np.float32(width / flow.shape[1])
    resized[..., 1] *= np.float32(height / flow.shape[0])
    return resized
