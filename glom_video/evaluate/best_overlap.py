"""Metrics of tubes and masks that need no one-to-one matching: mean best overlap and association
quality."""

import numpy as np

from glom_video.evaluate.overlaps import Segments


def mean_best_overlap(pairs: Segments) -> float | None:
    """mBO: for each true segment the best IoU of any predicted one, mean over segments; None
    without true segments.

    Pont-Tuset et al., "Multiscale combinatorial grouping", PAMI 2017; for videos on whole tubes, as
    in Seitzer et al., "DINOSAUR", ICLR 2023. The predicted background is no candidate.
    """
    return float(pairs.iou.max(1, initial=0.0).mean()) if len(pairs.truth_ids) else None


def association_quality(pairs: Segments) -> float | None:
    """AQ of STQ, from the segments of a whole clip: ``1/G sum_g 1/size(g) sum_p overlap(p, g) *
    tubeIoU(p, g)``; None without true segments.

    Weber et al., "STEP: segmenting and tracking every pixel", NeurIPS 2021. No threshold, no
    matching.
    """
    if not len(pairs.truth_ids):
        return None
    return float(np.mean((pairs.intersections * pairs.iou).sum(1) / pairs.truth_sizes))
