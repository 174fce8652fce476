"""Borders that follow the picture: the columns know roughly where an object ends, and the colours
on either side decide the rest."""

from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Float32

RADIUS = 8
"""Radius in cells of the windows in which colours explain shares. On rendered validation clips the
ARI keeps rising with it (.742 without, .764 with 3, .784 with 9), while the foreground ARI begins
to fall at 12."""
NOISE = 1e-4
"""Variance of a colour in [0, 1] that counts as noise."""
LEAST_VARIANCE = 1e-4
"""Variance of shares below which there is nothing to explain."""
PAIRS = tuple(combinations_with_replacement(range(3), 2))
"""Channels (i, j), i <= j: entries of a symmetric 3x3 matrix."""


def guided_filter(
    shares: Float32[np.ndarray, "h w"], picture: Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w"]:
    """Shares in [0, 1] as a linear function of colour around each cell (a guided filter: He, Sun
    and Tang, ECCV 2010), as far as colour explains them. Where it does not, as in the dark or
    between two things of one colour, they stay unchanged.

    Args:
        picture: RGB in [0, 1].
    """
    colours = list(np.ascontiguousarray(picture.transpose(2, 0, 1)))
    mean, means = _around(shares), [_around(colour) for colour in colours]
    variance = _around(shares * shares) - mean * mean
    with_shares = [
        _around(colour * shares) - own * mean for colour, own in zip(colours, means, strict=True)
    ]
    among = {
        (i, j): _around(colours[i] * colours[j]) - means[i] * means[j] + NOISE * (i == j)
        for i, j in PAIRS
    }
    slopes = _solved(among, with_shares)
    level = mean - _sum_of_products(slopes, means)
    explained = np.sqrt(
        np.clip(_sum_of_products(slopes, with_shares) / np.maximum(variance, LEAST_VARIANCE), 0, 1)
    )
    drawn = _sum_of_products([_around(slope) for slope in slopes], colours) + _around(level)
    return np.clip(shares + _around(explained) * (drawn - shares), 0, 1)


def _around(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Mean over the square around each cell."""
    import cv2

    return cv2.blur(plane, (2 * RADIUS + 1, 2 * RADIUS + 1), borderType=cv2.BORDER_REFLECT)


def _sum_of_products(
    some: list[Float32[np.ndarray, "h w"]], others: list[Float32[np.ndarray, "h w"]]
) -> Float32[np.ndarray, "h w"]:
    return some[0] * others[0] + some[1] * others[1] + some[2] * others[2]


def _solved(
    matrix: dict[tuple[int, int], Float32[np.ndarray, "h w"]],
    right: list[Float32[np.ndarray, "h w"]],
) -> list[Float32[np.ndarray, "h w"]]:
    """Solution x of a symmetric 3x3 system in every cell, by cofactors: a tenth of the time of
    calling a solver for each."""
    a, b, c, d, e, f = (matrix[pair] for pair in PAIRS)  # rows: a b c, b d e, c e f
    first, second, third = d * f - e * e, c * e - b * f, b * e - c * d
    over = 1 / (a * first + b * second + c * third)
    x, y, z = right
    return [
        (first * x + second * y + third * z) * over,
        (second * x + (a * f - c * c) * y + (b * c - a * e) * z) * over,
        (third * x + (b * c - a * e) * y + (a * d - b * b) * z) * over,
    ]
