"""The tracks of one level."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from glom_video.structures.printing import ShapeRepr


@dataclass(frozen=True, slots=True, repr=False)
class Tracks(ShapeRepr):
    """The tracks of one level that are visible in this frame. Row ``i`` is ``i + 1`` in the
    memberships' first axis."""

    ids: Int32[np.ndarray, " k"]
    """Permanent, from 1, never used again in the clip."""
    parent_ids: Int32[np.ndarray, " k"]
    """Per part: id of its object track, the same for life unless that becomes a piece of another or
    leaves it: of one that is visible, by itself or as a member; 0 = none, and always 0 at the
    object level."""
    embeddings: Float32[np.ndarray, "k d"]
    agreement: Float32[np.ndarray, " k"]
    """As in Islands."""
    score: Float32[np.ndarray, " k"]
    """In [0, 1]. Objectness: how likely each shows a true object, by what was seen of it so far;
    of a part, that of its object, or its agreement where it is of none."""
    pose: Float32[np.ndarray, "k 6"]
    read_pose: Float32[np.ndarray, "k 6"]
    """Both as in Islands."""
    memberships: Float32[np.ndarray, "k+1 hs ws"]
    """As in Islands, row 0 = none."""
    age_frames: Int32[np.ndarray, " k"]
    """Frames since birth, hidden ones included; 1 at birth."""
    age_seconds: Float32[np.ndarray, " k"]
    missed_frames: Int32[np.ndarray, " k"]
    """Frames for which the track was out of sight just before this one; 0 when it was seen in the
    frame before."""
    names: tuple[str, ...]
    """What each is called: an object by its id, ``1+4`` where 4 is seen as one with 1, a part by
    its object's id and its place among all parts that this ever had, ``3.2`` (``0.2`` if it is of
    none)."""
    inside: Float32[np.ndarray, "hp wp"] | None = None
    """As in Islands."""

    @property
    def members(self) -> list[tuple[int, ...]]:
        """Of objects: the ids of those that are seen as one, the island's own first."""
        return [tuple(int(number) for number in name.split("+")) for name in self.names]
