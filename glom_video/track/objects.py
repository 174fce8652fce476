"""The objects of a clip from frame to frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from glom_video.structures import Islands, Motion, Tracks
from glom_video.track.association import associate, expected_centres
from glom_video.track.courses import own_velocities, touching
from glom_video.track.fragments import Fragment, new_fragments, returned_fragments
from glom_video.track.ids import Ids
from glom_video.track.members import Group, names_of
from glom_video.track.occupants import (
    Occupants,
    find_elsewhere,
    merge_members,
    occupants,
    split_members,
    unmoved,
)
from glom_video.track.origins import with_origins
from glom_video.track.passing import fronts
from glom_video.track.pieces import Pieces
from glom_video.track.scores import scores
from glom_video.track.step import Step
from glom_video.track.tracks import (
    Track,
    as_tracks,
    born,
    continued,
    is_remembered,
    missed_frames,
    moved_on,
    reachable,
    visible_before,
)


@dataclass(frozen=True, slots=True)
class Objects:
    """What is remembered of a clip's objects."""

    live: Sequence[Track] = ()
    """The track of each island of the last frame, in its order; then those out of sight."""
    groups: Mapping[int, Group] = field(default_factory=dict)
    """Members of the islands that hold several objects, by leader's id."""
    pieces: Pieces = field(default_factory=Pieces)
    """Which tracks are one object."""

    def remembered(self) -> set[int]:
        """Ids of all tracks, members of groups included."""
        grouped = {track.id for group in self.groups.values() for track in group}
        return grouped | {track.id for track in self.live}

    def wholes(self) -> set[int]:
        """Ids of the objects that the tracks are, or are pieces of."""
        return {self.pieces.of(number) for number in self.remembered()}

    def after(
        self, islands: Islands, step: Step, longest: float, ids: Ids
    ) -> tuple["Objects", Tracks]:
        """The objects one frame later, and the track of each island.

        Args:
            longest: seconds for which a track out of sight is remembered.
            ids: gives new tracks their ids.
        """
        known = [
            track for track in reachable(self.live, step) if is_remembered(track, step, longest)
        ]
        occupied = self._occupants(known, islands, step, longest)
        before = [occupied.carriers.get(row) for row in range(len(islands.embeddings))]
        current = [_seen(old, islands, row, step, ids) for row, old in enumerate(before)]
        members = [
            names_of(occupied.groups.get(row, ()), track.id) for row, track in enumerate(current)
        ]
        current = with_origins(current, members, islands, step)
        groups = {current[row].id: group for row, group in occupied.groups.items()}
        fragments = self._fragments(known, occupied, current, islands, step)
        pieces = self.pieces.with_fragments(fragments)
        objects = Objects([*current, *occupied.gone], groups | occupied.hidden_groups, pieces)
        were_visible = {track.id for track in visible_before(known, step)}
        tracks = as_tracks(
            islands,
            current,
            step,
            missed=[missed_frames(old, step, were_visible) for old in before],
            owners=[0] * len(current),
            names=["+".join(map(str, numbers)) for numbers in members],
            score=scores(current, islands, step.now),
        )
        return objects, tracks

    def moved(self, islands: Islands, motion: Motion, step: Step) -> "Objects":
        """With the motion of each visible track in this step, and what it says of which are pieces
        of one object.

        Args:
            islands: those of ``live``, in its order.
        """
        velocities, count = own_velocities(islands, motion, step.passed), len(islands.embeddings)
        current = [
            moved_on(track, velocity, step.passed)
            for track, velocity in zip(self.live[:count], velocities, strict=True)
        ]
        hidden, beside = self.live[count:], touching(islands)
        pieces = self.pieces.after(current, beside, velocities, step.passed, self.remembered())
        come_out = {} if step.is_cut else fronts(current, hidden, beside, pieces.of, step)
        return replace(self, live=[*current, *hidden], pieces=pieces.with_fronts(come_out))

    def _occupants(
        self, known: Sequence[Track], islands: Islands, step: Step, longest: float
    ) -> Occupants:
        """The known tracks and groups in each island."""
        found = associate(
            known,
            islands,
            step,
            centres=expected_centres(known, step.now),
            allowed=np.ones((len(islands.embeddings), len(known)), bool),
            settled=frozenset(self.groups),
        )
        if step.is_cut:
            return unmoved(known, found)
        occupied = occupants(known, found, self.groups)
        split_members(occupied, islands, step)
        find_elsewhere(occupied, islands, step, longest)
        merge_members(occupied, islands, step)
        return occupied

    def _fragments(
        self,
        known: Sequence[Track],
        occupied: Occupants,
        current: Sequence[Track],
        islands: Islands,
        step: Step,
    ) -> dict[int, Fragment]:
        """What came out of an object, or was lost in the one that it came out of, by id."""
        if step.is_cut:
            return {}
        alone = [track for track in visible_before(known, step) if track.id not in self.groups]
        new = {row: track for row, track in enumerate(current) if row not in occupied.carriers}
        lost = visible_before(occupied.gone, step)
        returned = returned_fragments(self.pieces.fragments, lost, occupied.carriers, islands, step)
        return new_fragments(alone, new, islands, step) | returned


def _seen(old: Track | None, islands: Islands, row: int, step: Step, ids: Ids) -> Track:
    """The track that an island continues, or a new one."""
    if old is None:
        return born(ids.new_id("object"), islands, row, step)
    return continued(old, islands, row, step)
