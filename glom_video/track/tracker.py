"""Ids that last: islands in, tracks out, frame by frame.

A cut ends all tracks but those that are found unmoved: another scene has other objects, and what
was no cut but a flash costs no id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32

from glom_video.structures import LEVEL_NAMES, Islands, Motion, Parse, Tracks
from glom_video.track import parts
from glom_video.track.association import Sources, associate, expected_centres, source_positions
from glom_video.track.members import Group
from glom_video.track.occupants import (
    find_elsewhere,
    merge_members,
    occupants,
    origins,
    split_members,
)
from glom_video.track.saved import restored, saved
from glom_video.track.scores import scores, scores_of_parts
from glom_video.track.tracks import Track, born, continued


@dataclass(slots=True)
class Tracker:
    """Gives islands ids that last. Ids start at 1 per level and are never used again.

    A part belongs to one object for life: it ends with that, and is found again with it.
    """

    max_missed_seconds: float = 2.5
    live: dict[str, list[Track]] = field(default_factory=lambda: {name: [] for name in LEVEL_NAMES})
    groups: dict[int, Group] = field(default_factory=dict)
    """By the id that an island goes by, those who are seen as one in it."""
    next_id: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVEL_NAMES, 1))
    numbered: dict[int, int] = field(default_factory=dict)
    """Parts that each object has had."""
    last_index: int = -1
    """The frame that was looked at before; ``motion`` leads back to it, however many frames were
    dropped since."""
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

        ``is_kept``: False for a damaged picture, after which all is as before, but for the ids
        that were given: these are used up.
        """
        known = self.live, self.groups
        sources = source_positions(motion, *parse.islands["object"].memberships.shape[1:])
        objects = self._update_objects(parse.islands["object"], sources, index, pts_seconds)
        of_parts = self._update_parts(parse, objects.members, sources, index, pts_seconds)
        of_parts = replace(of_parts, score=scores_of_parts(of_parts, objects))
        if is_kept:
            self.last_index, self.last_seconds = index, pts_seconds
        else:
            self.live, self.groups = known
        return {"part": of_parts, "object": objects}

    def active_embeddings(self) -> dict[str, Float32[np.ndarray, "j d"]]:
        """Embeddings, as they are remembered, of the tracks that were seen in the frame before, by
        level; no entry where there were none."""
        seen = {
            name: [track.embedding for track in live if track.seen_index == self.last_index]
            for name, live in self.live.items()
        }
        return {name: np.stack(embeddings) for name, embeddings in seen.items() if embeddings}

    def _update_objects(
        self, islands: Islands, sources: Sources | None, index: int, now: float
    ) -> Tracks:
        known = [
            track
            for track in self.live["object"]
            if now - track.seen_seconds <= self.max_missed_seconds
            and (sources is not None or track.seen_index == self.last_index)
        ]
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
        seen = occupants(known, found, self.groups if sources is not None else {})
        if sources is not None:
            split_members(now, self.last_index, seen, islands, sources)
            longest = self.max_missed_seconds
            find_elsewhere(now, self.last_index, longest, seen, islands, sources)
            merge_members(self.last_index, seen, islands, sources)
        rows = range(len(islands.embeddings))
        before = [seen.carriers.get(i) for i in rows]
        current = [
            continued(old, islands, i, index, now)
            if old
            else born(self._new_id("object"), islands, i, index, now)
            for i, old in enumerate(before)
        ]
        seen.carriers = dict(enumerate(current))
        members = [seen.members(i) for i in rows]
        current = origins(current, members, islands, [old is None for old in before], now)
        hidden = seen.gone if sources is not None else []
        self.live = {**self.live, "object": current + hidden}
        shown = {current[row].id: group for row, group in seen.groups.items()}
        self.groups = shown | (seen.hidden_groups if sources is not None else {})
        was_shown = {track.id for track in known if track.seen_index == self.last_index}
        missed = [self._missed(old, index, was_shown) for old in before]
        names = ["+".join(map(str, ids)) for ids in members]
        owners, score = np.zeros(len(current), np.int32), scores(current, islands, now)
        return _tracks(islands, current, index, now, missed, owners, names, score)

    def _update_parts(
        self,
        parse: Parse,
        members: Sequence[tuple[int, ...]],
        sources: Sources | None,
        index: int,
        now: float,
    ) -> Tracks:
        islands, objects = parse.islands["part"], parse.islands["object"]
        alone = {ids[0] for ids in members if len(ids) == 1} | {0}
        alive = self._alive()
        known = [
            track
            for track in parts.waited(self.live["part"], alone, alive, now - self.last_seconds)
            if track.absent_seconds <= self.max_missed_seconds
            and (sources is not None or track.seen_index == self.last_index)
        ]
        centres = {
            number: objects.pose[row, :2] for row, ids in enumerate(members) for number in ids
        }
        held = parts.shares(islands, objects)
        found = associate(
            known,
            self.last_index,
            islands,
            sources,
            now,
            centres=parts.expected_centres(known, centres),
            allowed=parts.may_continue(known, held, parse.parent, members),
        )
        seen = occupants(known, found, {})
        before = [seen.carriers.get(i) for i in range(len(islands.embeddings))]
        current = [
            continued(old, islands, i, index, now)
            if old
            else self._born_part(members[label - 1][0] if label else 0, islands, i, index, now)
            for i, (old, label) in enumerate(zip(before, parse.parent.tolist(), strict=True))
        ]
        current = [
            replace(track, offset=track.pose[:2] - centres.get(track.owner, np.float32(0)))
            for track in current
        ]
        self.live = {**self.live, "part": current + (seen.gone if sources is not None else [])}
        self.numbered = {owner: n for owner, n in self.numbered.items() if owner in alive}
        missed = [self._missed(old, index, set()) for old in before]
        owners = np.array([track.owner for track in current], np.int32)
        names = [f"{track.owner}.{track.number}" for track in current]
        return _tracks(islands, current, index, now, missed, owners, names, islands.agreement)

    def _alive(self) -> set[int]:
        """Ids of the objects that are remembered, and 0."""
        grouped = {track.id for group in self.groups.values() for track in group}
        return grouped | {track.id for track in self.live["object"]} | {0}

    def _new_id(self, level: str) -> int:
        number = self.next_id[level]
        self.next_id[level] += 1
        return number

    def _born_part(self, owner: int, islands: Islands, i: int, index: int, now: float) -> Track:
        self.numbered[owner] = self.numbered.get(owner, 0) + 1
        track = born(self._new_id("part"), islands, i, index, now)
        return replace(track, owner=owner, number=self.numbered[owner])

    def _missed(self, old: Track | None, index: int, was_shown: set[int]) -> int:
        if old is None or old.seen_index == self.last_index or old.id in was_shown:
            return 0
        return index - old.seen_index - 1

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Everything remembered, as arrays and as plain numbers, for saving."""
        lists = {**self.live, **{f"group {leader}": g for leader, g in self.groups.items()}}
        arrays: dict[str, np.ndarray] = {}
        tracks = {}
        for name, live in lists.items():
            of_list, tracks[name] = saved(name, live)
            arrays |= of_list
        numbers = {
            "max_missed_seconds": self.max_missed_seconds,
            "next_id": self.next_id,
            "numbered": list(self.numbered.items()),
            "last_index": self.last_index,
            "last_seconds": self.last_seconds,
            "groups": list(self.groups),
            "tracks": tracks,
        }
        return arrays, numbers

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> "Tracker":
        """Inverse of ``to_arrays``."""
        tracks = {name: restored(name, arrays, t) for name, t in numbers["tracks"].items()}
        return cls(
            numbers["max_missed_seconds"],
            {name: tracks[name] for name in LEVEL_NAMES},
            {leader: tuple(tracks[f"group {leader}"]) for leader in numbers["groups"]},
            dict(numbers["next_id"]),
            dict(numbers["numbered"]),
            numbers["last_index"],
            numbers["last_seconds"],
        )


def _tracks(
    islands: Islands,
    current: Sequence[Track],
    index: int,
    now: float,
    missed: Sequence[int],
    owners: Int32[np.ndarray, " k"],
    names: Sequence[str],
    score: Float32[np.ndarray, " k"],
) -> Tracks:
    return Tracks(
        ids=np.array([track.id for track in current], np.int32),
        parent_ids=owners,
        embeddings=islands.embeddings,
        agreement=islands.agreement,
        score=score,
        pose=islands.pose,
        read_pose=islands.read_pose,
        memberships=islands.memberships,
        age_frames=np.array([index - track.born_index + 1 for track in current], np.int32),
        age_seconds=np.array([now - track.born_seconds for track in current], np.float32),
        missed_frames=np.array(missed, np.int32),
        names=tuple(names),
        inside=islands.inside,
    )
