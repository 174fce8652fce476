"""The tracks of one level."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from glom_video.structures.printing import ShapeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Tracks(ShapeRepr):
    """The tracks of one level that are visible in this frame. Row ``i`` is index ``i + 1`` on the
    first axis of ``memberships``."""

    ids: Int32[np.ndarray, " k"]
    """Permanent, from 1, never used again in the clip."""
    parent_ids: Int32[np.ndarray, " k"]
    """Per part, the id of its object track; 0 = none, and always 0 at the object level. It stays
    for life, unless the object becomes a piece of another or leaves it. The object is visible, by
    itself or as a member of another's island."""
    embeddings: Float32[np.ndarray, "k d"]
    agreement: Float32[np.ndarray, " k"]
    """As in Islands."""
    score: Float32[np.ndarray, " k"]
    """Objectness in [0, 1]: probability that the track shows a true object, from what was seen of
    it so far. A part has its object's, or its agreement if it has no object."""
    pose: Float32[np.ndarray, "k 6"]
    read_pose: Float32[np.ndarray, "k 6"]
    """Both as in Islands."""
    memberships: Float32[np.ndarray, "k+1 hs ws"]
    """As in Islands, row 0 = none."""
    age_frames: Int32[np.ndarray, " k"]
    """Frames since birth, hidden ones included; 1 at birth."""
    age_seconds: Float32[np.ndarray, " k"]
    missed_frames: Int32[np.ndarray, " k"]
    """Frames for which the track was out of sight just before this one; 0 if it was seen in the
    previous frame."""
    names: tuple[str, ...]
    """Display names. An object: its id, or ``1+4`` where 4 is seen as one with 1. A part: its
    object's id and its number among all parts that the object ever had, ``3.2`` (``0.2`` without an
    object)."""
    inside: Float32[np.ndarray, "hp wp"] | None = None
    """As in Islands."""

    @property
    def members(self) -> list[tuple[int, ...]]:
        """Per object, the ids of those that are seen as one with it, its own first."""
        return [tuple(int(number) for number in name.split("+")) for name in self.names]
