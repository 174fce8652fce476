"""Small islands that come out of an object, such as the moving arm of a person who sits still.

Such an island is a piece of its object if that was one island for long, or once it has gone back
into it: what comes out of a thing and goes back into it is no thing of its own. It stays one until
the two have not touched for a moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glom_video.structures import Islands
from glom_video.track.members import mostly_inside, taken_in
from glom_video.track.step import Step
from glom_video.track.tracks import Track

WHOLE_SECONDS = 1.0
"""Seconds for which an object has been known before what comes out of it is at once its piece."""
MOSTLY_INSIDE = 0.6
"""Least share of a fragment that lies where its object was."""
SMALLER = 0.25
"""Share of its object's area below which a new island is a fragment. Of two objects that were seen
as one, both are large."""
APART_SECONDS = 0.2
"""Seconds without contact after which a fragment is an object of its own."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A track that came out of an object and has not been apart from it."""

    out_of: int
    """Id of the track that it came out of."""
    is_piece: bool
    """Whether it is known to be a piece of that; else it may be a thing of its own."""
    apart: float = 0.0
    """Seconds for which it has not touched the object."""

    def after(self, is_touching: bool, passed: float) -> "Fragment":
        """The fragment one frame later."""
        return replace(self, apart=0.0 if is_touching else self.apart + passed)

    def is_lost(self) -> bool:
        """Whether it has been without contact for too long."""
        return self.apart > APART_SECONDS


def new_fragments(
    known: Sequence[Track],
    new: Mapping[int, Track],
    islands: Islands,
    step: Step,
) -> dict[int, Fragment]:
    """Those of the new tracks that lie where an object was and are much smaller, by id.

    Args:
        known: single objects that were visible in the previous frame.
        new: the new track of each new island, by row.
    """
    fragments: dict[int, Fragment] = {}
    for track in known if new else ():
        was = step.warped(track.membership)
        if was.shape != islands.memberships.shape[1:]:
            continue
        is_piece = step.now - track.born_seconds >= WHOLE_SECONDS
        for row in mostly_inside(was, list(new), islands, MOSTLY_INSIDE):
            if new[row].size < SMALLER * track.size:
                fragments[new[row].id] = Fragment(track.id, is_piece)
    return fragments


def returned_fragments(
    fragments: Mapping[int, Fragment],
    lost: Sequence[Track],
    carriers: Mapping[int, Track],
    islands: Islands,
    step: Step,
) -> dict[int, Fragment]:
    """The fragments that are lost in the object that they came out of: pieces of it, by id.

    Args:
        fragments: all known ones, by id.
        lost: tracks that were visible in the previous frame and are not in this one.
        carriers: the track that each island continues, by row.
    """
    candidates = [track for track in lost if track.id in fragments]
    return {
        track.id: replace(fragments[track.id], is_piece=True)
        for row, tracks in taken_in(candidates, islands, step).items()
        for track in tracks
        if row in carriers and carriers[row].id == fragments[track.id].out_of
    }
