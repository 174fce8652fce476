"""All measurements of one method on one clip, frame by frame, at all levels."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, replace
from types import MappingProxyType

import numpy as np
from jaxtyping import Integer

from glom_video.evaluate.accuracy import Accuracy
from glom_video.evaluate.keypoints import KeypointTest
from glom_video.evaluate.overlaps import ClipOverlaps, PairCounts, count_pairs
from glom_video.evaluate.part_whole import Nesting, edges_f1, nm_covering
from glom_video.evaluate.self_consistency import FrameFigures, IdVectors, SelfConsistency
from glom_video.evaluate.summary import ClipScore
from glom_video.evaluate.visible_step import VisibleStep
from glom_video.structures import LEVEL_NAMES, Joint

VOID = -1
"""Truth label of pixels that do not count, as DAVIS 2017 leaves out label 255."""

NO_VECTORS: Mapping[str, IdVectors] = MappingProxyType({})
"""Of a method whose islands have no embeddings."""

LabelMaps = Mapping[str, Integer[np.ndarray, "H W"]]
"""Ids of the pixels of one frame by level, 0 = background."""


class ClipScorer:
    """One method on one clip, frame by frame; thrown away after ``result``. Memory does not grow
    with the pictures."""

    def __init__(self, method: str, clip: str) -> None:
        self._method, self._clip = method, clip
        self._levels_before: Set[str] = frozenset()
        self._accuracy: dict[str, Accuracy] = {}
        self._consistency: dict[str, SelfConsistency] = {}
        self._nesting, self._keypoints = Nesting(), KeypointTest()
        self.tree = ClipOverlaps()
        """Overlaps of parts (rows) with objects (columns) over the clip so far."""
        self._true_tree, self._scored_tree = ClipOverlaps(), ClipOverlaps()
        self._across: dict[tuple[str, str], ClipOverlaps] = {}
        """True level and another predicted level."""

    def add(
        self,
        labels: LabelMaps,
        truth: LabelMaps,
        step: VisibleStep | None,
        joints: Sequence[Joint] = (),
        *,
        seconds: float | None = None,
        vectors: Mapping[str, IdVectors] = NO_VECTORS,
    ) -> dict[str, FrameFigures]:
        """Add one frame, shown at ``seconds``; returns its figures for the islands of each level.

        Pixels that are VOID in the truth become background of both, so they count only for ARI with
        background. Levels without truth are measured for self-consistency only.

        Args:
            step: None if there is no picture to measure it in. It is none of a level that the frame
                before lacks.
            vectors: of the islands, by level, if the method has any.
        """
        truth, counted = _without_void(truth, labels)
        levels = [level for level in LEVEL_NAMES if level in labels]
        tree = count_pairs(labels[levels[0]], labels[levels[-1]])
        figures: dict[str, FrameFigures] = {}
        for level, pair_ids in zip(levels, (tree.rows, tree.columns), strict=False):
            consistency = self._consistency.setdefault(level, SelfConsistency())
            ids, own_vectors = np.unique(pair_ids), vectors.get(level)
            own_step = step if level in self._levels_before else None
            figures[level] = consistency.add(labels[level], ids, own_step, seconds, own_vectors)
            if level in truth:
                accuracy = self._accuracy.setdefault(level, Accuracy())
                mbo = accuracy.add(truth[level], counted[level], seconds)
                figures[level] = replace(figures[level], mbo=mbo)
        self._levels_before = frozenset(labels)
        if len(levels) > 1:
            parents = self._add_tree(tree, labels, counted, truth, joints)
            figures[levels[0]] = replace(figures[levels[0]], parents=parents)
        return figures

    def skip(self) -> None:
        """Note a frame without output: the next frame is no step from the previous one."""
        self._levels_before = frozenset()

    def _add_tree(
        self,
        tree: PairCounts,
        labels: LabelMaps,
        counted: LabelMaps,
        truth: LabelMaps,
        joints: Sequence[Joint],
    ) -> dict[int, int]:
        """Returns the object of each part."""
        parents = self._nesting.add(tree)
        self.tree.add(tree)
        for true_level, level in (("part", "object"), ("object", "part")):
            if true_level in truth:
                across = self._across.setdefault((true_level, level), ClipOverlaps())
                across.add(count_pairs(truth[true_level], counted[level]))
        if {"part", "object"} <= truth.keys():
            self._scored_tree.add(tree)
            self._true_tree.add(count_pairs(truth["part"], truth["object"]))
        if joints:
            self._keypoints.add(joints, labels["part"], labels["object"])
        return parents

    def result(self) -> list[ClipScore]:
        """A score per level that was added; the tree over both levels stands with the parts."""
        scores = []
        for level, consistency in self._consistency.items():
            figures, true_frames = consistency.result(), 0
            if (accuracy := self._accuracy.get(level)) is not None:
                figures, true_frames = accuracy.result() | figures, accuracy.frames
            if level == "part":
                figures |= self._tree_figures()
            counted = consistency.frames, true_frames
            scores.append(ClipScore(self._method, level, self._clip, *counted, figures))
        return scores

    def matched(self, level: str) -> PairCounts | None:
        """Overlaps of true tubes (rows) with predicted ones (columns) of one level; None where
        there is no truth."""
        return self._accuracy[level].clip.total() if level in self._accuracy else None

    def _tree_figures(self) -> dict[str, float]:
        if "object" not in self._consistency:
            return {}
        nesting, keypoints = self._nesting.result(), self._keypoints.result()
        figures: dict[str, float | None] = asdict(nesting) | asdict(keypoints)
        matched = {
            (level, level): accuracy.clip.total() for level, accuracy in self._accuracy.items()
        }
        across = {levels: overlaps.total() for levels, overlaps in self._across.items()}
        figures["nm_covering"] = nm_covering(matched | across)
        if self._accuracy.keys() >= {"part", "object"}:
            trees = self._true_tree.total(), self._scored_tree.total()
            figures["edges_f1"] = edges_f1(
                *trees, matched["part", "part"], matched["object", "object"]
            )
        return {name: value for name, value in figures.items() if value is not None}


def _without_void(truth: LabelMaps, labels: LabelMaps) -> tuple[LabelMaps, LabelMaps]:
    """Truth and prediction with background where the truth of any level is void."""
    voids = [void for of_level in truth.values() if (void := of_level == VOID).any()]
    if not voids:
        return truth, labels
    void = np.logical_or.reduce(voids)

    def counted(maps: LabelMaps) -> LabelMaps:
        return {level: np.where(void, 0, of_level) for level, of_level in maps.items()}

    return counted(truth), counted(labels)
