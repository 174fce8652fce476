"""Ids that last: islands in, tracks out, frame by frame.

A cut ends all tracks except those found unmoved: another scene has other objects, but a mere flash
must cost no id.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Motion, Parse, Tracks
from glom_video.track.ids import Ids
from glom_video.track.objects import Objects
from glom_video.track.parts import Parts
from glom_video.track.pieces import Pieces
from glom_video.track.saved import restored, saved
from glom_video.track.scores import scores_of_parts
from glom_video.track.settings import TrackSettings
from glom_video.track.step import Step, source_positions
from glom_video.track.wholes import as_wholes


@dataclass(slots=True)
class Tracker:
    """Gives islands ids that last. Ids start at 1 per level and are never reused.

    A part belongs to one object for life: it ends with it and is found again with it. Several
    islands may be pieces of one object, which is then one row of the tracks.
    """

    settings: TrackSettings = field(default_factory=TrackSettings)
    objects: Objects = field(default_factory=Objects)
    parts: Parts = field(default_factory=Parts)
    ids: Ids = field(default_factory=Ids)
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
        islands, longest = parse.islands["object"], self.settings.max_missed_seconds
        step = self._step_to(index, pts_seconds, motion, islands.memberships.shape[1:])
        objects, seen = self.objects.after(islands, step, longest, self.ids)
        objects = objects.moved(islands, motion, step)
        members = objects.pieces.objects_in(seen.members)
        parts = self.parts.known(objects, members, step, longest, self.ids)
        parts, of_parts = parts.after(parse, seen, objects, step, self.ids)
        if is_kept:
            self.ids.keep_counts_of(objects.remembered() | objects.wholes() | {0})
            self.objects, self.parts = objects, parts
            self.last_index, self.last_seconds = index, pts_seconds
        of_objects = as_wholes(seen, members)
        of_parts = replace(of_parts, score=scores_of_parts(of_parts, of_objects))
        return {"part": of_parts, "object": of_objects}

    def active_embeddings(self) -> dict[str, Float32[np.ndarray, "j d"]]:
        """Remembered embeddings of the tracks seen in the previous frame, by level; no entry for a
        level without any."""
        live = {"part": self.parts.live, "object": self.objects.live}
        active = {
            level: [track.embedding for track in tracks if track.seen_index == self.last_index]
            for level, tracks in live.items()
        }
        return {level: np.stack(embeddings) for level, embeddings in active.items() if embeddings}

    def _step_to(
        self, index: int, pts_seconds: float, motion: Motion, grid: tuple[int, ...]
    ) -> Step:
        passed = pts_seconds - self.last_seconds if self.last_index >= 0 else 0.0
        sources = source_positions(motion, *grid)
        return Step(index, pts_seconds, self.last_index, passed, motion.is_cut, sources)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The state, as arrays and plain numbers, for saving."""
        groups = self.objects.groups
        arrays, tracks = saved(
            {
                "part": self.parts.live,
                "object": self.objects.live,
                **{f"group {leader}": group for leader, group in groups.items()},
            }
        )
        numbers = {
            "settings": asdict(self.settings),
            "next_id": self.ids.next_id,
            "numbered": list(self.ids.part_counts.items()),
            "pieces": self.objects.pieces.to_plain(),
            "last_index": self.last_index,
            "last_seconds": self.last_seconds,
            "groups": list(groups),
            "tracks": tracks,
        }
        return arrays, numbers

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> "Tracker":
        """Inverse of ``to_arrays``."""
        tracks = restored(arrays, numbers["tracks"])
        groups = {leader: tuple(tracks[f"group {leader}"]) for leader in numbers["groups"]}
        pieces = Pieces.from_plain(numbers["pieces"])
        return cls(
            settings=TrackSettings(**numbers["settings"]),
            objects=Objects(tracks["object"], groups, pieces),
            parts=Parts(tracks["part"]),
            ids=Ids(dict(numbers["next_id"]), dict(numbers["numbered"])),
            last_index=numbers["last_index"],
            last_seconds=numbers["last_seconds"],
        )
