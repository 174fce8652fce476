"""Two pictures -> what moved between them, with the camera's own motion taken out.

Dense backward flow by DIS (Kroeger et al., ECCV 2016); the camera as a RANSAC homography of a
sparse grid of it; photometric validity. The same code serves rendered clips in training and real
frames, so a network meets one kind of error only.
"""

import threading
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, UInt8

from glom_video.motion.cuts import is_cut
from glom_video.motion.working import pixels
from glom_video.structures import Motion


def no_motion(height: int, width: int) -> Motion:
    """Motion of the first frame: nothing moved, nothing is valid, and nothing may be carried
    over."""
    still = np.zeros((height, width, 2), np.float32)
    return Motion(
        flow=still,
        residual=still,
        validity=np.zeros((height, width), np.float32),
        camera=np.eye(3),
        is_cut=True,
    )


def estimate_motion(
    previous: UInt8[np.ndarray, "Hm Wm"], current: UInt8[np.ndarray, "Hm Wm"]
) -> Motion:
    """Motion from one grey working picture to the next.

    Raises:
        ValueError: the two are of different sizes, or not grey pictures of bytes.
    """
    if current.ndim != 2 or current.dtype != np.uint8 or previous.dtype != np.uint8:
        raise ValueError(
            f"estimate_motion needs grey pictures (H W) of uint8, got {current.shape} of "
            f"{current.dtype}"
        )
    if previous.shape != current.shape:
        raise ValueError(
            f"estimate_motion needs two pictures of one size, got {previous.shape} and "
            f"{current.shape}"
        )
    flow = _dense_flow(threading.get_ident(), previous.shape).calc(current, previous, None)
    camera = _camera_homography(flow)
    validity = _photometric_validity(previous, current, flow)
    return Motion(
        flow=flow,
        residual=flow - _homography_flow(camera, *current.shape),
        validity=validity,
        camera=camera,
        is_cut=is_cut(previous, current, flow, validity),
    )


def reverse_motion(ahead: Motion) -> Motion:
    """What moved before a scene's first picture, if it had moved just as after it.

    Args:
        ahead: motion from the second picture back to the first, on the first one's grid. Nothing
            may be carried over.
    """
    return replace(
        ahead,
        flow=-ahead.flow,
        residual=-ahead.residual,
        camera=np.linalg.inv(ahead.camera),
        is_cut=True,
    )


@lru_cache(32)
def _dense_flow(thread: int, shape: tuple[int, ...]) -> Any:
    """DIS, medium preset, one octave finer than its default: measured best for masks on real video.
    A finer search (patches every three pixels instead of four, 25 descents instead of eight, five
    refinements instead of three) takes twice as long and changes the flow by 0.01 to 0.05 pixels;
    islands are no better for it.

    It keeps buffers between calls, so each thread needs its own. A picture too small for its scales
    changes them for all later ones, so each shape needs its own, too.
    """
    import cv2

    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow.setFinestScale(1)
    flow.setPatchSize(8)
    flow.setPatchStride(4)
    flow.setGradientDescentIterations(8)
    flow.setVariationalRefinementIterations(3)
    return flow


def _camera_homography(flow: Float32[np.ndarray, "Hm Wm 2"]) -> Float[np.ndarray, "3 3"]:
    """Homography that explains most of a sparse grid of the flow; the median shift if none is
    found."""
    import cv2

    here = _sparse_grid(*flow.shape[:2])
    columns, rows = here.T.astype(int)
    homography, _ = cv2.findHomography(
        here, here + flow[rows, columns], cv2.RANSAC, 1.0, maxIters=200
    )
    if homography is not None:
        return homography
    shift = np.eye(3)
    shift[:2, 2] = np.median(flow.reshape(-1, 2), 0)
    return shift


@lru_cache(8)
def _sparse_grid(height: int, width: int) -> Float32[np.ndarray, "n 2"]:
    """(x, y) of about 32 points across, and at least four down."""
    across = max(6, width // 32)
    down = min(across, max(1, height // 4))
    rows, columns = np.mgrid[down // 2 : height : down, across // 2 : width : across]
    return np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float32)


def _homography_flow(
    homography: Float[np.ndarray, "3 3"], height: int, width: int
) -> Float32[np.ndarray, "Hm Wm 2"]:
    """The flow that a homography alone would cause."""
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    # What depends on the row and what on the column alone is summed once per pixel.
    across, down, scale = (
        row[0] * x + (row[1] * y + row[2]) for row in homography.astype(np.float32)
    )
    flow = np.empty((height, width, 2), np.float32)
    np.subtract(across / scale, x, out=flow[..., 0])
    np.subtract(down / scale, y, out=flow[..., 1])
    return flow


def _photometric_validity(
    previous: UInt8[np.ndarray, "Hm Wm"],
    current: UInt8[np.ndarray, "Hm Wm"],
    flow: Float32[np.ndarray, "Hm Wm 2"],
) -> Float32[np.ndarray, "Hm Wm"]:
    """exp(-error), where error = brightness difference after warping / (a few grey values + local
    contrast), averaged over 5x5; 0 outside of the previous picture.

    Costs a tenth of the backward flow that a forward-backward check would need, and finds the same
    occlusions.
    """
    import cv2

    height, width = current.shape
    source = pixels(height, width) + flow
    warped = cv2.remap(previous, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    error = cv2.boxFilter(cv2.absdiff(warped, current), cv2.CV_32F, (5, 5))
    contrast = cv2.boxFilter(cv2.absdiff(current, cv2.blur(current, (5, 5))), cv2.CV_32F, (5, 5))
    validity = np.exp(-error / (6.0 + contrast))
    inside = cv2.inRange(source, (-0.5, -0.5), (width - 0.5, height - 0.5))
    validity[inside == 0] = 0.0
    return validity
