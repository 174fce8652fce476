"""Colours of ids: the same in every frame and clip, and far apart for neighbouring ids, also for
colour-blind people."""

from functools import cache

import numpy as np
from jaxtyping import Float, Shaped, UInt8

COLOURS = 255
"""Ids this far apart share a colour: 8-bit labels keep the look-up tables fast."""


def colour_of(ids: Shaped[np.ndarray, " k"]) -> UInt8[np.ndarray, "k 3"]:
    """RGB colour of each id; id 0 (nothing) is black."""
    return np.take(_colours(), label_of(ids), axis=0)


def label_of(ids: Shaped[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    """Ids as 8-bit labels: themselves up to COLOURS, then again from 1."""
    if ids.size and ids.max() > COLOURS:
        ids = np.where(ids > 0, (ids - 1) % COLOURS + 1, 0)
    return ids.astype(np.uint8)


def looked_up(
    table: UInt8[np.ndarray, "256 3"], labels: UInt8[np.ndarray, "H W"]
) -> UInt8[np.ndarray, "H W 3"]:
    """The colour of every pixel's label, one channel at a time, which is twice as fast in OpenCV as
    three at once."""
    import cv2

    return cv2.merge([cv2.LUT(labels, channel) for channel in np.ascontiguousarray(table.T)])


@cache
def _colours() -> UInt8[np.ndarray, "256 3"]:
    """Golden-ratio steps of hue in OKLCh, so that any run of ids is spread over the circle.

    Lightness changes in steps, too, because colour-blind people rely on it. Start hue and
    lightnesses maximise the least distance within 6 and 10 successive ids, in normal vision and
    under simulated deuteranopia and protanopia.
    """
    place = np.arange(COLOURS)
    hue = 5.934 + 2 * np.pi * place * (5**0.5 - 1) / 2
    lightness = np.array([0.62, 0.86, 0.76])[place % 3]
    chroma = np.full(COLOURS, 0.2)
    for _ in range(40):  # as much chroma as a screen can show
        linear = _oklch_to_linear_rgb(lightness, chroma, hue)
        chroma = np.where(((linear < 0) | (linear > 1)).any(1), chroma * 0.96, chroma)
    linear = _oklch_to_linear_rgb(lightness, chroma, hue).clip(0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.vstack([np.zeros((1, 3)), encoded * 255]).round().astype(np.uint8)


def _oklch_to_linear_rgb(
    lightness: Float[np.ndarray, " k"],
    chroma: Float[np.ndarray, " k"],
    hue: Float[np.ndarray, " k"],
) -> Float[np.ndarray, "k 3"]:
    """OKLab of Bjoern Ottosson (2020), from lightness in [0, 1], chroma and hue in radians."""
    oklab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    to_cones = np.array(
        [
            [1, 1, 1],
            [0.3963377774, -0.1055613458, -0.0894841775],
            [0.2158037573, -0.0638541728, -1.291485548],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.707614701],
        ]
    )
    linear: Float[np.ndarray, "k 3"] = (oklab @ to_cones) ** 3 @ to_rgb
    return linear


@cache
def tints() -> UInt8[np.ndarray, "256 3"]:
    """For lines on a fill: each colour much lighter, or much darker where it is light itself."""
    fills = _colours().astype(np.float32)
    is_light = fills @ np.array([0.299, 0.587, 0.114], np.float32) > 150
    return np.where(is_light[:, None], fills * 0.35, _lightened(fills)).round().astype(np.uint8)


@cache
def text_colours() -> UInt8[np.ndarray, "256 3"]:
    """A light tint of each colour, readable inside a dark outline."""
    return _lightened(_colours().astype(np.float32)).round().astype(np.uint8)


def _lightened(colours: Float[np.ndarray, "256 3"]) -> Float[np.ndarray, "256 3"]:
    return 255 - (255 - colours) * np.float32(0.3)
