"""Controls and other methods for comparison, which a method must beat before its figures mean
anything."""

from glom_video.baselines.classical import MovingMask, StillCamera, Superpixels, motion_mask
from glom_video.baselines.controls import every_column, fixed_grid, one_island, shuffled, unlinked
from glom_video.baselines.linking import Linker
from glom_video.baselines.peer import Answer, Peer, Vectors

__all__ = [
    "Answer",
    "Linker",
    "MovingMask",
    "Peer",
    "StillCamera",
    "Superpixels",
    "Vectors",
    "every_column",
    "fixed_grid",
    "motion_mask",
    "one_island",
    "shuffled",
    "unlinked",
]
