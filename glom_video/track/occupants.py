"""Tracks in each object island of a frame: single ones, and groups that are seen as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Islands
from glom_video.track.association import (
    REIDENTIFICATION_SECONDS,
    Association,
    Sources,
    associate,
    expected_centres,
)
from glom_video.track.members import (
    MOST_MEMBERS,
    Group,
    came_out,
    is_member,
    leader_of,
    matches_appearance,
    moved,
    names_of,
    taken_in,
    who_left,
    within,
)
from glom_video.track.tracks import Track, is_remembered


@dataclass(slots=True)
class Occupants:
    """Tracks and groups by island row of this frame."""

    carriers: dict[int, Track]
    """The track that each island continues. A group's has its leader's id and the group's
    appearance."""
    groups: dict[int, Group]
    """The members, for islands with several."""
    gone: list[Track]
    """Known tracks that no island continues."""
    hidden_groups: dict[int, Group]
    """Groups that no island continues, by leader's id."""

    def members(self, row: int) -> tuple[int, ...]:
        """Ids of the tracks in an island that continues a track."""
        return names_of(self.groups.get(row, ()), self.carriers[row].id)


def occupants(known: Sequence[Track], found: Association, groups: Mapping[int, Group]) -> Occupants:
    """From the association, with the previous frame's groups by leaders' ids."""
    carriers = {row: known[place] for row, place in found.matched.items()}
    unknown = set(found.matched.values()) | found.mistaken
    gone = [track for place, track in enumerate(known) if place not in unknown]
    return Occupants(
        carriers,
        {row: groups[track.id] for row, track in carriers.items() if track.id in groups},
        gone,
        {track.id: groups[track.id] for track in gone if track.id in groups},
    )


def split_members(
    now: float, last_index: int, occupied: Occupants, islands: Islands, sources: Sources
) -> None:
    """Give members their ids back where their group has split."""
    for whole in sorted(occupied.gone, key=lambda track: track.id):
        if whole.id in occupied.hidden_groups and whole.seen_index == last_index:
            _go_on_in_largest(whole, occupied, islands, sources)
    for row in sorted(occupied.groups, key=lambda place: occupied.carriers[place].id):
        whole, group = occupied.carriers[row], moved(occupied.groups[row], sources)
        ids = {track.id for track in group}
        rows = range(len(islands.embeddings))
        free = [place for place in rows if place not in occupied.carriers]
        young = [
            place
            for place, track in occupied.carriers.items()
            if track.origin in ids
            and now - track.born_seconds < REIDENTIFICATION_SECONDS
            and place not in occupied.groups
        ]
        out = [*came_out(whole, free, islands, sources), *young]
        left = who_left(group, row, out, islands, now)
        for place, member in left.items():
            occupied.carriers[place] = _with_embedding_of(member, islands, place)
        stayed = tuple(track for track in group if track.id not in {m.id for m in left.values()})
        held = within(stayed, islands.memberships[1 + row])
        _set_group(occupied, row, whole, whole.id, held, islands)


def find_elsewhere(
    now: float,
    last_index: int,
    longest: float,
    occupied: Occupants,
    islands: Islands,
    sources: Sources,
) -> None:
    """Find members that were lost beside their group: as any hidden track, for ``longest`` seconds,
    in islands that came out of no group."""
    free = {row for row in range(len(islands.embeddings)) if row not in occupied.carriers}
    for row in occupied.groups:
        free -= set(came_out(occupied.carriers[row], sorted(free), islands, sources))
    lost = [
        (row, track)
        for row, group in occupied.groups.items()
        for track in group
        if track.id != occupied.carriers[row].id and is_remembered(track, now, longest)
    ]
    if not free or not lost:
        return
    tracks = [track for _, track in lost]
    allowed = np.zeros((len(islands.embeddings), len(lost)), bool)
    allowed[sorted(free)] = True
    centres = expected_centres(tracks, now)
    found = associate(tracks, last_index, islands, sources, now, centres=centres, allowed=allowed)
    for place, at in found.matched.items():
        row, track = lost[at]
        occupied.carriers[place] = track
        left = tuple(member for member in occupied.groups[row] if member.id != track.id)
        _set_group(occupied, row, occupied.carriers[row], occupied.carriers[row].id, left, islands)


