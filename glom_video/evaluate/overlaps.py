"""Overlaps of two label maps: the sums from which every metric is computed.

A frame is counted once, run by run; a clip is the sum of its frames, so no clip is held as
pictures.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, Integer


@dataclass(frozen=True, slots=True)
class Overlaps:
    """``counts[i, j]`` pixels are ``truth_ids[i]`` in one map and ``predicted_ids[j]`` in the
    other; 0 is background, and every id has pixels."""

    truth_ids: Int64[np.ndarray, " g"]
    predicted_ids: Int64[np.ndarray, " p"]
    counts: Int64[np.ndarray, "g p"]


@dataclass(frozen=True, slots=True)
class PairCounts:
    """The pairs of ids that share pixels, and how many: overlaps without the zeros, sorted by row
    id, then column id."""

    rows: Int64[np.ndarray, " n"]
    columns: Int64[np.ndarray, " n"]
    counts: Int64[np.ndarray, " n"]

    def table(self) -> Overlaps:
        """As a table with a row and a column per id."""
        row_ids, column_ids = np.unique(self.rows), np.unique(self.columns)
        counts = np.zeros((len(row_ids), len(column_ids)), np.int64)
        counts[np.searchsorted(row_ids, self.rows), np.searchsorted(column_ids, self.columns)] = (
            self.counts
        )
        return Overlaps(row_ids, column_ids, counts)


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of an overlap table, background left out on both sides but not out of the
    sizes."""

    truth_ids: Int64[np.ndarray, " g"]
    predicted_ids: Int64[np.ndarray, " p"]
    intersections: Int64[np.ndarray, "g p"]
    truth_sizes: Int64[np.ndarray, " g"]
    predicted_sizes: Int64[np.ndarray, " p"]

    @property
    def iou(self) -> Float64[np.ndarray, "g p"]:
        """Intersection over union of every pair."""
        iou: Float64[np.ndarray, "g p"] = self.intersections / (
            self.truth_sizes[:, None] + self.predicted_sizes[None, :] - self.intersections
        )
        return iou


def count_pairs(
    rows: Integer[np.ndarray, "*shape"], columns: Integer[np.ndarray, "*shape"]
) -> PairCounts:
    """Count the pixels of every pair of ids of two label maps of one size, ids from 0 up.

    Label maps are flat nearly everywhere, so runs of equal pairs are counted instead of pixels: a
    few thousand per frame, and large ids cost nothing.
    """
    rows, columns = rows.ravel(), columns.ravel()
    starts = np.ones(rows.size, bool)
    np.not_equal(rows[1:], rows[:-1], out=starts[1:])
    starts[1:] |= columns[1:] != columns[:-1]
    places = np.flatnonzero(starts)
    keys, pair = np.unique(_keys(rows[places], columns[places]), return_inverse=True)
    counts = np.bincount(pair, np.diff(places, append=rows.size), len(keys)).astype(np.int64)
    return PairCounts(keys >> 32, keys & 0xFFFFFFFF, counts)


def _keys(
    rows: Integer[np.ndarray, " n"], columns: Integer[np.ndarray, " n"]
) -> Int64[np.ndarray, " n"]:
    return rows.astype(np.int64) << 32 | columns.astype(np.int64)


def count_overlaps(
    truth: Integer[np.ndarray, "*shape"], predicted: Integer[np.ndarray, "*shape"]
) -> Overlaps:
    """Overlap table of two label maps of one size, ids from 0 up."""
    return count_pairs(truth, predicted).table()


def segments(overlaps: Overlaps) -> Segments:
    """The segments that are not background, with their whole sizes."""
    rows, columns = overlaps.truth_ids > 0, overlaps.predicted_ids > 0
    truth_sizes, predicted_sizes = overlaps.counts.sum(1), overlaps.counts.sum(0)
    intersections = overlaps.counts[np.ix_(rows, columns)]
    return Segments(
        truth_ids=overlaps.truth_ids[rows],
        predicted_ids=overlaps.predicted_ids[columns],
        intersections=intersections,
        truth_sizes=truth_sizes[rows],
        predicted_sizes=predicted_sizes[columns],
    )


class PairSums:
    """Running sums per pair of ids, several at a time. Memory grows with the number of different
    pairs, not the number of frames."""

    def __init__(self, channels: int) -> None:
        self._keys = np.empty(0, np.int64)
        self._sums = np.empty((0, channels))
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._pairs_waiting = 0

    def add(
        self,
        rows: Integer[np.ndarray, " n"],
        columns: Integer[np.ndarray, " n"],
        *channels: np.ndarray,
    ) -> None:
        """Add one value per pair and channel."""
        self._waiting.append(
            (
                _keys(rows, columns),
                np.stack([np.asarray(channel, np.float64) for channel in channels], -1),
            )
        )
        self._pairs_waiting += len(rows)
        if self._pairs_waiting > max(1 << 10, len(self._keys)):
            self._merge()

    def _merge(self) -> None:
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._waiting)])
        sums = np.concatenate([self._sums, *(sums for _, sums in self._waiting)])
        self._keys, pair = np.unique(keys, return_inverse=True)
        # Of nothing it counts whole numbers.
        self._sums = np.stack(
            [np.bincount(pair, column, len(self._keys)).astype(np.float64) for column in sums.T], -1
        )
        self._waiting, self._pairs_waiting = [], 0

    def result(
        self,
    ) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"], Float64[np.ndarray, "n c"]]:
        """Row ids, column ids and sums of the pairs seen, sorted by row, then column."""
        self._merge()
        return self._keys >> 32, self._keys & 0xFFFFFFFF, self._sums


class ClipOverlaps:
    """The overlaps of a whole clip, frame by frame: tubes instead of masks."""

    def __init__(self) -> None:
        self._sums = PairSums(channels=1)

    def add(self, frame: PairCounts) -> None:
        """Add one frame."""
        self._sums.add(frame.rows, frame.columns, frame.counts)

    def total(self) -> PairCounts:
        """Pixels of each pair of ids over all frames so far."""
        rows, columns, sums = self._sums.result()
        return PairCounts(rows, columns, sums[:, 0].astype(np.int64))
