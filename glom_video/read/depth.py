"""Pictures of more than 8 bits, or of fractions -> 8-bit grey. One range for the whole clip, so
that its brightness does not jump."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from glom_video.read.pages import Page, opened
from glom_video.structures import picture_errors

DEPTHS = (8, 10, 12, 14, 16)
"""Bit depths of cameras and scanners. Integers are taken to have the smallest that holds them."""

SAMPLED = 16
"""Pictures, evenly spread over a clip, from which its range is found. Values outside of it become
black or white."""


@dataclass(frozen=True, slots=True)
class Span:
    """The values that become black and white."""

    low: float
    high: float

    def __call__(self, values: Shaped[np.ndarray, "H W"]) -> UInt8[np.ndarray, "H W"]:
        """8-bit grey; nan becomes black."""
        share = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        return (np.nan_to_num(share, nan=0.0).clip(0, 1) * 255).round().astype(np.uint8)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


class Spans:
    """The ranges of a clip's deep pictures, one for integers and one for fractions, each found when
    the first picture of its kind is read."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages, self._found = pages, dict[bool, Span]()

    def of(self, picture: Any) -> Span | None:
        """None for a picture of 8 bits."""
        if not _is_deep(picture):
            return None
        is_whole = picture.mode != "F"
        if is_whole not in self._found:
            extremes = [values for values in self._sampled(is_whole) if values.size]
            self._found[is_whole] = _span(extremes, is_whole)
        return self._found[is_whole]

    def _sampled(self, is_whole: bool) -> list[Float[np.ndarray, " n"]]:
        """The least and greatest value of each sampled picture of one kind."""
        spread = np.linspace(0, len(self._pages) - 1, SAMPLED)
        places = np.unique(spread.round().astype(int)).tolist()
        return [
            _extremes(each)
            for each in opened([self._pages[place] for place in places])
            if each is not None and _is_of(each, is_whole)
        ]


def _is_deep(picture: Any) -> bool:
    return picture.mode.startswith("I") or picture.mode == "F"


def _is_of(picture: Any, is_whole: bool) -> bool:
    return _is_deep(picture) and (picture.mode != "F") == is_whole


def _extremes(picture: Any) -> Float[np.ndarray, " n"]:
    """(least, greatest); empty if the picture cannot be read or holds no number."""
    try:
        values = np.asarray(picture, np.float64)
    except picture_errors():
        return np.empty(0)
    numbers = values[np.isfinite(values)]
    return np.array([numbers.min(), numbers.max()]) if numbers.size else np.empty(0)


def _span(extremes: Sequence[Float[np.ndarray, " n"]], is_whole: bool) -> Span:
    low = float(min((each[0] for each in extremes), default=0.0))
    high = float(max((each[1] for each in extremes), default=1.0))
    if is_whole and low >= 0 and high < 2 ** DEPTHS[-1]:
        depth = next(bits for bits in DEPTHS if high < 2**bits)
        return Span(0.0, float(2**depth - 1))
    return Span(low, high) if high > low else Span(min(low, 0.0), max(high, 1.0))
