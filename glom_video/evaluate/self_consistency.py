"""Self-consistency: how stable the islands of a clip are, without truth. Never to be called
accuracy.

Warp agreement is stability (``stability``) with objects and background mixed; metrics without a
file of their own are definitions of this project. Occluded pixels are left out by the flow's
validity. One single island or a frozen map wins all of these, so read them beside coverage and the
number of islands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int64, Integer

from glom_video.evaluate.correspondence import Correspondence, Vectors
from glom_video.evaluate.drift import Drift
from glom_video.evaluate.events import Events, events
from glom_video.evaluate.lifetimes import Lifetimes
from glom_video.evaluate.overlaps import PairCounts
from glom_video.evaluate.recovery import Recovery
from glom_video.evaluate.stability import Stability, stability
from glom_video.evaluate.survival import Survival
from glom_video.evaluate.visible_step import VisibleStep

IdVectors = tuple[Integer[np.ndarray, " m"], Float[np.ndarray, "m d"]]
"""Ids and their vectors, of unit norm; not every one need have pixels."""


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
    stability: Stability | None = None
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
        self._lifetimes, self._drift, self._recovery = Lifetimes(), Drift(), Recovery()
        self.frames = 0
        """Number of frames added."""
        self._islands, self._covered = 0, 0.0
        self._correspondence, self._survival = Correspondence(), Survival()
        self._stability = Stability()
        self._steps, self._visible, self._agreeing, self._changing = 0, 0, 0, 0
        self._events = np.zeros(3)

    def add(
        self,
        labels: Integer[np.ndarray, "H W"],
        ids: Int64[np.ndarray, " k"],
        step: VisibleStep | None,
        seconds: float | None = None,
        vectors: IdVectors | None = None,
    ) -> FrameFigures:
        """One frame, the ids in it, the step that leads to it, its time, and the vectors of its
        islands where they have any.

        Without a step there is nothing to see, which leaves only lives and coverage; without times
        how long ids last is not measured.
        """
        ids = ids[ids > 0]
        coverage = np.count_nonzero(labels) / labels.size
        figures = FrameFigures(ids, coverage, self._lifetimes.add(ids))
        self._islands += len(ids)
        self._covered += coverage
        self.frames += 1
        pairs = None
        if self._previous is not None and step is not None and len(step.now):
            pairs = step.pairs(self._previous, labels)
            figures = self._compared(self._previous, labels, step, pairs, figures)
        self._recovery.add(figures.warp_agreement, step.share if step is not None else 0.0)
        if vectors is not None:
            self._drift.add(*vectors)
        if seconds is not None:
            by_id: Vectors = {}
            if vectors is not None:
                by_id = dict(zip(vectors[0].tolist(), vectors[1], strict=True))
            present = set(ids.tolist())
            objects = self._correspondence.add(labels, present, pairs, seconds, by_id)
            self._survival.add(seconds, objects)
        self._previous = labels
        return figures

    def _compared(
        self,
        previous: Integer[np.ndarray, "H W"],
        current: Integer[np.ndarray, "H W"],
        step: VisibleStep,
        pairs: PairCounts,
        figures: FrameFigures,
    ) -> FrameFigures:
        now, there = current.ravel()[step.now], previous.ravel()[step.now]
        agreeing = int(pairs.counts[pairs.rows == pairs.columns].sum())
        changing = int(np.count_nonzero(there != now))
        happened, stable = events(pairs), stability(pairs)
        self._steps += 1
        self._visible += len(now)
        self._agreeing += agreeing
        self._changing += changing
        self._stability += stable
        self._events += (happened.switches, happened.merges, happened.splits)
        return replace(
            figures,
            stability=stable,
            warp_agreement=agreeing / len(now),
            flicker=changing / len(now),
            events=happened,
        )

    def result(self) -> dict[str, float]:
        """Figures by name, those that could not be measured left out. Events are per 100 frames;
        coverage and islands are means over frames."""
        if not self.frames:
            return {}
        figures = {
            "coverage": self._covered / self.frames,
            "islands": self._islands / self.frames,
        }
        if self._visible:
            figures |= {
                "warp_agreement": self._agreeing / self._visible,
                "flicker": self._changing / self._visible,
            }
        if self._stability.share is not None:
            figures["stability"] = self._stability.share
        if self._stability.background_share is not None:
            figures["background_stability"] = self._stability.background_share
        figures |= {f"own_{name}": value for name, value in self._survival.result().items()}
        figures |= self._drift.result() | self._lifetimes.result() | self._recovery.result()
        if self._steps:
            per_100_frames = (100 * self._events / self._steps).tolist()
            figures |= dict(zip(("switches", "merges", "splits"), per_100_frames, strict=True))
        return figures
