"""Scene cuts: whether two pictures show two scenes."""

import numpy as np
from jaxtyping import Float32, UInt8

from glom_video.motion.working import pixels

CUT_VALIDITY, CUT_HISTOGRAM = 0.62, 0.11
"""A cut is where flow explains less than this share of the picture AND more than this share of the
pixels changes its brightness class. Water alone defeats the first. Measured: cuts .52-.58 and
.12-.35; 30 uncut sequences never both."""
SAME_STRUCTURE = 0.4
"""Correlation of the fine structure along the flow above which it is the same scene after all: a
change of light leaves edges where they were. Measured: 144 cuts at most .15, one between smooth
noise .30; gains of .65 to 1.4 at least .49."""
FINE = 9
"""Side in pixels of the mean that is subtracted to leave fine structure."""


def is_cut(
    previous: UInt8[np.ndarray, "Hm Wm"],
    current: UInt8[np.ndarray, "Hm Wm"],
    flow: Float32[np.ndarray, "Hm Wm 2"],
    validity: Float32[np.ndarray, "Hm Wm"],
) -> bool:
    """Whether the flow leads from one scene to another: it explains little, brightness differs, and
    edges lie elsewhere.

    Args:
        flow: as ``Motion.flow``, in pixels.
        validity: as ``Motion.validity``, in [0, 1].
    """
    return (
        bool(validity.mean() < CUT_VALIDITY)
        and _histogram_distance(previous, current) > CUT_HISTOGRAM
        and _structure_correlation(previous, current, flow) < SAME_STRUCTURE
    )


def _histogram_distance(a: UInt8[np.ndarray, "Hm Wm"], b: UInt8[np.ndarray, "Hm Wm"]) -> float:
    """Share of pixels, in [0, 1], that would have to change their brightness class (32 of them) to
    make two pictures alike."""
    counts = [np.bincount(picture[2::4, 2::4].ravel() >> 3, minlength=32) for picture in (a, b)]
    return float(np.abs(counts[0] - counts[1]).sum() / (2 * counts[0].sum()))


def _structure_correlation(
    previous: UInt8[np.ndarray, "Hm Wm"],
    current: UInt8[np.ndarray, "Hm Wm"],
    flow: Float32[np.ndarray, "Hm Wm 2"],
) -> float:
    """Correlation in [-1, 1] of the fine structure of two pictures, aligned by the flow; 0 if one
    has none."""
    import cv2

    source = pixels(*current.shape) + flow
    there = cv2.remap(previous, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    before, now = (
        picture - cv2.blur(picture, (FINE, FINE))
        for picture in (np.float32(there), np.float32(current))
    )
    strength = float((before * before).sum() * (now * now).sum()) ** 0.5
    return float((before * now).sum()) / max(strength, 1e-9)
