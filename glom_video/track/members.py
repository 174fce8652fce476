"""Objects that are seen as one island: who is in it, and who is who when it comes apart.

While they are one, each is remembered as it was when it was last seen alone; only its membership
is moved along with the flow inside the island.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32

from glom_video.structures import Islands, best_matching
from glom_video.track.association import LEAST_APPEARANCE, Sources, warped
from glom_video.track.tracks import Track

Group = tuple[Track, ...]
"""Members as they were when they were last seen alone."""

INSIDE = 0.8
"""Share of a track that has to lie in an island for it to be taken in."""
GROWN = 0.4
"""Seconds after its birth from which a track is remembered as a member."""
MOVED = 0.25
"""Way against the camera, as a share of its scale, that a track has to have gone before it is
remembered as a member: what never moved by itself, a screen beside a person, was never known to be
an object of its own."""
MOST_MEMBERS = 8
LARGER = 2.0
"""Times by which a member is larger that make an island go by it and not by the oldest."""
OUT_OF = 0.3
"""Share of an island that lies where the group was, or beside it, if it came out of that."""
BESIDE = np.ones((5, 5), np.uint8)
"""Two cells around an island are beside it."""
LEAST_SIZE = 0.3
"""Of a member's area: less of it is not enough to say who it is."""
SAME_MEMBER_APPEARANCE = 0.85
"""Least cosine of appearances of a member and of what comes out."""
MORE_LIKE = 0.15
"""Or by how much more what comes out resembles a member than the others, while what stays resembles
another by twice as much more: at first too little is seen of either to look as it did."""
MOSTLY_OUT = 0.5
"""Share of a member's area that has to be out then."""
LOOKS, NEAR = 3.0, 0.15
"""How much a cosine of appearances counts beside a place; share of the diagonal beyond which a
place says nothing."""


def leader_of(members: Iterable[Track], first: int | None = None) -> Track:
    """Whom an island of several goes by: the one that it continues; if it continues none of them,
    the oldest, or one that is much larger.

    Args:
        first: id of the one that it continues.
    """
    members = sorted(members, key=lambda track: (-track.size, *track.pose[:2].tolist(), track.id))
    oldest, largest = min(members, key=lambda track: track.born_seconds), members[0]
    otherwise = largest if largest.size > LARGER * oldest.size else oldest
    return next((track for track in members if track.id == first), otherwise)


def names_of(group: Group, leader: int) -> tuple[int, ...]:
    """Ids of those in an island, the one that it goes by first."""
    others = sorted(track.id for track in group if track.id != leader)
    return (leader, *others)


def moved(group: Group, sources: Sources) -> Group:
    """The members with their memberships moved along with the flow."""
    return tuple(replace(track, membership=warped(track.membership, sources)) for track in group)


def within(group: Group, island: Float32[np.ndarray, "h w"]) -> Group:
    """The members with their memberships kept inside their island, of which they share each
    place. One by itself stays as it is, and so does what is of another grid."""
    if len(group) < 2 or any(track.membership.shape != island.shape for track in group):
        return group
    held = [track.membership * island for track in group]
    total = np.maximum(np.sum(held, axis=0), np.float32(1))
    return tuple(
        replace(track, membership=np.asarray(share / total, np.float32))
        for track, share in zip(group, held, strict=True)
    )


def taken_in(lost: Sequence[Track], islands: Islands, sources: Sources) -> dict[int, list[Track]]:
    """By island row, the tracks that are not continued because they lie in another's island, or
    were about to: what is left of one beside it may be too little to be an island."""
    import cv2

    if not lost:
        return {}
    near = [cv2.dilate(island, BESIDE) for island in islands.memberships[1:]]
    here = np.stack([islands.memberships[0], *near])[1:]
    joined: dict[int, list[Track]] = {}
    for track in lost:
        was = warped(track.membership, sources)
        if was.shape != here.shape[1:] or not len(here):
            continue
        inside = np.tensordot(here, was, 2) / max(float(was.sum()), 1e-6)
        row = int(inside.argmax())
        if inside[row] >= INSIDE:
            joined.setdefault(row, []).append(track)
    return joined


def is_member(track: Track, leader: Track, others: Iterable[Track]) -> bool:
    """Whether a track is one of its own in an island with others, and not a piece of one of them:
    it is no flash, it has moved, and it was seen apart."""
    if track.id == leader.id:
        return True
    ids = {other.id for other in others if other.id != track.id}
    is_piece = track.origin in ids or leader.origin == track.id
    is_grown = track.seen_seconds - track.born_seconds >= GROWN
    return not is_piece and is_grown and track.reach >= MOVED * math.sqrt(track.size)


