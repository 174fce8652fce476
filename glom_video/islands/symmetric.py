"""Symmetric 2x2 and 3x3 matrices, many at a time, by their entries on and above the diagonal."""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
from jaxtyping import Float32

Values = Float32[np.ndarray, "..."]
"""One number of each matrix."""
Symmetric = dict[tuple[int, int], Values]
"""Entries by (row, column), row by row."""


def pairs(d: int) -> list[tuple[int, int]]:
    """(i, j) with i <= j, the places of a Symmetric's entries."""
    return list(combinations_with_replacement(range(d), 2))


def adjugate(matrix: Symmetric) -> tuple[Symmetric, Values]:
    """Cofactors and determinants: together the inverses, in a tenth of the time of calling a solver
    for each."""
    entries = list(matrix.values())
    if len(entries) == 3:
        a, b, c = entries  # rows: a b, b c
        cofactors = [c, -b, a]
        determinant = a * c - b * b
    else:
        a, b, c, d, e, f = entries  # rows: a b c, b d e, c e f
        cofactors = [d * f - e * e, c * e - b * f, b * e - c * d]
        cofactors += [a * f - c * c, b * c - a * e, a * d - b * b]
        determinant = a * cofactors[0] + b * cofactors[1] + c * cofactors[2]
    return dict(zip(matrix, cofactors, strict=True)), determinant


def times(matrix: Symmetric, vector: Sequence[Values]) -> list[Values]:
    """The product of a matrix and a vector, by row."""
    places = range(len(vector))
    return [sum(matrix[min(i, j), max(i, j)] * vector[j] for j in places) for i in places]
