"""How stable the islands of a clip are, without any truth: never to be called accuracy.

Warp agreement follows the temporal consistency of Lai et al., "Learning blind video temporal consistency", ECCV 2018, with ids instead of colours;
the rest are definitions of this project. All of it is won by one single island or by a frozen map, so coverage and island count belong beside it.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, Integer

from glom_video.evaluate.overlaps import PairCounts, count_pairs
from glom_video.structures import Motion

VISIBLE = 0.5
"""Least validity of the flow at a pixel that counts as not occluded."""
DRIFT_LAGS = (1, 10)
"""Frames between the two vectors of an island that drift compares."""
MOST, SOME = 0.5, 0.2
"""Most of an island, and a share of it that is more than a ragged edge."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What the visible pixels of the motion grid held, in one frame and in the next."""

    here_before: Integer[np.ndarray, " n"]
    """Id in the previous frame at the same place."""
    carried: Integer[np.ndarray, " n"]
    """Id in the previous frame at the place the flow comes from."""
    now: Integer[np.ndarray, " n"]


def passage(previous: Integer[np.ndarray, "H W"], current: Integer[np.ndarray, "H W"], motion: Motion) -> Passage:
    """Ids before and now of the pixels that the flow explains, asked at the motion grid so that no flow is made up between its pixels."""
    height, width = current.shape
    grid_height, grid_width = motion.validity.shape
    y, x = np.nonzero(motion.validity >= VISIBLE)
    source = motion.flow[y, x] + np.stack([x, y], -1) + 0.5
    scale = np.array([width / grid_width, height / grid_height])
    source = np.floor(source * scale).astype(np.intp)
    inside = ((source >= 0) & (source < (width, height))).all(-1)
    source, y, x = source[inside], y[inside], x[inside]
    row, column = ((y + 0.5) * scale[1]).astype(np.intp), ((x + 0.5) * scale[0]).astype(np.intp)
    return Passage(previous[row, column], previous[source[:, 1], source[:, 0]], current[row, column])


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of ids between two frames that births and deaths do not tell."""

    switches: int
    """Islands whose pixels go on under another id: most of the old in the new and most of the new from the old."""
    merges: int
    """Islands made of two or more: each gives most of itself and is some of the new one."""
    splits: int
    """Islands that became two or more: each takes some of the old one and is mostly made of it."""


def events(step: PairCounts) -> Events:
    """Events of one step, from the overlaps of the carried map (rows) with the present one (columns). Background takes no part."""
    given = step.counts / _sum_per_id(step.rows, step.counts)
    received = step.counts / _sum_per_id(step.columns, step.counts)
    islands = (step.rows > 0) & (step.columns > 0)
    switched = islands & (step.rows != step.columns) & (given > MOST) & (received > MOST)
    joining = step.columns[islands & (given > MOST) & (received > SOME)]
    leaving = step.rows[islands & (given > SOME) & (received > MOST)]
    return Events(int(switched.sum()), _named_twice(joining), _named_twice(leaving))


def _sum_per_id(ids: Int64[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """For each entry the sum of all entries of its id."""
    place = np.unique(ids, return_inverse=True)[1]
    return np.bincount(place, counts)[place]


def _ids_present(labels: Integer[np.ndarray, "H W"]) -> Int64[np.ndarray, " k"]:
    flat = labels.ravel()
    ids = np.unique(flat[1:][flat[1:] != flat[:-1]])
    ids = np.union1d(ids, flat[:1])
    return ids[ids > 0].astype(np.int64)


def _named_twice(ids: Int64[np.ndarray, " n"]) -> int:
    return int((np.unique(ids, return_counts=True)[1] > 1).sum())


class Lives:
    """First and last frame of every id of a clip. Memory follows the ids ever seen, a few dozen bytes each."""

    def __init__(self) -> None:
        self._spans: dict[int, tuple[int, int]] = {}
        self._frames = 0

    def add(self, ids: Int64[np.ndarray, " k"]) -> None:
        for number in ids.tolist():
            self._spans[number] = (self._spans.get(number, (self._frames, 0))[0], self._frames)
        self._frames += 1

    def result(self) -> dict[str, float]:
        """Median and quartile lives in frames, births after the first frame and deaths before the last one per 100 frames."""
        if not self._spans:
            return {}
        spans = np.array(list(self._spans.values()))
        lower, median, upper = np.quantile(spans[:, 1] - spans[:, 0] + 1, (0.25, 0.5, 0.75)).tolist()
        born, died = np.count_nonzero(spans[:, 0] > 0), np.count_nonzero(spans[:, 1] < self._frames - 1)
        per_100 = 100 / self._frames
        return {"life": median, "life_lower": lower, "life_upper": upper, "births": born * per_100, "deaths": died * per_100}


class Drift:
    """How far the vectors of tracked islands wander, and how far different islands are apart. Remembers DRIFT_LAGS frames, no more."""

    def __init__(self) -> None:
        self._past: deque[dict[int, Float[np.ndarray, " d"]]] = deque(maxlen=max(DRIFT_LAGS))
        self._drift = {lag: [0.0, 0] for lag in DRIFT_LAGS}
        self._between = [0.0, 0]

    def add(self, ids: Integer[np.ndarray, " k"], embeddings: Float[np.ndarray, "k d"]) -> None:
        """Vectors of unit norm, one for each id that is visible."""
        now = dict(zip(ids.tolist(), embeddings, strict=True))
        for lag, total in self._drift.items():
            if len(self._past) >= lag:
                then = self._past[-lag]
                total[0] += sum(1 - float(now[number] @ then[number]) for number in now.keys() & then.keys())
                total[1] += len(now.keys() & then.keys())
        pairs = len(ids) * (len(ids) - 1)
        cosines = embeddings @ embeddings.T
        self._between[0] += float(cosines.sum() - np.trace(cosines))
        self._between[1] += pairs
        self._past.append(now)

    def result(self) -> dict[str, float]:
        """Mean of 1 - cosine after each lag, and the mean cosine between different islands of one frame; without islands nothing."""
        drift = {f"drift_{lag}": total / count for lag, (total, count) in self._drift.items() if count}
        return drift | ({"between": self._between[0] / self._between[1]} if self._between[1] else {})


class SelfConsistency:
    """Self-consistency of one level of one clip, frame by frame."""

    def __init__(self) -> None:
        self._previous: Integer[np.ndarray, "H W"] | None = None
        self._lives, self._drift = Lives(), Drift()
        self._frames, self._islands, self._covered = 0, 0, 0.0
        self._steps, self._visible, self._agreeing, self._changing = 0, 0, 0, 0
        self._events = np.zeros(3)

    def add(self, labels: Integer[np.ndarray, "H W"], motion: Motion | None) -> None:
        """One frame and the motion that leads to it; None where no picture is at hand, which leaves only lives and coverage."""
        ids = _ids_present(labels)
        self._lives.add(ids)
        self._islands += len(ids)
        self._covered += np.count_nonzero(labels) / labels.size
        self._frames += 1
        if self._previous is not None and motion is not None and not motion.is_cut:
            self._step(passage(self._previous, labels, motion))
        self._previous = labels

    def add_embeddings(self, ids: Integer[np.ndarray, " k"], embeddings: Float[np.ndarray, "k d"]) -> None:
        """The vectors of this frame's islands, where they are known."""
        self._drift.add(ids, embeddings)

    def _step(self, step: Passage) -> None:
        self._steps += 1
        self._visible += len(step.now)
        self._agreeing += int(np.count_nonzero(step.carried == step.now))
        self._changing += int(np.count_nonzero(step.here_before != step.now))
        happened = events(count_pairs(step.carried, step.now))
        self._events += (happened.switches, happened.merges, happened.splits)

    def result(self) -> dict[str, float]:
        """Figures by name, those that could not be measured left out. Events are per 100 frames; coverage and islands are means over frames."""
        if not self._frames:
            return {}
        figures = {"coverage": self._covered / self._frames, "islands": self._islands / self._frames}
        if self._visible:
            figures |= {"warp_agreement": self._agreeing / self._visible, "flicker": self._changing / self._visible}
        figures |= self._drift.result() | self._lives.result()
        if self._steps:
            figures |= dict(zip(("switches", "merges", "splits"), (100 * self._events / self._steps).tolist(), strict=True))
        return figures
