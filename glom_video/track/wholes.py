"""Joins the pieces of each object in the tracks of a frame."""

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Tracks


def as_wholes(tracks: Tracks, members: Sequence[tuple[int, ...]]) -> Tracks:
    """One row per object, even if several islands are its pieces.

    Vectors, agreement and velocity are means weighted by area; the read-out pose is the largest
    piece's, since it describes no other.

    Args:
        members: per row, the ids of the objects in it, its own first. An object with rows of its
            own is no member elsewhere.
    """
    rows_of: dict[int, list[int]] = {}
    for row, (own, *_) in enumerate(members):
        rows_of.setdefault(own, []).append(row)
    ids, groups = np.array(list(rows_of), np.int32), list(rows_of.values())
    names = tuple(_name(own, rows, members, rows_of.keys()) for own, rows in rows_of.items())
    if len(groups) == len(members):
        return replace(tracks, ids=ids, names=names)
    largest = [max(rows, key=lambda row: (tracks.pose[row, 2], -row)) for rows in groups]
    embeddings = _means(tracks.embeddings, tracks.pose, groups)
    length = np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-9)
    shares = [tracks.memberships[1:][rows].sum(0, np.float32) for rows in groups]
    return Tracks(
        ids=ids,
        parent_ids=tracks.parent_ids[largest],
        embeddings=embeddings / length,
        agreement=_means(tracks.agreement, tracks.pose, groups),
        score=_means(tracks.score, tracks.pose, groups),
        pose=np.stack([_pose(tracks, rows) for rows in groups]),
        read_pose=tracks.read_pose[largest],
        memberships=np.stack([tracks.memberships[0], *shares]),
        age_frames=np.array([tracks.age_frames[rows].max() for rows in groups], np.int32),
        age_seconds=np.array([tracks.age_seconds[rows].max() for rows in groups], np.float32),
        missed_frames=np.array([tracks.missed_frames[rows].min() for rows in groups], np.int32),
        names=names,
        inside=tracks.inside,
    )


def _name(
    own: int, rows: Sequence[int], members: Sequence[tuple[int, ...]], with_rows: Set[int]
) -> str:
    """Ids of an object and of the members of its islands that have no rows of their own."""
    others = {number for row in rows for number in members[row]} - with_rows
    return "+".join(map(str, [own, *sorted(others)]))


def _means(
    values: Float32[np.ndarray, "k ..."],
    pose: Float32[np.ndarray, "k 6"],
    groups: Sequence[Sequence[int]],
) -> Float32[np.ndarray, "groups ..."]:
    """Mean over the rows of each group, weighted by area."""
    areas = pose[:, 2] ** 2 + 1e-9
    means = [np.average(values[rows], axis=0, weights=areas[rows]) for rows in groups]
    return np.asarray(means, np.float32)


def _pose(tracks: Tracks, rows: Sequence[int]) -> Float32[np.ndarray, " 6"]:
    """Pose of several islands as one, from their moments."""
    if len(rows) == 1:
        return tracks.pose[rows[0]]
    height, width = tracks.memberships.shape[1:]
    pose = _means(tracks.pose, tracks.pose, [rows])[0]
    won = np.isin(tracks.memberships.argmax(0), np.array(rows) + 1)
    y, x = np.nonzero(won)
    if not len(x):
        return pose
    (xx, xy), (_, yy) = np.cov(np.stack([x, y]), bias=True).round(9) + 0.0
    orientation = 0.5 * np.arctan2(2 * xy, xx - yy)
    scale = (len(x) / (height * width)) ** 0.5
    centre = (x.mean() + 0.5) / width, (y.mean() + 0.5) / height
    return np.array([*centre, scale, orientation, *pose[4:]], np.float32)
