"""Metrics of islands over time: pure functions of label maps (and flow, where named), accumulated
frame by frame.

Accuracy needs truth; self-consistency does not and is never called accuracy. Each file cites where
its metrics come from.
"""

from glom_video.evaluate.accuracy import Accuracy
from glom_video.evaluate.best_overlap import association_quality, mean_best_overlap
from glom_video.evaluate.boundaries import boundary_f
from glom_video.evaluate.clip import VOID, ClipScorer, LabelMaps
from glom_video.evaluate.correspondence import Correspondence
from glom_video.evaluate.davis import Davis, DavisScore, mask_j
from glom_video.evaluate.drift import DRIFT_LAGS, Drift
from glom_video.evaluate.events import Events, events
from glom_video.evaluate.found import FoundObjects
from glom_video.evaluate.keypoints import KeypointScore, KeypointTest
from glom_video.evaluate.lifetimes import Lifetimes
from glom_video.evaluate.metric import Metric
from glom_video.evaluate.overlaps import (
    ClipOverlaps,
    Overlaps,
    PairCounts,
    Segments,
    count_overlaps,
    count_pairs,
    segments,
)
from glom_video.evaluate.part_whole import (
    Nesting,
    NestingScore,
    edges_f1,
    nm_covering,
    part_parents,
)
from glom_video.evaluate.persistence import Persistence, persistence
from glom_video.evaluate.rand_index import adjusted_rand_index, ari, fg_ari
from glom_video.evaluate.recovery import Recovery
from glom_video.evaluate.self_consistency import FrameFigures, SelfConsistency
from glom_video.evaluate.stability import Stability, stability
from glom_video.evaluate.summary import METRICS, ClipScore, Estimate, estimate, summarise
from glom_video.evaluate.survival import SURVIVAL_SECONDS, Survival
from glom_video.evaluate.tracking import (
    HotaScore,
    TrackedFrame,
    hota,
    id_switches,
    idf1,
    matches,
    tracked_frame,
)
from glom_video.evaluate.visible_step import VisibleStep, visible_step

__all__ = [
    "DRIFT_LAGS",
    "METRICS",
    "SURVIVAL_SECONDS",
    "VOID",
    "Accuracy",
    "ClipOverlaps",
    "ClipScore",
    "ClipScorer",
    "Correspondence",
    "Davis",
    "DavisScore",
    "Drift",
    "Estimate",
    "Events",
    "FoundObjects",
    "FrameFigures",
    "HotaScore",
    "KeypointScore",
    "KeypointTest",
    "LabelMaps",
    "Lifetimes",
    "Metric",
    "Nesting",
    "NestingScore",
    "Overlaps",
    "PairCounts",
    "Persistence",
    "Recovery",
    "Segments",
    "SelfConsistency",
    "Stability",
    "Survival",
    "TrackedFrame",
    "VisibleStep",
    "adjusted_rand_index",
    "ari",
    "association_quality",
    "boundary_f",
    "count_overlaps",
    "count_pairs",
    "edges_f1",
    "estimate",
    "events",
    "fg_ari",
    "hota",
    "id_switches",
    "idf1",
    "mask_j",
    "matches",
    "mean_best_overlap",
    "nm_covering",
    "part_parents",
    "persistence",
    "segments",
    "stability",
    "summarise",
    "tracked_frame",
    "visible_step",
]
