"""Adjusted Rand index, with and without background.

Hubert and Arabie, "Comparing partitions", Journal of Classification 1985; FG-ARI after Greff et
al., "Multi-object representation learning with iterative variational inference", ICML 2019. Agrees
with ``sklearn.metrics.adjusted_rand_score``.
"""

import numpy as np
from jaxtyping import Int64

from glom_video.evaluate.overlaps import Overlaps


def adjusted_rand_index(counts: Int64[np.ndarray, "g p"]) -> float:
    """Agreement of two partitions given their contingency table: 1 when equal, 0 when independent.
    Two partitions of one segment each agree."""
    joint, every = _pairs(counts), _pairs(counts.sum(keepdims=True))
    rows, columns = _pairs(counts.sum(1)), _pairs(counts.sum(0))
    expected = rows * columns / every if every else 0.0
    highest = (rows + columns) / 2
    return (joint - expected) / (highest - expected) if highest != expected else 1.0


def _pairs(sizes: Int64[np.ndarray, "..."]) -> float:
    """Number of pairs inside groups of these sizes; as float, since an hour of video overflows 64
    bits."""
    return float((sizes.astype(np.float64) * (sizes - 1) / 2).sum())


def fg_ari(overlaps: Overlaps) -> float | None:
    """ARI over the pixels whose truth is not background; None with fewer than two true segments,
    where it says nothing.

    The prediction is not restricted: its background is one more cluster.
    """
    rows = overlaps.truth_ids > 0
    return adjusted_rand_index(overlaps.counts[rows]) if rows.sum() >= 2 else None


def ari(overlaps: Overlaps) -> float:
    """ARI over all pixels with background as one more segment: punishes a shattered background."""
    return adjusted_rand_index(overlaps.counts)
