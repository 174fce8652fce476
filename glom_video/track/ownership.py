"""Which object a part belongs to: the same one, as long as both are remembered."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32, Int32

from glom_video.structures import Islands, Parse
from glom_video.track.association import associate
from glom_video.track.occupants import Occupants, occupants, unmoved
from glom_video.track.step import Step
from glom_video.track.tracks import Track

KEPT = 0.4
"""Least share of a part, of what objects hold of it, with which its object keeps it."""

Members = Sequence[tuple[int, ...]]
"""Per object island, the ids of the objects in it, its leader's first."""


def shares(parts: Islands, objects: Islands) -> Float32[np.ndarray, "k o"]:
    """Share of each part that each object holds, of what all objects hold; 0 where none holds
    any."""
    shared = np.tensordot(parts.memberships[1:], objects.memberships[1:], ((1, 2), (1, 2)))
    return np.asarray(shared / np.maximum(shared.sum(1, keepdims=True), 1e-6), np.float32)


def may_continue(
    known: Sequence[Track],
    held: Float32[np.ndarray, "k o"],
    parent: Int32[np.ndarray, " k"],
    members: Members,
) -> Bool[np.ndarray, "k j"]:
    """Which part island may continue which known part.

    Args:
        held: as ``shares``.
        parent: label of the object island that holds most of each part, 0 = none.
    """
    may = np.zeros((len(parent), len(known)), bool)
    owners = np.array([track.owner for track in known], np.int64)
    for row, label in enumerate(parent.tolist()):
        near = {label - 1, *np.flatnonzero(held[row] >= KEPT).tolist()} if label else set()
        owned_by = {owner for place in near for owner in members[place]} if near else {0}
        may[row] = np.isin(owners, sorted(owned_by))
    return may


def parts_in(
    parse: Parse,
    known: Sequence[Track],
    members: Members,
    centres: Mapping[int, Float32[np.ndarray, " 2"]],
    step: Step,
) -> Occupants:
    """The known part in each part island. ``centres``: as ``object_centres``."""
    islands = parse.islands["part"]
    held = shares(islands, parse.islands["object"])
    found = associate(
        known,
        islands,
        step,
        centres=expected_centres(known, centres),
        allowed=may_continue(known, held, parse.parent, members),
    )
    return unmoved(known, found) if step.is_cut else occupants(known, found, {})


def waited(
    known: Sequence[Track], in_sight: Set[int], remembered_owners: Set[int], passed: float
) -> list[Track]:
    """The parts whose object is remembered, ``passed`` seconds after the previous frame. Their
    absence does not count while their object is out of sight or seen as one with others.

    Args:
        in_sight: ids of objects that are seen alone; 0 for parts without an object.
        remembered_owners: ids of all remembered objects.
    """
    return [
        replace(track, absent_seconds=track.absent_seconds + passed * (track.owner in in_sight))
        for track in known
        if track.owner in remembered_owners
    ]


def placed(
    track: Track, piece: int, is_owners: bool, centres: Mapping[int, Float32[np.ndarray, " 2"]]
) -> Track:
    """The part with its place on its object.

    Args:
        piece: id of the track that it lies in, 0 = none; kept only if it is its owner's.
        is_owners: whether ``piece`` is a piece of its owner.
        centres: as ``object_centres``.
    """
    offset = track.pose[:2] - centres.get(track.owner, np.float32(0))
    return replace(track, offset=offset, piece=piece if is_owners else track.piece)


def object_centres(objects: Islands, members: Members) -> dict[int, Float32[np.ndarray, " 2"]]:
    """Centre of each visible object's islands, by id, as in ``pose``."""
    rows: dict[int, list[int]] = {}
    for row, ids in enumerate(members):
        for number in ids:
            rows.setdefault(number, []).append(row)
    areas = np.maximum(objects.pose[:, 2] ** 2, 1e-9)
    return {
        number: np.average(objects.pose[at, :2], axis=0, weights=areas[at]).astype(np.float32)
        for number, at in rows.items()
    }


def expected_centres(
    known: Sequence[Track], centres: Mapping[int, Float32[np.ndarray, " 2"]]
) -> Float32[np.ndarray, "j 2"]:
    """Centre of each part if it has not moved on its object, as in ``pose``.

    Args:
        centres: of visible objects, by id; members of one island share its centre.
    """
    places = [
        track.offset + centres[track.owner] if track.owner in centres else track.pose[:2]
        for track in known
    ]
    return np.array(places, np.float32).reshape(len(known), 2)
