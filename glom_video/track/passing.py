"""Objects that pass behind something narrow, such as a post or a tree.

For a while such an object is seen in two islands, before and behind the post. Together they are
about as large as the object was, and lie where it would be by now; so the new one is a piece of it.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float32

from glom_video.track.step import Step
from glom_video.track.tracks import Track

KNOWN_SECONDS = 0.6
"""Seconds for which an object has been known before what comes out may be its front."""
LEAST_SECONDS, MOST_SECONDS = 0.12, 1.5
"""Age at which a new island may be found to be a front, and longest time for which an object has
been covered in part."""
GONE_SECONDS = 0.3
"""Seconds after which an object that is no longer seen has no front: then it is found again."""
COVERED = 0.75
"""Share of its area, when last seen whole, below which an object is covered in part."""
LEAST_AREA, LEAST_TOGETHER, MOST_TOGETHER = 0.1, 0.5, 1.3
"""Areas of the front, and of both together, as shares of the object's."""
LEAST_REACH = 0.25
"""Distance that the object has moved against the camera, as a share of its scale."""
DISPLACEMENT = 0.5
"""Largest distance of both together from where the object would be, as a share of its scale."""
LEAST_RESEMBLANCE = 0.3
"""Mean of the cosines of their vectors and of their appearances."""


def fronts(
    current: Sequence[Track],
    others: Sequence[Track],
    touching: Bool[np.ndarray, "k k"],
    of: Callable[[int], int],
    step: Step,
) -> dict[int, int]:
    """Id of the track that is passing behind something, by that of its front, which comes out.

    Args:
        current: the track of each island of this frame.
        others: remembered tracks that are out of sight.
        of: id of the object of which a track is a piece, by the track's.
    """
    found: dict[int, int] = {}
    for row, front in enumerate(current):
        age = step.now - front.born_seconds
        if not LEAST_SECONDS <= age <= MOST_SECONDS:
            continue
        # What comes out beside another object was behind that, and may be anything.
        beside = {of(current[other].id) for other in np.flatnonzero(touching[row]).tolist()}
        for whole in (*current, *others):
            is_free = of(front.id) in (front.id, of(whole.id)) and beside <= {of(whole.id)}
            is_known = front.born_seconds - whole.born_seconds >= KNOWN_SECONDS
            if is_free and is_known and _is_front(front, whole, step):
                found[front.id] = whole.id
                break
    return found


def _is_front(front: Track, whole: Track, step: Step) -> bool:
    """Whether two tracks together are where and as large as the older one would be."""
    covered = step.now - whole.whole_seconds
    is_passing = covered <= MOST_SECONDS and step.now - whole.seen_seconds <= GONE_SECONDS
    if not is_passing or _resemblance(front, whole) < LEAST_RESEMBLANCE:
        return False
    scale = float(whole.whole_pose[2])
    back = float(whole.pose[2] / scale) ** 2 if whole.seen_seconds == step.now else 0.0
    ahead = float(front.pose[2] / scale) ** 2
    are_so_large = (
        back <= COVERED
        and ahead >= LEAST_AREA
        and LEAST_TOGETHER <= back + ahead <= MOST_TOGETHER
        and whole.reach >= LEAST_REACH * scale
    )
    if not are_so_large:
        return False
    centre = (back * whole.pose[:2] + ahead * front.pose[:2]) / (back + ahead)
    expected = whole.whole_pose[:2] + whole.whole_pose[4:] * np.float32(covered)
    return _distance(centre - expected, step.sources.shape[:2]) <= DISPLACEMENT * scale


def _resemblance(one: Track, other: Track) -> float:
    return float(one.embedding @ other.embedding + one.appearance @ other.appearance) / 2


def _distance(way: Float32[np.ndarray, " 2"], grid: tuple[int, ...]) -> float:
    """Length of a way given in frame sides, in roots of the frame's area."""
    height, width = grid
    return math.hypot(float(way[0]) * width, float(way[1]) * height) / math.sqrt(height * width)
