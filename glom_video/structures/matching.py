"""One-to-one matching with the highest total score, by shortest augmenting paths (Jonker and
Volgenant, Computing 38, 1987). SciPy has it too, but takes 0.3 s and 40 MiB to load, for which
every clip and every live picture would wait."""

import numpy as np
from jaxtyping import Bool, Float64, Int64, Num


def best_matching(scores: Num[np.ndarray, "a b"]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the one-to-one matching with the highest total score. As many pairs as
    the shorter side has; rows in order.

    Raises:
        ValueError: a score is not finite.
    """
    if not np.isfinite(scores).all():
        raise ValueError("scores to be matched have to be finite")
    if scores.shape[0] > scores.shape[1]:
        columns, rows = best_matching(scores.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    rows = np.arange(len(scores))
    return rows, _Matching(-scores.astype(np.float64)).columns if len(rows) else rows


class _Matching:
    """Columns of the rows, of which there are no more, with the least total cost. Each row pays an
    offset and each column a price: no pair costs less than both, and a matched one just that."""

    def __init__(self, costs: Float64[np.ndarray, "a b"]) -> None:
        self._costs = costs
        self._offsets, self._prices = costs.min(1), np.zeros(costs.shape[1])
        self._row_of = np.full(costs.shape[1], -1)
        """Row of each column; -1: none."""
        self.columns = np.full(len(costs), -1)
        best = costs.argmin(1)
        taken, first = np.unique(best, return_index=True)
        self._row_of[taken], self.columns[first] = first, taken
        for row in np.flatnonzero(self.columns < 0):
            self._add(int(row))

    def _add(self, row: int) -> None:
        """Match one more row, for which others may move to other columns."""
        distance, origin, is_passed, column = self._nearest_free_column(row)
        gain = distance[column] - distance[is_passed]
        self._offsets[self._row_of[is_passed]] += gain
        self._prices[is_passed] -= gain
        self._offsets[row] += distance[column]
        moved = -1
        while moved != row:
            moved = int(origin[column])
            self._row_of[column] = moved
            self.columns[moved], column = column, int(self.columns[moved])

    def _nearest_free_column(
        self, row: int
    ) -> tuple[Float64[np.ndarray, " b"], Int64[np.ndarray, " b"], Bool[np.ndarray, " b"], int]:
        """By Dijkstra: what it costs to reach each column, the row it is reached from, whether it
        was passed, and the nearest one that no row has."""
        count = len(self._prices)
        distance, origin = np.full(count, np.inf), np.full(count, row)
        is_passed, reached = np.zeros(count, bool), 0.0
        while True:
            through = reached + self._costs[row] - self._offsets[row] - self._prices
            is_nearer = ~is_passed & (through < distance)
            distance[is_nearer], origin[is_nearer] = through[is_nearer], row
            column = int(np.where(is_passed, np.inf, distance).argmin())
            if self._row_of[column] < 0:
                return distance, origin, is_passed, column
            is_passed[column], reached, row = True, distance[column], int(self._row_of[column])
