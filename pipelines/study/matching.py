"""Which island shows which true segment."""

import numpy as np
from jaxtyping import Int64, Integer

from glom_video.evaluate import count_overlaps, segments
from glom_video.structures import Islands, best_matching

LEAST_IOU = 0.5
"""With which an island shows a true segment."""


def matched(
    truth: Integer[np.ndarray, "h w"],
    found: Integer[np.ndarray, "h w"],
    least_iou: float = LEAST_IOU,
) -> dict[int, int]:
    """Found id of each true id, one to one, the highest total IoU; pairs below ``least_iou`` do not
    count. 0 is background in both."""
    pairs = segments(count_overlaps(truth, found))
    iou = pairs.iou
    rows, columns = best_matching(iou)
    return {
        int(pairs.truth_ids[row]): int(pairs.predicted_ids[column])
        for row, column in zip(rows, columns, strict=True)
        if iou[row, column] >= least_iou
    }


def island_map(islands: Islands) -> Int64[np.ndarray, "hs ws"]:
    """Island of each cell of the membership grid as row + 1, 0 = none."""
    return islands.memberships.argmax(0)


def at_cells(
    ids: Integer[np.ndarray, "*t H W"], cells: tuple[int, int]
) -> Integer[np.ndarray, "*t hs ws"]:
    """Ids at the middle of each cell of a coarser grid."""
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(int)
        for count, side in zip(cells, ids.shape[-2:], strict=True)
    )
    return ids[..., rows[:, None], columns]
