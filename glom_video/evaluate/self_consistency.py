"""How stable the islands of a clip are, without any truth: never to be called accuracy.

Warp agreement follows the temporal consistency of Lai et al., "Learning blind video temporal
consistency", ECCV 2018, with ids instead of colours; the rest are definitions of this project. What
is occluded is left out by the validity that comes with the flow. All of it is won by one single
island or by a frozen map, so coverage and island count belong beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int64, Integer

from glom_video.evaluate.drift import Drift
from glom_video.evaluate.lives import Lives
from glom_video.evaluate.overlaps import PairCounts, count_pairs
from glom_video.evaluate.recovery import Recovery
from glom_video.structures import Motion

VISIBLE = 0.5
"""Least validity of the flow at a pixel that counts as not occluded."""
SAMPLED = 2
"""Every how many pixels of the motion grid ids are compared."""
MOST, SOME = 0.5, 0.2
"""Most of an island, and a share of it that is more than a ragged edge."""


@dataclass(frozen=True, slots=True)
class Step:
    """The visible pixels of one step, from a frame to the next, as places in flattened label
    maps."""

    now: Int64[np.ndarray, " n"]
    before: Int64[np.ndarray, " n"]
    """Where the flow says that each was in the previous frame."""
    share: float
    """Of the pixels that were looked at, those that are visible; in [0, 1]."""


def visible_step(motion: Motion | None, height: int, width: int) -> Step | None:
    """The pixels that the flow explains, for label maps of this size; None without motion and after
    a cut.

    They are asked for at every other pixel of the motion grid: no flow is made up between its
    pixels, and a column still holds several.
    """
    if motion is None or motion.is_cut:
        return None
    flow, validity = motion.flow[::SAMPLED, ::SAMPLED], motion.validity[::SAMPLED, ::SAMPLED]
    scale_y, scale_x = height / motion.validity.shape[0], width / motion.validity.shape[1]
    y, x = (SAMPLED * np.arange(length, dtype=np.float32) + 0.5 for length in validity.shape)
    source_y, source_x = (
        (flow[..., 1] + y[:, None]) * np.float32(scale_y),
        (flow[..., 0] + x) * np.float32(scale_x),
    )
    now = (y * scale_y).astype(np.int64)[:, None] * width + (x * scale_x).astype(np.int64)
    seen = (
        (validity >= VISIBLE)
        & (source_y >= 0)
        & (source_y < height)
        & (source_x >= 0)
        & (source_x < width)
    )
    return Step(
        now[seen],
        source_y[seen].astype(np.int64) * width + source_x[seen].astype(np.int64),
        float(seen.mean()),
    )


@dataclass(frozen=True, slots=True)
class Events:
    """Changes of ids between two frames that births and deaths do not tell."""

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
    given = step.counts / _sum_per_id(step.rows, step.counts)
    received = step.counts / _sum_per_id(step.columns, step.counts)
    islands = (step.rows > 0) & (step.columns > 0)
    switched = islands & (step.rows != step.columns) & (given > MOST) & (received > MOST)
    joining = step.columns[islands & (given > MOST) & (received > SOME)]
    leaving = step.rows[islands & (given > SOME) & (received > MOST)]
    return Events(int(switched.sum()), _named_twice(joining), _named_twice(leaving))


def _sum_per_id(
    ids: Int64[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """For each entry the sum of all entries of its id."""
    place = np.unique(ids, return_inverse=True)[1]
    return np.bincount(place, counts)[place]


def _named_twice(ids: Int64[np.ndarray, " n"]) -> int:
    return int((np.unique(ids, return_counts=True)[1] > 1).sum())


@dataclass(frozen=True, slots=True)
class FrameFigures:
    """What one frame did to the islands of one level. What a step is needed for is None where there
    was none to see."""

    ids: Int64[np.ndarray, " k"]
    """Visible here, ascending."""
    coverage: float
    """Share of the picture under islands."""
    births: int
    """Ids never seen before."""
    warp_agreement: float | None = None
    flicker: float | None = None
    events: Events | None = None
    mbo: float | None = None
    """Mean best overlap of this frame, where it has truth."""
    parents: Mapping[int, int] = field(default_factory=dict)
    """Of parts: the object that each lies in, 0 = none."""


class SelfConsistency:
    """Self-consistency of one level of one clip, frame by frame."""

    def __init__(self) -> None:
        self._previous: Integer[np.ndarray, "H W"] | None = None
        self._lives, self._drift, self._recovery = Lives(), Drift(), Recovery()
        self._frames, self._islands, self._covered = 0, 0, 0.0
        self._steps, self._visible, self._agreeing, self._changing = 0, 0, 0, 0
        self._events = np.zeros(3)

    def add(
        self, labels: Integer[np.ndarray, "H W"], ids: Int64[np.ndarray, " k"], step: Step | None
    ) -> FrameFigures:
        """One frame, the ids in it, and the step that leads to it; None where there is none to see,
        which leaves only lives and coverage."""
        ids = ids[ids > 0]
        coverage = np.count_nonzero(labels) / labels.size
        figures = FrameFigures(ids, coverage, self._lives.add(ids))
        self._islands += len(ids)
        self._covered += coverage
        self._frames += 1
        if self._previous is not None and step is not None and len(step.now):
            figures = self._compared(self._previous.ravel(), labels.ravel(), step, figures)
        self._recovery.add(figures.warp_agreement, step.share if step is not None else 0.0)
        self._previous = labels
        return figures

    def add_embeddings(
        self, ids: Integer[np.ndarray, " k"], embeddings: Float[np.ndarray, "k d"]
    ) -> None:
        """The vectors of this frame's islands, where they are known."""
        self._drift.add(ids, embeddings)

    def _compared(
        self,
        previous: Integer[np.ndarray, " p"],
        current: Integer[np.ndarray, " p"],
        step: Step,
        figures: FrameFigures,
    ) -> FrameFigures:
        now, carried = current[step.now], previous[step.before]
        agreeing, changing = (
            int(np.count_nonzero(carried == now)),
            int(np.count_nonzero(previous[step.now] != now)),
        )
        happened = events(count_pairs(carried, now))
        self._steps += 1
        self._visible += len(now)
        self._agreeing += agreeing
        self._changing += changing
        self._events += (happened.switches, happened.merges, happened.splits)
        return replace(
            figures,
            warp_agreement=agreeing / len(now),
            flicker=changing / len(now),
            events=happened,
        )

    def result(self) -> dict[str, float]:
        """Figures by name, those that could not be measured left out. Events are per 100 frames;
        coverage and islands are means over frames."""
        if not self._frames:
            return {}
        figures = {
            "coverage": self._covered / self._frames,
            "islands": self._islands / self._frames,
        }
        if self._visible:
            figures |= {
                "warp_agreement": self._agreeing / self._visible,
                "flicker": self._changing / self._visible,
            }
        figures |= self._drift.result() | self._lives.result() | self._recovery.result()
        if self._steps:
            figures |= dict(
                zip(
                    ("switches", "merges", "splits"),
                    (100 * self._events / self._steps).tolist(),
                    strict=True,
                )
            )
        return figures
