"""Events of islands from one frame to the next: ids that pass on, merges and splits. Definitions of
this project."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64

from glom_video.evaluate.overlaps import PairCounts

MOST, SOME = 0.5, 0.2
"""Most of an island, and a share of it that is more than a ragged edge."""


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of ids between two frames that are neither births nor deaths."""

    switches: int
    """Islands whose pixels go on under another id: most of the old in the new and most of the new
    from the old."""
    merges: int
    """Islands made of two or more: each gives most of itself and is some of the new one."""
    splits: int
    """Islands that became two or more: each takes some of the old one and is mostly made of it."""


def events(step: PairCounts) -> Events:
    """Events of one step, from the overlaps of the carried map (rows) with the present one
    (columns). Background takes no part."""
    given, received, islands = _shares(step)
    switched = islands & (step.rows != step.columns) & (given > MOST) & (received > MOST)
    joining = step.columns[islands & (given > MOST) & (received > SOME)]
    leaving = step.rows[islands & (given > SOME) & (received > MOST)]
    return Events(int(switched.sum()), _named_twice(joining), _named_twice(leaving))


def successors(step: PairCounts) -> dict[int, int]:
    """Id before -> id now of the islands that go on, under the same id or another: most of the old
    in the new and most of the new from the old. Each is named once at most."""
    given, received, islands = _shares(step)
    goes_on = islands & (given > MOST) & (received > MOST)
    return dict(zip(step.rows[goes_on].tolist(), step.columns[goes_on].tolist(), strict=True))


def _shares(
    step: PairCounts,
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Of each pair the share of the old island that it is, that of the new one, and whether neither
    is background."""
    given = step.counts / _sum_per_id(step.rows, step.counts)
    received = step.counts / _sum_per_id(step.columns, step.counts)
    return given, received, (step.rows > 0) & (step.columns > 0)


def _sum_per_id(
    ids: Int64[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """For each entry the sum of all entries of its id."""
    place = np.unique(ids, return_inverse=True)[1]
    return np.bincount(place, counts)[place]


def _named_twice(ids: Int64[np.ndarray, " n"]) -> int:
    return int((np.unique(ids, return_counts=True)[1] > 1).sum())