def _go_on_in_largest(
    whole: Track, occupied: Occupants, islands: Islands, sources: Sources
) -> None:
    """Put a group that resembles none of the islands that came out of it into the largest of
    them."""
    free = [row for row in range(len(islands.embeddings)) if row not in occupied.carriers]
    out = came_out(whole, free, islands, sources)
    if out:
        row = max(out, key=lambda place: (islands.pose[place, 2], *islands.pose[place, :2]))
        occupied.carriers[row] = whole
        occupied.groups[row] = occupied.hidden_groups.pop(whole.id)
        occupied.gone = [track for track in occupied.gone if track is not whole]


def merge_members(last_index: int, occupied: Occupants, islands: Islands, sources: Sources) -> None:
    """Make tracks members of the island in which they lie, if they have none of their own any
    more."""
    lost = [track for track in occupied.gone if track.seen_index == last_index]
    for row, tracks in taken_in(lost, islands, sources).items():
        present = [*([occupied.carriers[row]] if row in occupied.carriers else []), *tracks]
        first = occupied.carriers[row].id if row in occupied.carriers else None
        leader = leader_of(present, first)
        if len(present) == 1 and not matches_appearance(leader, islands, row):
            continue
        all_members: list[Track] = []
        for track in present:
            own = occupied.groups.get(row) if track is occupied.carriers.get(row) else None
            all_members += own or occupied.hidden_groups.get(track.id) or (track,)
        pieces = {track.id for track in all_members if not is_member(track, leader, all_members)}
        members = [track for track in all_members if track.id not in pieces]
        members.sort(key=lambda track: (track.id != leader.id, -track.seen_seconds, track.id))
        kept = {track.id for track in members[:MOST_MEMBERS]}
        group = tuple(track for track in all_members if track.id in kept)
        held = within(group, islands.memberships[1 + row])
        _set_group(occupied, row, present[0], leader.id, held, islands)
        occupied.gone = [track for track in occupied.gone if track.id not in kept]
        occupied.gone += [
            track for track in present[:1] if track.id in pieces and track not in tracks
        ]
        for track in tracks:
            if track.id in kept:
                occupied.hidden_groups.pop(track.id, None)


def _set_group(
    occupied: Occupants, row: int, whole: Track, first: int, group: Group, islands: Islands
) -> None:
    """Put a group, or the one member left of it, into an island."""
    if len(group) == 1:
        occupied.groups.pop(row, None)
        alone = group[0]
        occupied.carriers[row] = (
            alone if alone is whole else _with_embedding_of(alone, islands, row)
        )
        return
    leader = leader_of(group, first)
    occupied.groups[row] = group
    occupied.carriers[row] = replace(
        whole,
        id=leader.id,
        born_index=leader.born_index,
        born_seconds=leader.born_seconds,
        origin=leader.origin,
    )


def _with_embedding_of(member: Track, islands: Islands, row: int) -> Track:
    """The member, seen by itself again, with the vector of the island in ``row``."""
    return replace(member, embedding=islands.embeddings[row])


def origins(
    current: Sequence[Track],
    members: Sequence[tuple[int, ...]],
    islands: Islands,
    is_born: Sequence[bool],
    now: float,
) -> list[Track]:
    """The tracks with the object they were first seen beside, as long as they were never apart."""
    return [
        _with_origin(row, current, members, islands, is_born[row], now)
        for row in range(len(current))
    ]


def _with_origin(
    row: int,
    current: Sequence[Track],
    members: Sequence[tuple[int, ...]],
    islands: Islands,
    is_born: bool,
    now: float,
) -> Track:
    track = current[row]
    if is_born:
        near = [
            place
            for place in _beside(row, islands)
            if (current[place].born_seconds, -current[place].size) < (now, -track.size)
        ]
        largest = max(near, key=lambda place: (current[place].size, -place), default=None)
        return track if largest is None else replace(track, origin=current[largest].id)
    if not track.origin or now - track.born_seconds < REIDENTIFICATION_SECONDS:
        return track
    there = [place for place, ids in enumerate(members) if track.origin in ids]
    if there and there[0] not in [*_beside(row, islands), row]:
        return replace(track, origin=0)
    return track


def _beside(row: int, islands: Islands) -> list[int]:
    """Rows of the islands that touch an island."""
    import cv2

    here = (islands.memberships[1 + row] > 0.5).astype(np.uint8)
    near = cv2.dilate(here, np.ones((3, 3), np.uint8)).astype(bool)
    touched: Float32[np.ndarray, " k"] = islands.memberships[1:][:, near].max(1, initial=0.0)
    return [place for place in np.flatnonzero(touched > 0.5).tolist() if place != row]
