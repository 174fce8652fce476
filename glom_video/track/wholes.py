"""Tracks of a frame with the pieces of each object as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float32, Int64

from glom_video.structures import Tracks


def as_wholes(tracks: Tracks, members: Sequence[tuple[int, ...]]) -> Tracks:
    """One row per object where several islands are its pieces.

    Vectors, agreement and velocity are means by area; the pose that is read out is the largest
    piece's, since it says nothing of the others.

    Args:
        members: of each row the ids of the objects that it is of, its own first.
    """
    ids = [own for own, *_ in members]
    rows_of = {number: np.flatnonzero(np.array(ids) == number) for number in dict.fromkeys(ids)}
    named = {
        number: _everyone(number, [members[row] for row in at], set(ids))
        for number, at in rows_of.items()
    }
    names = tuple("+".join(map(str, named[number])) for number in rows_of)
    if len(rows_of) == len(ids):
        return replace(tracks, ids=np.array(ids, np.int32), names=names)
    firsts = [max(rows, key=lambda row: (tracks.pose[row, 2], -row)) for rows in rows_of.values()]
    groups = list(rows_of.values())
    memberships = np.stack(
        [tracks.memberships[0], *(tracks.memberships[1 + rows].sum(0) for rows in groups)]
    )
    embeddings = np.stack([_mean(tracks.embeddings, tracks.pose, rows) for rows in groups])
    return Tracks(
        ids=np.array(list(rows_of), np.int32),
        parent_ids=tracks.parent_ids[firsts],
        embeddings=embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9),
        agreement=np.array(
            [_mean(tracks.agreement, tracks.pose, rows) for rows in groups], np.float32
        ),
        pose=np.stack([_pose(tracks, rows) for rows in groups]),
        read_pose=tracks.read_pose[firsts],
        memberships=memberships,
        age_frames=np.array([tracks.age_frames[rows].max() for rows in groups], np.int32),
        age_seconds=np.array([tracks.age_seconds[rows].max() for rows in groups], np.float32),
        missed_frames=np.array([tracks.missed_frames[rows].min() for rows in groups], np.int32),
        names=names,
        inside=tracks.inside,
    )


def _everyone(own: int, members: Sequence[tuple[int, ...]], elsewhere: set[int]) -> tuple[int, ...]:
    """Ids of those in the islands of an object, its own first; none that has islands of its own."""
    others = {number for ids in members for number in ids} - elsewhere
    return (own, *sorted(others))


def _mean(
    values: Float32[np.ndarray, "k ..."],
    pose: Float32[np.ndarray, "k 6"],
    rows: Int64[np.ndarray, " n"],
) -> Float32[np.ndarray, "..."]:
    return np.asarray(
        np.average(values[rows], axis=0, weights=pose[rows, 2] ** 2 + 1e-9), np.float32
    )


def _pose(tracks: Tracks, rows: Int64[np.ndarray, " n"]) -> Float32[np.ndarray, " 6"]:
    """Of several islands as one, by the moments of all."""
    if len(rows) == 1:
        return tracks.pose[rows[0]]
    height, width = tracks.memberships.shape[1:]
    pose = _mean(tracks.pose, tracks.pose, rows)
    won = np.isin(tracks.memberships.argmax(0), 1 + rows)
    y, x = np.nonzero(won)
    if not len(x):
        return pose
    (xx, xy), (_, yy) = np.cov(np.stack([x, y]), bias=True).round(9) + 0.0
    orientation = 0.5 * np.arctan2(2 * xy, xx - yy)
    scale = (len(x) / (height * width)) ** 0.5
    centre = (x.mean() + 0.5) / width, (y.mean() + 0.5) / height
    return np.array([*centre, scale, orientation, *pose[4:]], np.float32)
