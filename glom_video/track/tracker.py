"""Ids that last: islands in, tracks out, frame by frame.

A cut ends all tracks except those found unmoved: another scene has other objects, but a mere flash
must cost no id.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from glom_video.structures import LEVEL_NAMES, Islands, Motion, Parse, Tracks
from glom_video.track import parts
from glom_video.track.association import Sources, associate, expected_centres, source_positions
from glom_video.track.courses import own_velocities, touching
from glom_video.track.fragments import new_fragments, returned_fragments
from glom_video.track.members import Group
from glom_video.track.occupants import (
    Occupants,
    find_elsewhere,
    merge_members,
    occupants,
    origins,
    split_members,
)
from glom_video.track.pieces import Pieces
from glom_video.track.saved import restored, saved
from glom_video.track.scores import scores, scores_of_parts
from glom_video.track.settings import TrackSettings
from glom_video.track.tracks import (
    Track,
    as_tracks,
    born,
    continued,
    is_remembered,
    missed_frames,
    moved_on,
)
from glom_video.track.wholes import as_wholes


@dataclass(slots=True)
class Tracker:
    """Gives islands ids that last. Ids start at 1 per level and are never reused.

    A part belongs to one object for life: it ends with it and is found again with it. Several
    islands may be pieces of one object, which is then one row of the tracks.
    """

    settings: TrackSettings = field(default_factory=TrackSettings)
    live: dict[str, list[Track]] = field(default_factory=lambda: {name: [] for name in LEVEL_NAMES})
    groups: dict[int, Group] = field(default_factory=dict)
    """Members of the islands that hold several objects, by leader's id."""
    pieces: Pieces = field(default_factory=Pieces)
    """Which tracks are one object."""
    next_id: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVEL_NAMES, 1))
    numbered: dict[int, int] = field(default_factory=dict)
    """Number of parts that each object has had."""
    last_index: int = -1
    """The previous frame's index; ``motion`` leads back to that frame, however many were dropped in
    between."""
    last_seconds: float = 0.0

    def update(
        self,
        parse: Parse,
        motion: Motion,
        index: int,
        pts_seconds: float,
        *,
        is_kept: bool = True,
    ) -> dict[str, Tracks]:
        """Tracks that are visible in this frame, per level.

        Args:
            is_kept: False for a damaged picture: the tracker's state stays as before, except that
                new ids are used up.
        """
        known = self.live, self.groups, self.pieces
        sources = source_positions(motion, *parse.islands["object"].memberships.shape[1:])
        passed = pts_seconds - self.last_seconds if self.last_index >= 0 else 0.0
        objects = self._update_objects(parse.islands["object"], sources, index, pts_seconds)
        self._update_courses(parse.islands["object"], motion, passed)
        members = self.pieces.objects_in(objects.members)
        of_parts = self._update_parts(parse, objects.ids, members, sources, index, pts_seconds)
        objects = as_wholes(objects, members)
        of_parts = replace(of_parts, score=scores_of_parts(of_parts, objects))
        if is_kept:
            self.last_index, self.last_seconds = index, pts_seconds
        else:
            self.live, self.groups, self.pieces = known
        return {"part": of_parts, "object": objects}

    def active_embeddings(self) -> dict[str, Float32[np.ndarray, "j d"]]:
        """Remembered embeddings of the tracks seen in the previous frame, by level; no entry for a
        level without any."""
        active = {
            name: [track.embedding for track in self._visible_before(live)]
            for name, live in self.live.items()
        }
        return {name: np.stack(embeddings) for name, embeddings in active.items() if embeddings}

    def _update_objects(
        self, islands: Islands, sources: Sources | None, index: int, now: float
    ) -> Tracks:
        known = self._known_objects(sources, now)
        visible_before = self._visible_before(known)
        alone = [track for track in visible_before if track.id not in self.groups]
        occupied = self._objects_in(islands, known, sources, now)
        rows = range(len(islands.embeddings))
        before = [occupied.carriers.get(i) for i in rows]
        current = [
            continued(old, islands, i, index, now)
            if old
            else born(self._new_id("object"), islands, i, index, now)
            for i, old in enumerate(before)
        ]
        if sources is not None:
            new = {row: current[row] for row in rows if before[row] is None}
            lost = self._visible_before(occupied.gone)
            self.pieces = self.pieces.with_fragments(
                new_fragments(alone, new, islands, sources, now)
                | returned_fragments(
                    self.pieces.fragments, lost, occupied.carriers, islands, sources
                )
            )
        occupied.carriers = dict(enumerate(current))
        members = [occupied.members(i) for i in rows]
        current = origins(current, members, islands, [old is None for old in before], now)
        gone = occupied.gone if sources is not None else []
        self.live = {**self.live, "object": current + gone}
        visible = {current[row].id: group for row, group in occupied.groups.items()}
        self.groups = visible | (occupied.hidden_groups if sources is not None else {})
        was_visible = {track.id for track in visible_before}
        missed = [missed_frames(old, index, self.last_index, was_visible) for old in before]
        names = ["+".join(map(str, ids)) for ids in members]
        owners, score = np.zeros(len(current), np.int32), scores(current, islands, now)
        return as_tracks(islands, current, index, now, missed, owners, names, score)

    def _visible_before(self, tracks: Iterable[Track]) -> list[Track]:
        """Those that were visible in the previous frame."""
        return [track for track in tracks if track.seen_index == self.last_index]

    def _reachable(self, tracks: Sequence[Track], sources: Sources | None) -> Sequence[Track]:
        """Those that an island may continue; without motion only those of the frame before."""
        return tracks if sources is not None else self._visible_before(tracks)

    def _known_objects(self, sources: Sources | None, now: float) -> list[Track]:
        """Objects that an island may continue."""
        return [
            track
            for track in self._reachable(self.live["object"], sources)
            if is_remembered(track, now, self.settings.max_missed_seconds)
        ]

    def _objects_in(
        self, islands: Islands, known: Sequence[Track], sources: Sources | None, now: float
    ) -> Occupants:
        """The known tracks and groups in each island."""
        found = associate(
            known,
            self.last_index,
            islands,
            sources,
            now,
            centres=expected_centres(known, now),
            allowed=np.ones((len(islands.embeddings), len(known)), bool),
            settled=frozenset(self.groups),
        )
        if sources is None:
            return occupants(known, found, {})
        occupied = occupants(known, found, self.groups)
        split_members(now, self.last_index, occupied, islands, sources)
        longest = self.settings.max_missed_seconds
        find_elsewhere(now, self.last_index, longest, occupied, islands, sources)
        merge_members(self.last_index, occupied, islands, sources)
        return occupied

    def _update_courses(self, islands: Islands, motion: Motion, passed: float) -> None:
        """Update the motion of each track, and which are pieces of one object."""
        velocities, count = own_velocities(islands, motion, passed), len(islands.embeddings)
        live = self.live["object"]
        current = [moved_on(*each, passed) for each in zip(live[:count], velocities, strict=True)]
        self.live = {**self.live, "object": current + live[count:]}
        self.pieces = self.pieces.after(
            current, touching(islands), velocities, passed, self._remembered()
        )

    def _update_parts(
        self,
        parse: Parse,
        carriers: Int32[np.ndarray, " o"],
        members: Sequence[tuple[int, ...]],
        sources: Sources | None,
        index: int,
        now: float,
    ) -> Tracks:
        islands, labels = parse.islands["part"], parse.parent.tolist()
        centres = parts.object_centres(parse.islands["object"], members)
        known = self._known_parts(members, sources, now)
        occupied = parts.parts_in(
            parse, known, members, centres, last_index=self.last_index, sources=sources, now=now
        )
        before = [occupied.carriers.get(i) for i in range(len(islands.embeddings))]
        current = [
            continued(old, islands, i, index, now)
            if old
            else self._new_part(members[label - 1][0] if label else 0, islands, i, index, now)
            for i, (old, label) in enumerate(zip(before, labels, strict=True))
        ]
        lies_in = [int(carriers[label - 1]) if label else 0 for label in labels]
        current = [
            parts.placed(track, here, self.pieces.of(here) == track.owner, centres)
            for track, here in zip(current, lies_in, strict=True)
        ]
        self.live = {**self.live, "part": current + (occupied.gone if sources is not None else [])}
        counted = self._remembered_owners() | self._remembered()
        self.numbered = {owner: n for owner, n in self.numbered.items() if owner in counted}
        missed = [missed_frames(old, index, self.last_index) for old in before]
        owners = np.array([track.owner for track in current], np.int32)
        names = [f"{track.owner}.{track.number}" for track in current]
        return as_tracks(islands, current, index, now, missed, owners, names, islands.agreement)

    def _known_parts(
        self, members: Sequence[tuple[int, ...]], sources: Sources | None, now: float
    ) -> list[Track]:
        """Parts that an island may continue."""
        alone = {ids[0] for ids in members if len(ids) == 1} | {0}
        remembered, longest = self._remembered(), self.settings.max_missed_seconds
        live = [self._owned(part, remembered) for part in self.live["part"]]
        waited = parts.waited(live, alone, self._remembered_owners(), now - self.last_seconds)
        return [
            track for track in self._reachable(waited, sources) if track.absent_seconds <= longest
        ]

    def _remembered_owners(self) -> set[int]:
        """Ids of the whole objects that are remembered; 0 for parts without an object."""
        return {self.pieces.of(number) for number in self._remembered()} | {0}

    def _remembered(self) -> set[int]:
        """Ids of the tracks of objects that are remembered."""
        grouped = {track.id for group in self.groups.values() for track in group}
        return grouped | {track.id for track in self.live["object"]}

    def _owned(self, part: Track, remembered: Set[int]) -> Track:
        """The part with its present object as owner, if its piece has joined or left one."""
        owner = self.pieces.of(part.piece)
        if owner == part.owner or part.piece not in remembered:
            return part
        return replace(part, owner=owner, number=self._new_number(owner))

    def _new_number(self, owner: int) -> int:
        self.numbered[owner] = self.numbered.get(owner, 0) + 1
        return self.numbered[owner]

    def _new_id(self, level: str) -> int:
        number = self.next_id[level]
        self.next_id[level] += 1
        return number

    def _new_part(self, owner: int, islands: Islands, i: int, index: int, now: float) -> Track:
        track = born(self._new_id("part"), islands, i, index, now)
        return replace(track, owner=owner, piece=owner, number=self._new_number(owner))

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The state, as arrays and plain numbers, for saving."""
        lists = {**self.live, **{f"group {leader}": g for leader, g in self.groups.items()}}
        arrays, tracks = saved(lists)
        numbers = {
            "settings": asdict(self.settings),
            "next_id": self.next_id,
            "numbered": list(self.numbered.items()),
            "pieces": self.pieces.to_plain(),
            "last_index": self.last_index,
            "last_seconds": self.last_seconds,
            "groups": list(self.groups),
            "tracks": tracks,
        }
        return arrays, numbers

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> "Tracker":
        """Inverse of ``to_arrays``."""
        tracks = restored(arrays, numbers["tracks"])
        return cls(
            TrackSettings(**numbers["settings"]),
            {name: tracks[name] for name in LEVEL_NAMES},
            {leader: tuple(tracks[f"group {leader}"]) for leader in numbers["groups"]},
            Pieces.from_plain(numbers["pieces"]),
            dict(numbers["next_id"]),
            dict(numbers["numbered"]),
            numbers["last_index"],
            numbers["last_seconds"],
        )
