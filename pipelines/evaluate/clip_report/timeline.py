"""Figures over time in a fixed number of bins: an hour takes no more room than a minute."""

from collections.abc import Mapping

import numpy as np

BINS = 512
"""Of a clip, at the most."""


class Timeline:
    """Sums and counts of named figures per bin of frames. When all bins are full, neighbours are
    joined and every bin is twice as wide."""

    def __init__(self) -> None:
        self._width, self._last = 1, 0
        self._sums: dict[str, np.ndarray] = {}
        self._counts: dict[str, np.ndarray] = {}

    def add(self, place: int, figures: Mapping[str, float | None]) -> None:
        """Figures of the frame at this place, counted from 0; None where there is none."""
        while place // self._width >= BINS:
            self._width *= 2
            for table in (self._sums, self._counts):
                for name, bins in table.items():
                    joined = bins.reshape(-1, 2).sum(1)
                    table[name] = np.concatenate([joined, np.zeros(BINS - len(joined))])
        self._last = place
        for name, figure in figures.items():
            if figure is not None:
                self._sums.setdefault(name, np.zeros(BINS))[place // self._width] += figure
                self._counts.setdefault(name, np.zeros(BINS))[place // self._width] += 1

    @property
    def places(self) -> list[int]:
        """First frame of each bin."""
        return list(range(0, self._last + 1, self._width))

    def means(self, name: str) -> list[float | None]:
        """Mean of a figure in each bin; None where it was never measured."""
        sums, counts = self._of(name)
        return [
            round(float(total / count), 4) if count else None
            for total, count in zip(sums, counts, strict=True)
        ]

    def totals(self, name: str) -> list[float]:
        """Sum of a figure in each bin."""
        return self._of(name)[0].tolist()

    def _of(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        nothing, bins = np.zeros(BINS), len(self.places)
        return self._sums.get(name, nothing)[:bins], self._counts.get(name, nothing)[:bins]
