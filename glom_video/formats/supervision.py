"""Percepts as ``supervision.Detections``, for its annotators, zones and metrics."""

from typing import Any

import numpy as np

from glom_video.formats.annotation_writer import CATEGORIES
from glom_video.structures import InvalidInput, LevelName, Percept


def to_supervision(percept: Percept, level: LevelName = "object") -> Any:
    """``supervision.Detections`` of the visible tracks of a level.

    ``tracker_id`` is the id, ``confidence`` the score, ``class_id`` the category of COCO exports
    (part 1, object 2), ``xyxy`` as ``Percept.boxes``; ``data`` holds ``class_name``, ``track_name``
    and ``parent_id``.

    Raises:
        InvalidInput: supervision is not installed.
    """
    try:
        from supervision import Detections
    except ImportError as error:
        cause = "this needs supervision, which is not installed"
        raise InvalidInput(cause, "Install it: pip install supervision.") from error
    tracks, masks = percept.tracks[level], percept.masks(level)
    seen = np.flatnonzero(masks.any((1, 2)))
    names = np.array(tracks.names, dtype=object)[seen].astype(str)
    return Detections(
        xyxy=percept.boxes(level)[seen].astype(np.float32).reshape(-1, 4),
        mask=masks[seen],
        confidence=tracks.score[seen],
        class_id=np.full(len(seen), CATEGORIES[level]),
        tracker_id=tracks.ids[seen].astype(int),
        data={
            "class_name": np.full(len(seen), level),
            "track_name": names,
            "parent_id": tracks.parent_ids[seen],
        },
    )
