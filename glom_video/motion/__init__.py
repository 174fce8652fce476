"""Two pictures -> what moved between them, with the camera's own motion taken out."""

from glom_video.motion.estimate import estimate_motion, no_motion, reverse_motion
from glom_video.motion.interval import MotionHistory, motions_of, per_frame
from glom_video.motion.planes import PLANES, TRAIL_MEMORY, Trail, motion_array, trailed
from glom_video.motion.settings import MotionSettings
from glom_video.motion.ticks import Drift, Ticks
from glom_video.motion.working import (
    GRID_MULTIPLE,
    WORKING_PIXELS,
    at_size,
    grey,
    working_image,
    working_size,
)

__all__ = [
    "GRID_MULTIPLE",
    "PLANES",
    "TRAIL_MEMORY",
    "WORKING_PIXELS",
    "Drift",
    "MotionHistory",
    "MotionSettings",
    "Ticks",
    "Trail",
    "at_size",
    "estimate_motion",
    "grey",
    "motion_array",
    "motions_of",
    "no_motion",
    "per_frame",
    "reverse_motion",
    "trailed",
    "working_image",
    "working_size",
]
