"""The parts of a clip's objects from frame to frame."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

from glom_video.structures import Islands, Parse, Tracks
from glom_video.track.ids import Ids
from glom_video.track.objects import Objects
from glom_video.track.ownership import Members, object_centres, parts_in, placed, waited
from glom_video.track.step import Step
from glom_video.track.tracks import (
    Track,
    as_tracks,
    born,
    continued,
    missed_frames,
    reachable,
    was_just_seen,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What is remembered of the parts of a clip's objects."""

    live: Sequence[Track] = ()

    def known(
        self, objects: Objects, members: Members, step: Step, longest: float, ids: Ids
    ) -> "Parts":
        """Those that an island of this frame may continue.

        Args:
            objects: this frame's.
            longest: seconds for which a part is remembered that is out of sight while its object is
                not.
            ids: gives a number to a part whose piece has joined or left an object.
        """
        alone = {numbers[0] for numbers in members if len(numbers) == 1} | {0}
        remembered = objects.remembered()
        live = [_with_owner(part, objects, remembered, ids) for part in self.live]
        waiting = waited(live, alone, objects.wholes() | {0}, step.passed)
        return Parts(
            [
                part
                for part in reachable(waiting, step)
                if part.absent_seconds <= longest or was_just_seen(part, step)
            ]
        )

    def after(
        self, parse: Parse, seen: Tracks, objects: Objects, step: Step, ids: Ids
    ) -> tuple["Parts", Tracks]:
        """The parts one frame later, and the track of each part island.

        Args:
            seen: the track of each object island.
            objects: this frame's.
        """
        islands, labels = parse.islands["part"], parse.parent.tolist()
        members = objects.pieces.objects_in(seen.members)
        centres = object_centres(parse.islands["object"], members)
        occupied = parts_in(parse, self.live, members, centres, step)
        before = [occupied.carriers.get(row) for row in range(len(islands.embeddings))]
        owners = [members[label - 1][0] if label else 0 for label in labels]
        lies_in = [int(seen.ids[label - 1]) if label else 0 for label in labels]
        current = [
            continued(old, islands, row, step) if old else _new(owner, islands, row, step, ids)
            for row, (old, owner) in enumerate(zip(before, owners, strict=True))
        ]
        current = [
            placed(part, here, objects.pieces.of(here) == part.owner, centres)
            for part, here in zip(current, lies_in, strict=True)
        ]
        tracks = as_tracks(
            islands,
            current,
            step,
            missed=[missed_frames(old, step) for old in before],
            owners=[part.owner for part in current],
            names=[f"{part.owner}.{part.number}" for part in current],
            score=islands.agreement,
        )
        return Parts([*current, *occupied.gone]), tracks


def _with_owner(part: Track, objects: Objects, remembered: Set[int], ids: Ids) -> Track:
    """The part with its present object as owner, if its piece has joined or left one."""
    owner = objects.pieces.of(part.piece)
    if owner == part.owner or part.piece not in remembered:
        return part
    return replace(part, owner=owner, number=ids.new_part_number(owner))


def _new(owner: int, islands: Islands, row: int, step: Step, ids: Ids) -> Track:
    """A new part of an object; 0 = of none."""
    part = born(ids.new_id("part"), islands, row, step)
    return replace(part, owner=owner, piece=owner, number=ids.new_part_number(owner))
