"""Which object each one was first seen beside, and was never apart from."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Islands
from glom_video.track.association import REIDENTIFICATION_SECONDS
from glom_video.track.step import Step
from glom_video.track.tracks import Track


def with_origins(
    current: Sequence[Track], members: Sequence[tuple[int, ...]], islands: Islands, step: Step
) -> list[Track]:
    """The tracks with the object they were first seen beside, as long as they were never apart.

    Args:
        current: the track of each island.
        members: ids of the objects in each island.
    """
    found = []
    for row, track in enumerate(current):
        if track.frames_seen == 1:
            found.append(_first_origin(row, current, islands))
        else:
            found.append(_kept_origin(row, track, members, islands, step))
    return found


def _first_origin(row: int, current: Sequence[Track], islands: Islands) -> Track:
    """A new track, with the largest of the older or larger ones that it touches."""
    track = current[row]
    near = [
        place
        for place in _beside(row, islands)
        if (current[place].born_seconds, -current[place].size) < (track.born_seconds, -track.size)
    ]
    if not near:
        return track
    largest = max(near, key=lambda place: (current[place].size, -place))
    return replace(track, origin=current[largest].id)


def _kept_origin(
    row: int, track: Track, members: Sequence[tuple[int, ...]], islands: Islands, step: Step
) -> Track:
    """A track without the object it was first seen beside, if both are visible and apart."""
    if not track.origin or step.now - track.born_seconds < REIDENTIFICATION_SECONDS:
        return track
    there = [place for place, ids in enumerate(members) if track.origin in ids]
    if there and there[0] not in [*_beside(row, islands), row]:
        return replace(track, origin=0)
    return track


def _beside(row: int, islands: Islands) -> list[int]:
    """Rows of the islands that touch an island: cells that each has more than half of are next to
    each other. ``courses.touching`` asks for less, a gap between them allowed: there motion decides
    what contact leaves open, here contact alone."""
    import cv2

    here = (islands.memberships[1 + row] > 0.5).astype(np.uint8)
    near = cv2.dilate(here, np.ones((3, 3), np.uint8)).astype(bool)
    touched: Float32[np.ndarray, " k"] = islands.memberships[1:][:, near].max(1, initial=0.0)
    return [place for place in np.flatnonzero(touched > 0.5).tolist() if place != row]
