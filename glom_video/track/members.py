"""Objects that are seen as one island: which are in it, and which is which when it splits.

Meanwhile each member is remembered as it was when last seen alone; only its membership is moved
along with the flow, inside the island.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32

from glom_video.structures import Islands, best_matching
from glom_video.track.association import LEAST_APPEARANCE
from glom_video.track.courses import BESIDE
from glom_video.track.step import Step
from glom_video.track.tracks import Track, appearance_cosines, area_of

Group = tuple[Track, ...]
"""Members as they were when they were last seen alone."""

INSIDE = 0.8
"""Share of a track that has to lie in an island for it to become a member."""
GROWN = 0.4
"""Seconds after its birth from which a track is remembered as a member."""
LEAST_MOVED = 0.25
"""Distance moved against the camera, as a share of its scale, from which a track is remembered as a
member. A thing that never moved by itself, such as a screen beside a person, was never known to be
an object of its own."""
MOST_MEMBERS = 8
"""Of one island; the longest unseen are forgotten first."""
LARGER = 2.0
"""How many times larger a member has to be for the island to go by its id and not the oldest's."""
OUT_OF = 0.3
"""Share of an island that has to lie where the group was, or beside it, for it to have come out of
the group."""
LEAST_SIZE = 0.3
"""Share of a member's area below which an island is too small to be identified."""
SAME_MEMBER_APPEARANCE = 0.85
"""Least cosine of the appearances of a member and an island that comes out."""
MORE_LIKE = 0.15
"""Alternatively: how much more the island that comes out resembles a member than the others, while
the island that stays resembles another member by twice that margin. At first too little is seen of
either to look as before."""
MOSTLY_OUT = 0.5
"""Share of a member's area that has to be out in that case."""
APPEARANCE_WEIGHT, NEAR = 3.0, 0.15
"""Weight of a cosine of appearances relative to place; share of the diagonal beyond which a place
says nothing."""


def leader_of(members: Iterable[Track], first: int | None = None) -> Track:
    """The member whose id an island of several goes by: the one that it continues; if none, the
    oldest, or one that is much larger.

    Args:
        first: id of the track that it continues.
    """
    members = sorted(members, key=lambda track: (-track.size, *track.pose[:2].tolist(), track.id))
    oldest, largest = min(members, key=lambda track: track.born_seconds), members[0]
    otherwise = largest if largest.size > LARGER * oldest.size else oldest
    return next((track for track in members if track.id == first), otherwise)


def names_of(group: Group, leader: int) -> tuple[int, ...]:
    """Ids of the members of an island, the leader's first."""
    others = sorted(track.id for track in group if track.id != leader)
    return (leader, *others)


def moved(group: Group, step: Step) -> Group:
    """The members with their memberships moved along with the flow."""
    return tuple(replace(track, membership=step.warped(track.membership)) for track in group)


def within(group: Group, island: Float32[np.ndarray, "h w"]) -> Group:
    """The members with their memberships confined to their island, sharing each place. A single
    member and memberships of another grid stay unchanged."""
    if len(group) < 2 or any(track.membership.shape != island.shape for track in group):
        return group
    held = [track.membership * island for track in group]
    total = np.maximum(np.sum(held, axis=0), np.float32(1))
    return tuple(
        replace(track, membership=np.asarray(share / total, np.float32))
        for track, share in zip(group, held, strict=True)
    )


def taken_in(lost: Sequence[Track], islands: Islands, step: Step) -> dict[int, list[Track]]:
    """By island row, the tracks that are not continued because they lie in another's island, or
    were about to: what is left beside it may be too small to be an island."""
    import cv2

    if not lost or not len(islands.embeddings):
        return {}
    near = np.stack([cv2.dilate(island, BESIDE) for island in islands.memberships[1:]])
    joined: dict[int, list[Track]] = {}
    for track in lost:
        was = step.warped(track.membership)
        if was.shape != near.shape[1:]:
            continue
        inside = np.tensordot(near, was, 2) / max(float(was.sum()), 1e-6)
        row = int(inside.argmax())
        if inside[row] >= INSIDE:
            joined.setdefault(row, []).append(track)
    return joined


def is_member(track: Track, leader: Track, others: Iterable[Track]) -> bool:
    """Whether a track is a member of its own in an island with others, and not a piece of one of
    them: it is no flash, it has moved, and it was seen apart."""
    if track.id == leader.id:
        return True
    ids = {other.id for other in others if other.id != track.id}
    is_piece = track.origin in ids or leader.origin == track.id
    is_grown = track.seen_seconds - track.born_seconds >= GROWN
    return not is_piece and is_grown and track.reach >= LEAST_MOVED * math.sqrt(track.size)


