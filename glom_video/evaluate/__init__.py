"""Metrics of islands over time: pure functions of label maps (and flow, where named), accumulated frame by frame.

Accuracy needs truth; self-consistency does not and is never called accuracy. Each file cites where its metrics come from.
"""

from glom_video.evaluate.accuracy import Accuracy
from glom_video.evaluate.best_overlap import association_quality, mean_best_overlap
from glom_video.evaluate.clip import ClipScorer, LabelMaps
from glom_video.evaluate.davis import Davis, DavisScore, boundary_f, mask_j
from glom_video.evaluate.davis_tree import annotation_levels, mask_files, read_joints
from glom_video.evaluate.drift import DRIFT_LAGS, Drift
from glom_video.evaluate.keypoints import Joint, KeypointScore, KeypointTest
from glom_video.evaluate.lives import Lives
from glom_video.evaluate.masks import VOID, Mask, PngMask, RleMask, is_id_image
from glom_video.evaluate.overlaps import ClipOverlaps, Overlaps, PairCounts, Segments, count_overlaps, count_pairs, segments
from glom_video.evaluate.part_whole import Nesting, NestingScore, edges_f1, nm_covering, part_parents
from glom_video.evaluate.persistence import Persistence, persistence
from glom_video.evaluate.rand_index import adjusted_rand_index, ari, fg_ari
from glom_video.evaluate.recovery import Recovery
from glom_video.evaluate.self_consistency import FrameFigures, SelfConsistency, Step, visible_step
from glom_video.evaluate.summary import METRICS, ClipScore, Estimate, estimate, summarise
from glom_video.evaluate.tracking import HotaScore, TrackedFrame, hota, id_switches, idf1, matches, tracked_frame
from glom_video.evaluate.ytvis import read_ytvis

__all__ = [
    "DRIFT_LAGS",
    "METRICS",
    "VOID",
    "Accuracy",
    "ClipOverlaps",
    "ClipScore",
    "ClipScorer",
    "Davis",
    "DavisScore",
    "Drift",
    "Estimate",
    "FrameFigures",
    "HotaScore",
    "Joint",
    "KeypointScore",
    "KeypointTest",
    "LabelMaps",
    "Lives",
    "Mask",
    "Nesting",
    "NestingScore",
    "Overlaps",
    "PairCounts",
    "Persistence",
    "PngMask",
    "Recovery",
    "RleMask",
    "Segments",
    "SelfConsistency",
    "Step",
    "TrackedFrame",
    "adjusted_rand_index",
    "annotation_levels",
    "ari",
    "association_quality",
    "boundary_f",
    "count_overlaps",
    "count_pairs",
    "edges_f1",
    "estimate",
    "fg_ari",
    "hota",
    "id_switches",
    "idf1",
    "is_id_image",
    "mask_files",
    "mask_j",
    "matches",
    "mean_best_overlap",
    "nm_covering",
    "part_parents",
    "persistence",
    "read_joints",
    "read_ytvis",
    "segments",
    "summarise",
    "tracked_frame",
    "visible_step",
]
