"""Which tracks are pieces of one object: those that touch, move as one, and were never seen apart,
fragments that came out of an object and still touch it, and the front of one that is passing behind
something.

An object, such as a swan, may break up into several islands of like vectors (neck and body) that
move on together. Gestalt psychology names the cues: common fate and proximity (Wertheimer 1923). A
moving arm may come out of a person who sits still: that was one object for long, and so is its
fragment as long as they touch.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, field, replace
from itertools import combinations, product
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from glom_video.track.fragments import Fragment
from glom_video.track.pairs import Pair, PairStatistics, Velocities, pair_of
from glom_video.track.tracks import Track

SMOOTHING_SECONDS = 0.3
"""Time over which velocities are smoothed, since limbs swing about the body's motion."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """Which of the remembered tracks are pieces of one object, with the statistics to decide it."""

    whole: Mapping[int, int] = field(default_factory=dict)
    """Object id by piece id; the object's is the oldest piece's."""
    pairs: Mapping[Pair, PairStatistics] = field(default_factory=dict)
    """Statistics of pairs that have touched."""
    smooth: Mapping[int, Float32[np.ndarray, " 2"]] = field(default_factory=dict)
    """Smoothed velocity of each track against the camera."""
    fragments: Mapping[int, Fragment] = field(default_factory=dict)
    """Tracks that came out of an object, by id; those that are known to be pieces of it are in
    ``whole``."""

    def of(self, track: int) -> int:
        """Id of the object that a track is, or is a piece of."""
        return self.whole.get(track, track)

    def objects_in(self, members: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
        """Per island, the ids of the objects in it, its leader's first; from those of its
        tracks."""
        return [tuple(dict.fromkeys(map(self.of, ids))) for ids in members]

    def with_fragments(self, found: Mapping[int, Fragment]) -> "Pieces":
        """With what has come out of objects, or gone back into them."""
        pieces = {
            number: self.of(fragment.out_of)
            for number, fragment in found.items()
            if fragment.is_piece
        }
        return replace(self, whole={**self.whole, **pieces}, fragments={**self.fragments, **found})

    def with_fronts(self, found: Mapping[int, int]) -> "Pieces":
        """With what has come out from behind something as pieces of what is passing there.

        Args:
            found: id of the track that is passing, by that of its front.
        """
        known = self
        for front, track in found.items():
            pair = pair_of(track, front)
            # What is left of the back hardly moves, so that their motions say nothing.
            before = known.pairs.get(pair, PairStatistics())
            pairs = {**known.pairs, pair: PairStatistics(have_parted=before.have_parted)}
            fragments = {n: fragment for n, fragment in known.fragments.items() if n != front}
            known = replace(known, pairs=pairs, fragments=fragments)._joined(track, front)
        return known

    def after(
        self,
        current: Sequence[Track],
        touching: Bool[np.ndarray, "k k"],
        velocities: Velocities,
        passed: float,
        remembered: Set[int],
    ) -> "Pieces":
        """The pieces one frame later.

        Args:
            current: the track of each island.
            passed: seconds since the previous frame, in which islands moved with ``velocities``.
            remembered: ids of all remembered tracks.
        """
        smooth = self._smoothed(current, velocities, passed)
        pairs = self._pairs_after(current, touching, velocities, smooth, passed)
        known = Pieces(
            {piece: whole for piece, whole in self.whole.items() if piece in remembered},
            {pair: statistics for pair, statistics in pairs.items() if remembered >= set(pair)},
            {number: velocity for number, velocity in smooth.items() if number in remembered},
            {number: each for number, each in self.fragments.items() if number in remembered},
        )
        return known._without_lost_fragments(current, touching, passed)._decided(current, touching)

    def to_plain(self) -> dict[str, Any]:
        """As plain values, for saving."""
        return {
            "whole": list(self.whole.items()),
            "pairs": [[*pair, astuple(statistics)] for pair, statistics in self.pairs.items()],
            "smooth": [[number, velocity.tolist()] for number, velocity in self.smooth.items()],
            "fragments": [
                [number, *astuple(fragment)] for number, fragment in self.fragments.items()
            ],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Pieces":
        """Inverse of ``to_plain``."""
        return cls(
            dict(plain["whole"]),
            {
                (one, other): PairStatistics(*statistics)
                for one, other, statistics in plain["pairs"]
            },
            {number: np.array(velocity, np.float32) for number, velocity in plain["smooth"]},
            {number: Fragment(*values) for number, *values in plain["fragments"]},
        )

    def _smoothed(
        self, current: Sequence[Track], velocities: Velocities, passed: float
    ) -> dict[int, Float32[np.ndarray, " 2"]]:
        """Smoothed velocities of all tracks, by id, those of hidden ones as before."""
        kept = np.float32(np.exp(-passed / SMOOTHING_SECONDS))
        return {**self.smooth} | {
            track.id: kept * self.smooth.get(track.id, velocity) + (1 - kept) * velocity
            for track, velocity in zip(current, velocities, strict=True)
        }

    def _pairs_after(
        self,
        current: Sequence[Track],
        touching: Bool[np.ndarray, "k k"],
        velocities: Velocities,
        smooth: Mapping[int, Float32[np.ndarray, " 2"]],
        passed: float,
    ) -> dict[Pair, PairStatistics]:
        """Statistics one frame later of all pairs that have touched. ``smooth``: smoothed
        velocities, by id."""
        pairs = {**self.pairs}
        now = max((track.seen_seconds for track in current), default=0.0)
        order = sorted(range(len(current)), key=lambda row: current[row].id)
        for i, j in combinations(order, 2):
            one, other = current[i], current[j]
            known = pairs.get((one.id, other.id))
            if known is None and not touching[i, j]:
                continue
            if known is None:
                both = now - passed - max(one.born_seconds, other.born_seconds)
                known = PairStatistics(apart=max(both, 0.0))
            pairs[one.id, other.id] = known.after(
                bool(touching[i, j]),
                np.stack([smooth[one.id], smooth[other.id]]),
                velocities[[i, j]],
                passed,
            )
        return pairs

    def _without_lost_fragments(
        self, current: Sequence[Track], touching: Bool[np.ndarray, "k k"], passed: float
    ) -> "Pieces":
        """Without the fragments that have lost contact with the rest of their object; what came out
        of one goes along."""
        of = np.array([self.of(track.id) for track in current], np.int64)
        rows = {track.id: row for row, track in enumerate(current)}
        fragments = {**self.fragments}
        for number, fragment in self.fragments.items():
            own = [rows[each] for each in (number, *self._out_of(number)) if each in rows]
            rest = of == self.of(fragment.out_of)
            rest[own] = False
            if number in rows and rest.any():
                is_touching = bool(touching[rows[number]][rest].any())
                fragments[number] = fragment.after(is_touching, passed)
        kept = {number: each for number, each in fragments.items() if not each.is_lost()}
        pieces = [number for number in fragments.keys() - kept.keys() if fragments[number].is_piece]
        return replace(self, fragments=kept)._without(sorted(pieces))

    def _out_of(self, track: int) -> set[int]:
        """Ids of the known pieces that came out of a track, or out of one of those."""
        out = {
            number
            for number, fragment in self.fragments.items()
            if fragment.is_piece and fragment.out_of == track
        }
        return out.union(*map(self._out_of, out))

    def _without(self, pieces: Iterable[int]) -> "Pieces":
        """With pieces as objects of their own, and what came out of each as its pieces."""
        whole = {**self.whole}
        for piece in pieces:
            del whole[piece]
            whole |= dict.fromkeys(sorted(self._out_of(piece)), piece)
        return replace(self, whole=whole)

    def _decided(self, current: Sequence[Track], touching: Bool[np.ndarray, "k k"]) -> "Pieces":
        """Pieces that go their own way leave; then tracks that move as one join."""
        scale = {track.id: float(track.pose[2]) for track in current}
        left = self._left(scale)
        for i, j in np.argwhere(np.triu(touching, 1)):
            pair = pair_of(current[i].id, current[j].id)
            if left.pairs[pair].are_one(min(scale[number] for number in pair)):
                left = left._joined(*pair)
        return left

    def _left(self, scale: Mapping[int, float]) -> "Pieces":
        """Without the pieces that go their own way. ``scale``: of visible tracks, by id."""
        left = self
        held = {number for number, fragment in self.fragments.items() if fragment.is_piece}
        for piece in sorted((scale.keys() & self.whole.keys()) - held):
            others = scale.keys() - {piece} - self._out_of(piece)
            rest = [number for number in others if self.of(number) == self.whole[piece]]
            pair = pair_of(piece, min(rest, default=piece))
            statistics = left.pairs.get(pair)
            if statistics and statistics.went_apart(min(scale[number] for number in pair)):
                pairs = {**left.pairs, pair: replace(statistics, have_parted=True)}
                left = replace(left, pairs=pairs)._without([piece])
        return left

    def _joined(self, one: int, other: int) -> "Pieces":
        """With the objects of two tracks joined, unless any of their pieces have parted."""
        first, second = sorted((self.of(one), self.of(other)))
        if first == second:
            return self
        old, young = self._pieces_of(first), self._pieces_of(second)
        known = (self.pairs.get(pair_of(*ids)) for ids in product(old, young))
        if any(statistics.have_parted for statistics in known if statistics):
            return self
        return replace(self, whole={**self.whole, **dict.fromkeys(young, first)})

    def _pieces_of(self, whole: int) -> list[int]:
        return [whole, *(piece for piece, of in self.whole.items() if of == whole)]