def came_out(whole: Track, rows: Sequence[int], islands: Islands, sources: Sources) -> list[int]:
    """Which islands came out of one of the frame before."""
    import cv2

    if not rows or whole.membership.shape != sources.shape[:2]:
        return []
    was = cv2.dilate(warped(whole.membership, sources), BESIDE)
    here = islands.memberships[1:][list(rows)]
    inside = np.tensordot(here, was, 2) / np.maximum(here.sum((1, 2)), 1e-6)
    return [row for row, share in zip(rows, inside, strict=True) if share >= OUT_OF]


def who_left(
    group: Group, stays: int, leaves: Sequence[int], islands: Islands, now: float
) -> Mapping[int, Track]:
    """By island row, the member that each of the islands is that came out of a group's.

    Each of ``leaves`` gets the member that it is more like than what ``stays``; one at least
    stays. What is too small, or looks like none, gets none.
    """
    least = LEAST_SIZE * min(track.size for track in group)
    large = [row for row in leaves if float(islands.pose[row, 2]) ** 2 >= least]
    large.sort(key=lambda row: (-float(islands.pose[row, 2]), *islands.pose[row, :2].tolist()))
    large = large[: len(group) - 1]
    if not large:
        return {}
    score = _likeness([*large, stays], group, islands, now)
    rows, places = best_matching(score[:-1] - score[-1])
    return {
        large[r]: group[m]
        for r, m in zip(rows.tolist(), places.tolist(), strict=True)
        if matches_appearance(group[m], islands, large[r])
        or _differs(group, m, large[r], stays, islands)
        or _is_out(group[m], islands, large[r])
    }


def matches_appearance(track: Track, islands: Islands, row: int) -> bool:
    """Whether the appearance of an island and of a track are alike: their cosine is at least
    SAME_MEMBER_APPEARANCE."""
    return float(islands.appearance[row] @ track.appearance) >= SAME_MEMBER_APPEARANCE


def _is_out(member: Track, islands: Islands, row: int) -> bool:
    """Whether as much came out as a member has, which does not look like something else."""
    is_large = float(islands.pose[row, 2]) ** 2 >= MOSTLY_OUT * member.size
    return is_large and float(islands.appearance[row] @ member.appearance) >= LEAST_APPEARANCE


def _differs(group: Group, member: int, leaves: int, stays: int, islands: Islands) -> bool:
    """Whether an island is told from the one that stays as one member is from the others."""
    if float(islands.pose[leaves, 2]) ** 2 < MOSTLY_OUT * group[member].size:
        return False
    looks = islands.appearance[[leaves, stays]] @ np.stack([track.appearance for track in group]).T
    others = np.delete(looks, member, axis=1).max(1)
    leaving, staying = looks[:, member] - others
    return bool(leaving >= MORE_LIKE and -staying >= 2 * MORE_LIKE)


def _likeness(
    rows: Sequence[int], group: Group, islands: Islands, now: float
) -> Float[np.ndarray, "rows members"]:
    """How much each island is like each member in its appearance, lies where the flow has brought
    it, and where it was going."""
    appearance_similarity = (
        islands.appearance[list(rows)] @ np.stack([track.appearance for track in group]).T
    )
    centres = islands.pose[list(rows)][:, None, :2]
    here = islands.memberships[1:][list(rows)]
    place = np.stack([_place(here, track) for track in group], axis=1)
    passed = np.array([now - track.seen_seconds for track in group])
    expected = np.stack([track.pose[:2] for track in group]) + passed[:, None] * np.stack(
        [track.velocity for track in group]
    )
    distance = np.linalg.norm(centres - expected[None], axis=-1) / math.sqrt(2)
    heading = np.exp(-passed) * (1 - np.minimum(distance / NEAR, 1))
    likeness: Float[np.ndarray, "rows members"] = LOOKS * appearance_similarity + place + heading
    return likeness


def _place(here: Float32[np.ndarray, "rows h w"], track: Track) -> Float32[np.ndarray, " rows"]:
    """Share of a member that the flow has brought to each island; less where it was covered."""
    if track.membership.shape != here.shape[1:]:
        return np.zeros(len(here), np.float32)
    alone = float(track.pose[2]) ** 2 * track.membership.size
    area = max(alone, float(track.membership.sum()), 1e-6)
    return np.asarray(np.tensordot(here, track.membership, 2) / area, np.float32)
