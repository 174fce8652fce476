"""The tree over parts and objects: containment, parent switches, the F1 of part-in-object edges,
and how well the tree covers the true one.

Definitions of this project, after the nesting of GLOM's islands (Hinton, arXiv 2102.12627); the
matching of edges follows that of IDF1. NMCovering: Rossetti and Pirri, "Unsupervised
hierarchy-agnostic segmentation", NeurIPS 2024, here on whole tubes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glom_video.evaluate.overlaps import PairCounts, segments
from glom_video.structures import best_matching


@dataclass(frozen=True, slots=True)
class NestingScore:
    """How well the parts of one clip nest in its objects."""

    containment: float | None
    """In [0, 1]: mean over part islands of their largest share inside one object-level island
    (background is one); None without part islands."""
    parent_switches: float
    """How often a part is in another object than when it was seen last, per 100 frames of the
    clip."""


class Nesting:
    """How well the part islands of one clip nest in its object islands, frame by frame; needs no
    truth."""

    def __init__(self) -> None:
        self._shares, self._islands, self._switches, self._frames = 0.0, 0, 0, 0
        self._parents: dict[int, int] = {}

    def add(self, tree: PairCounts) -> dict[int, int]:
        """One frame: the overlaps of its parts (rows) with its objects (columns). Returns the
        object of each part, 0 = none."""
        parents, shares = part_parents(tree)
        self._switches += sum(
            self._parents.get(part, parent) != parent for part, parent in parents.items()
        )
        self._parents |= parents
        self._shares += shares
        self._islands += len(parents)
        self._frames += 1
        return parents

    def result(self) -> NestingScore:
        """Means over all frames so far."""
        containment = self._shares / self._islands if self._islands else None
        return NestingScore(containment, 100 * self._switches / max(1, self._frames))


def part_parents(tree: PairCounts) -> tuple[dict[int, int], float]:
    """The object (0 = background) that holds most of each part, and the sum of the shares that it
    holds."""
    parts = tree.rows > 0
    rows, columns, counts = tree.rows[parts], tree.columns[parts], tree.counts[parts]
    if not len(rows):
        return {}, 0.0
    by_part = np.lexsort((counts, rows))
    last = np.append(np.flatnonzero(np.diff(rows[by_part])), len(rows) - 1)
    largest = by_part[last]
    sizes = np.bincount(np.unique(rows, return_inverse=True)[1], counts)
    parents = dict(zip(rows[largest].tolist(), columns[largest].tolist(), strict=True))
    return parents, float((counts[largest] / sizes).sum())


def edges_f1(
    true_tree: PairCounts, predicted_tree: PairCounts, parts: PairCounts, objects: PairCounts
) -> float | None:
    """F1 in [0, 1] of part-in-object edges over one clip; None when neither tree has an edge.

    Part and object tubes are matched to the true ones by IoU, then edges are compared.

    Args:
        true_tree, predicted_tree: overlaps of a clip's parts (rows) with its objects (columns).
        parts, objects: overlaps of what is true (rows) with what is predicted (columns), over the
            same frames.
    """
    true_edges = {(part, parent) for part, parent in part_parents(true_tree)[0].items() if parent}
    edges = [(part, parent) for part, parent in part_parents(predicted_tree)[0].items() if parent]
    part_match, object_match = matched_tubes(parts), matched_tubes(objects)
    right = sum(
        (part_match.get(part), object_match.get(parent)) in true_edges for part, parent in edges
    )
    return 2 * right / (len(true_edges) + len(edges)) if true_edges or edges else None


def matched_tubes(overlaps: PairCounts) -> dict[int, int]:
    """Predicted id -> true id under the one-to-one matching of tubes with the highest IoU; only
    tubes that touch."""
    pairs = segments(overlaps.table())
    rows, columns = best_matching(pairs.iou)
    return {
        int(pairs.predicted_ids[column]): int(pairs.truth_ids[row])
        for row, column in zip(rows, columns, strict=True)
        if pairs.intersections[row, column]
    }


def nm_covering(pairs: Mapping[tuple[str, str], PairCounts]) -> float | None:
    """Tube NMCovering of one clip, in [0, 1]: the best IoU of each true tube with ANY predicted
    one, mean over a level's tubes, then over levels.

    A part that the method takes for an object still counts as found; at what level it was found,
    the levels' own figures tell. None without true tubes.

    Args:
        pairs: overlaps of what is true (rows) with what is predicted (columns), by true level and
            predicted level.
    """
    best: dict[str, dict[int, float]] = {}
    for (true_level, _), overlaps in pairs.items():
        tubes = segments(overlaps.table())
        of_level = best.setdefault(true_level, {})
        for true, iou in zip(
            tubes.truth_ids.tolist(), tubes.iou.max(1, initial=0.0).tolist(), strict=True
        ):
            of_level[true] = max(of_level.get(true, 0.0), iou)
    means = [float(np.mean(list(tubes.values()))) for tubes in best.values() if tubes]
    return float(np.mean(means)) if means else None
