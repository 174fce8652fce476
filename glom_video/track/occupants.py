"""Tracks in each object island of a frame: single ones, and groups that are seen as one."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from glom_video.structures import Islands
from glom_video.track.association import (
    REIDENTIFICATION_SECONDS,
    Association,
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
    taken_in,
    who_left,
    within,
)
from glom_video.track.step import Step
from glom_video.track.tracks import Track, is_remembered, visible_before


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

    def free_rows(self, islands: Islands) -> list[int]:
        """Rows of the islands that continue no track."""
        return [row for row in range(len(islands.embeddings)) if row not in self.carriers]


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


def unmoved(known: Sequence[Track], found: Association) -> Occupants:
    """From the association after a cut, which ends all tracks but those found unmoved."""
    return Occupants({row: known[place] for row, place in found.matched.items()}, {}, [], {})


def split_members(occupied: Occupants, islands: Islands, step: Step) -> None:
    """Give members their ids back where their group has split."""
    for whole in sorted(visible_before(occupied.gone, step), key=lambda track: track.id):
        if whole.id in occupied.hidden_groups:
            _go_on_in_largest(whole, occupied, islands, step)
    for row in sorted(occupied.groups, key=lambda place: occupied.carriers[place].id):
        _split_group(row, occupied, islands, step)


def _split_group(row: int, occupied: Occupants, islands: Islands, step: Step) -> None:
    """Give members of the group in an island their ids back, in the islands that they are now."""
    whole, group = occupied.carriers[row], moved(occupied.groups[row], step)
    ids = {track.id for track in group}
    young = [
        place
        for place, track in occupied.carriers.items()
        if track.origin in ids
        and step.now - track.born_seconds < REIDENTIFICATION_SECONDS
        and place not in occupied.groups
    ]
    out = [*came_out(whole, occupied.free_rows(islands), islands, step), *young]
    left = who_left(group, row, out, islands, step.now)
    for place, member in left.items():
        occupied.carriers[place] = _with_embedding_of(member, islands, place)
    gone = {member.id for member in left.values()}
    stayed = tuple(track for track in group if track.id not in gone)
    held = within(stayed, islands.memberships[1 + row])
    _set_group(occupied, row, whole, whole.id, held, islands)


def find_elsewhere(occupied: Occupants, islands: Islands, step: Step, longest: float) -> None:
    """Find members that were lost beside their group: as any hidden track, for ``longest`` seconds,
    in islands that came out of no group."""
    free = set(occupied.free_rows(islands))
    for row in occupied.groups:
        free -= set(came_out(occupied.carriers[row], sorted(free), islands, step))
    lost = [
        (row, track)
        for row, group in occupied.groups.items()
        for track in group
        if track.id != occupied.carriers[row].id and is_remembered(track, step, longest)
    ]
    if not free or not lost:
        return
    tracks = [track for _, track in lost]
    allowed = np.zeros((len(islands.embeddings), len(lost)), bool)
    allowed[sorted(free)] = True
    centres = expected_centres(tracks, step.now)
    found = associate(tracks, islands, step, centres=centres, allowed=allowed)
    for place, at in found.matched.items():
        row, track = lost[at]
        occupied.carriers[place] = track
        stayed = tuple(member for member in occupied.groups[row] if member.id != track.id)
        whole = occupied.carriers[row]
        _set_group(occupied, row, whole, whole.id, stayed, islands)


def _go_on_in_largest(whole: Track, occupied: Occupants, islands: Islands, step: Step) -> None:
    """Put a group that resembles none of the islands that came out of it into the largest of
    them."""
    out = came_out(whole, occupied.free_rows(islands), islands, step)
    if out:
        row = max(out, key=lambda place: (islands.pose[place, 2], *islands.pose[place, :2]))
        occupied.carriers[row] = whole
        occupied.groups[row] = occupied.hidden_groups.pop(whole.id)
        occupied.gone = [track for track in occupied.gone if track is not whole]


def merge_members(occupied: Occupants, islands: Islands, step: Step) -> None:
    """Make tracks members of the island in which they lie, if they have none of their own any
    more."""
    lost = visible_before(occupied.gone, step)
    for row, tracks in taken_in(lost, islands, step).items():
        _merge_into(row, tracks, occupied, islands)


def _merge_into(row: int, tracks: Sequence[Track], occupied: Occupants, islands: Islands) -> None:
    """Make tracks members of one island, beside what it continues."""
    carrier = occupied.carriers.get(row)
    present = [*tracks] if carrier is None else [carrier, *tracks]
    leader = leader_of(present, None if carrier is None else carrier.id)
    if len(present) == 1 and not matches_appearance(leader, islands, row):
        return
    everyone = [member for track in present for member in _members_of(track, row, occupied)]
    pieces = {track.id for track in everyone if not is_member(track, leader, everyone)}
    kept = _last_seen([track for track in everyone if track.id not in pieces], leader)
    group = tuple(track for track in everyone if track.id in kept)
    held = within(group, islands.memberships[1 + row])
    _set_group(occupied, row, present[0], leader.id, held, islands)
    occupied.gone = [track for track in occupied.gone if track.id not in kept]
    for track in tracks:
        _take_out(kept, track, occupied)


def _take_out(taken: Set[int], whole: Track, occupied: Occupants) -> None:
    """Leave in a group out of sight, if ``whole`` stands for one, what is not taken into another;
    without its leader nothing is left of it."""
    group = occupied.hidden_groups.pop(whole.id, ())
    rest = tuple(member for member in group if member.id not in taken)
    if whole.id not in taken and len(rest) > 1:
        occupied.hidden_groups[whole.id] = rest


def _members_of(track: Track, row: int, occupied: Occupants) -> Group:
    """The members of the group that a track stands for, in this island or out of sight; itself, if
    it stands for none."""
    own = occupied.groups.get(row) if track is occupied.carriers.get(row) else None
    return own or occupied.hidden_groups.get(track.id) or (track,)


def _last_seen(members: Sequence[Track], leader: Track) -> set[int]:
    """Ids of the leader and of the members that were seen alone last, MOST_MEMBERS in all."""

    def order(track: Track) -> tuple[bool, float, int]:
        return track.id != leader.id, -track.seen_seconds, track.id

    return {track.id for track in sorted(members, key=order)[:MOST_MEMBERS]}


def _set_group(
    occupied: Occupants, row: int, whole: Track, first: int, group: Group, islands: Islands
) -> None:
    """Put a group, or the one member left of it, into an island."""
    if len(group) == 1:
        occupied.groups.pop(row, None)
        alone = group[0]
        if alone is not whole:
            alone = _with_embedding_of(alone, islands, row)
        occupied.carriers[row] = alone
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
