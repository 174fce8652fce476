"""Scores of the tracks of a frame."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Islands, Tracks
from glom_video.track.objectness import inputs, shipped
from glom_video.track.tracks import Track


def scores(tracks: Sequence[Track], islands: Islands, now: float) -> Float32[np.ndarray, " k"]:
    """Objectness of each object; its island's agreement if no cues are measured."""
    if islands.cues is None or not tracks:
        return islands.agreement
    ages = np.array([now - track.born_seconds for track in tracks])
    return shipped()(inputs(np.stack([track.cues for track in tracks]), ages))


def scores_of_parts(parts: Tracks, objects: Tracks) -> Float32[np.ndarray, " k"]:
    """The score of each part's object; the part's agreement if it has none."""
    of_object = {
        number: score
        for ids, score in zip(objects.members, objects.score.tolist(), strict=True)
        for number in ids
    }
    found = zip(parts.parent_ids.tolist(), parts.agreement.tolist(), strict=True)
    return np.array([of_object.get(owner, agreement) for owner, agreement in found], np.float32)
