"""Ids of the objects of a scripted clip: before the event, at once after it, and in the end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer

from glom_video.structures import Tracks
from glom_video_pipelines.study.matching import LEAST_IOU, matched
from glom_video_pipelines.study.scripts import SUBJECT, Script

LAST = 5
"""Frames of which most have to show an id."""


@dataclass(frozen=True, slots=True)
class IdOutcome:
    """Ids are None where none covers the object."""

    before: int | None
    at_once: int | None
    in_the_end: int | None
    recovery: int
    """Frames after the event until the object is covered again; 0 = in its first frame."""


def id_outcomes(
    script: Script, truth: Sequence[Integer[np.ndarray, "hs ws"]], found: Sequence[Tracks]
) -> list[IdOutcome]:
    """One for each of those that the script is about. ``truth``: object ids on the membership grid,
    per frame; ``found``: object tracks."""
    return [_id_outcome(script, subject, truth, found) for subject in script.subjects]


def _id_outcome(
    script: Script,
    subject: int,
    truth: Sequence[Integer[np.ndarray, "hs ws"]],
    found: Sequence[Tracks],
) -> IdOutcome:
    subject_after = script.subject_after if subject == SUBJECT else subject
    shown = [subject] * script.after + [subject_after] * (len(found) - script.after)
    ids = [
        _id_on(true_ids, tracks, wanted)
        for true_ids, tracks, wanted in zip(truth, found, shown, strict=True)
    ]
    before = _most(ids[: script.before][-LAST:])
    after = ids[script.after :]
    is_other = subject_after != subject
    covered = (
        place
        for place, found_id in enumerate(after)
        if found_id is not None and (is_other or found_id == before)
    )
    return IdOutcome(before, after[0], _most(after[-LAST:]), next(covered, len(after)))


def _id_on(truth: Integer[np.ndarray, "hs ws"], tracks: Tracks, subject: int) -> int | None:
    """Of the track that covers the object in one frame."""
    is_subject = (truth == subject).astype(np.uint8)
    row = matched(is_subject, tracks.memberships.argmax(0), LEAST_IOU).get(1)
    return None if row is None else int(tracks.ids[row - 1])


def _most(ids: Sequence[int | None]) -> int | None:
    """The id of more than half of them."""
    found, count = Counter(ids).most_common(1)[0]
    return found if count > len(ids) / 2 else None