def came_out(whole: Track, rows: Sequence[int], islands: Islands, step: Step) -> list[int]:
    """Rows of the islands that came out of an island of the previous frame."""
    import cv2

    if not rows or whole.membership.shape != step.sources.shape[:2]:
        return []
    was = cv2.dilate(step.warped(whole.membership), BESIDE)
    return mostly_inside(was, rows, islands, OUT_OF)


def mostly_inside(
    was: Float32[np.ndarray, "h w"], rows: Sequence[int], islands: Islands, least: float
) -> list[int]:
    """Rows of the islands of which at least such a share lies in ``was``, a membership warped to
    this frame."""
    here = islands.memberships[1:][list(rows)]
    inside = np.tensordot(here, was, 2) / np.maximum(here.sum((1, 2)), 1e-6)
    return [row for row, share in zip(rows, inside, strict=True) if share >= least]


def who_left(
    group: Group, stays: int, leaves: Sequence[int], islands: Islands, now: float
) -> Mapping[int, Track]:
    """By island row, the member that each island coming out of a group is.

    Each of ``leaves`` gets the member that it resembles more than ``stays`` does; at least one
    member stays. An island that is too small, or resembles none, gets none.
    """
    least = LEAST_SIZE * min(track.size for track in group)
    large = [row for row in leaves if area_of(islands, row) >= least]
    large.sort(key=lambda row: (-float(islands.pose[row, 2]), *islands.pose[row, :2].tolist()))
    large = large[: len(group) - 1]
    if not large:
        return {}
    score = _similarity([*large, stays], group, islands, now)
    chosen = zip(*(found.tolist() for found in best_matching(score[:-1] - score[-1])), strict=True)
    return {
        large[i]: group[member]
        for i, member in chosen
        if matches_appearance(group[member], islands, large[i])
        or _differs(group, member, large[i], stays, islands)
        or _is_out(group[member], islands, large[i])
    }


def matches_appearance(track: Track, islands: Islands, row: int) -> bool:
    """Whether the appearance of an island and of a track are alike: their cosine is at least
    SAME_MEMBER_APPEARANCE."""
    return float(islands.appearance[row] @ track.appearance) >= SAME_MEMBER_APPEARANCE


def _is_out(member: Track, islands: Islands, row: int) -> bool:
    """Whether the island that came out is large enough to be the member and does not look like
    something else."""
    is_large = area_of(islands, row) >= MOSTLY_OUT * member.size
    return is_large and float(islands.appearance[row] @ member.appearance) >= LEAST_APPEARANCE


def _differs(group: Group, member: int, leaves: int, stays: int, islands: Islands) -> bool:
    """Whether two islands differ as one member differs from the others."""
    if area_of(islands, leaves) < MOSTLY_OUT * group[member].size:
        return False
    cosines = appearance_cosines(islands.appearance[[leaves, stays]], group)
    others = np.delete(cosines, member, axis=1).max(1)
    leaving, staying = cosines[:, member] - others
    return bool(leaving >= MORE_LIKE and -staying >= 2 * MORE_LIKE)


def _similarity(
    rows: Sequence[int], group: Group, islands: Islands, now: float
) -> Float[np.ndarray, "rows members"]:
    """Likeness of each island to each member: by appearance, by where the flow has brought the
    member, and by where it was heading."""
    appearance = appearance_cosines(islands.appearance[list(rows)], group)
    centres = islands.pose[list(rows)][:, None, :2]
    here = islands.memberships[1:][list(rows)]
    place = np.stack([_place(here, track) for track in group], axis=1)
    passed = np.array([now - track.seen_seconds for track in group])
    velocity = np.stack([track.velocity for track in group])
    expected = np.stack([track.pose[:2] for track in group]) + passed[:, None] * velocity
    distance = np.linalg.norm(centres - expected[None], axis=-1) / math.sqrt(2)
    heading = np.exp(-passed) * (1 - np.minimum(distance / NEAR, 1))
    return np.asarray(APPEARANCE_WEIGHT * appearance + place + heading)


def _place(here: Float32[np.ndarray, "rows h w"], track: Track) -> Float32[np.ndarray, " rows"]:
    """Share of a member that the flow has brought to each island; less where it was covered."""
    if track.membership.shape != here.shape[1:]:
        return np.zeros(len(here), np.float32)
    alone = track.area * track.membership.size
    area = max(alone, float(track.membership.sum()), 1e-6)
    return np.asarray(np.tensordot(here, track.membership, 2) / area, np.float32)
