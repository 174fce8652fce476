"""How faithfully ids stay with true tracks: fragments, relative duration and re-identification.
Definitions of this project.

A true track has the id that it is matched to, frame by frame, in the manner of CLEAR MOT
(``tracking.matches``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from glom_video.evaluate.tracking import TrackedFrame, matches


@dataclass(frozen=True, slots=True)
class Persistence:
    """How faithfully the ids of one clip stay with its true tracks."""

    fragments: float | None
    """Predicted ids per true track, mean over the tracks that were found at all; 1 is perfect. None
    when none was."""
    relative_duration: float | None
    """In [0, 1]: frames that a true track spent under its best id, over the frames that it was
    visible; mean over tracks. None without tracks."""
    reidentified: float | None
    """In [0, 1]: of the times when a true track was wholly out of sight and came back, those after
    which it had the same id as before. None when no track that had an id ever went and came
    back."""


@dataclass(slots=True)
class _Track:
    frames: int = 0
    last_frame: int = -1
    frames_by_id: dict[int, int] = field(default_factory=dict)
    last_id: int | None = None
    id_before: int | None = None
    """Before it was occluded, until it is matched again."""
    occlusions: int = 0
    returns: int = 0

    def add(self, frame: int, predicted: int | None) -> None:
        if self.frames and frame > self.last_frame + 1 and self.last_id is not None:
            self.id_before, self.last_id = self.last_id, None
            self.occlusions += 1
        if predicted is not None:
            self.returns += predicted == self.id_before
            self.id_before, self.last_id = None, predicted
            self.frames_by_id[predicted] = self.frames_by_id.get(predicted, 0) + 1
        self.frames, self.last_frame = self.frames + 1, frame


def persistence(frames: Sequence[TrackedFrame]) -> Persistence:
    """Of one clip; its frames are those that have truth."""
    tracks: dict[int, _Track] = {}
    for place, (frame, matched) in enumerate(zip(frames, matches(frames), strict=True)):
        for true in frame.truth_ids.tolist():
            tracks.setdefault(true, _Track()).add(place, matched.get(true))
    found = [len(track.frames_by_id) for track in tracks.values() if track.frames_by_id]
    shares = [
        max(track.frames_by_id.values(), default=0) / track.frames for track in tracks.values()
    ]
    occlusions = sum(track.occlusions for track in tracks.values())
    returns = sum(track.returns for track in tracks.values())
    return Persistence(
        fragments=float(np.mean(found)) if found else None,
        relative_duration=float(np.mean(shares)) if shares else None,
        reidentified=returns / occlusions if occlusions else None,
    )
