"""Which object another came out of, or went into, if the tracker does not say."""

import numpy as np
from jaxtyping import Int64

from glom_video.structures import Tracks

MOST, SOME = 0.5, 0.2
"""Most of an island, and a share of it that is more than a ragged edge, as where merges and splits
are measured."""


def went_into(before: Tracks, now: Tracks, gone: int) -> int | None:
    """The object that was there before, now holds most of where ``gone`` was, and consists of that
    to a good part; None if there is none, or the two frames have different grids."""
    was, others = _ids(before), _ids(now)
    if was.shape != others.shape or gone not in before.ids:
        return None
    return _successor(was == gone, others, set(before.ids.tolist()) - {gone})


def came_out_of(before: Tracks, now: Tracks, born: int) -> int | None:
    """The object that is still there, held most of where ``born`` is now, and consisted of that to
    a good part; None as above."""
    was, others = _ids(before), _ids(now)
    if was.shape != others.shape or born not in now.ids:
        return None
    return _successor(others == born, was, set(now.ids.tolist()) - {born})


def _successor(
    island: np.ndarray, ids: Int64[np.ndarray, "hs ws"], allowed: set[int]
) -> int | None:
    shared, counts = np.unique(ids[island], return_counts=True)
    for other, count in zip(shared.tolist(), counts.tolist(), strict=True):
        most = count > MOST * island.sum()
        if other in allowed and most and count > SOME * (ids == other).sum():
            return int(other)
    return None


def _ids(tracks: Tracks) -> Int64[np.ndarray, "hs ws"]:
    """Id of each cell, 0 = none."""
    numbered = np.concatenate([[0], tracks.ids]).astype(np.int64)
    return numbered[tracks.memberships.argmax(0)]
