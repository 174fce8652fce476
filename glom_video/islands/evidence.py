"""What colour, or motion, says of the side of an outline that a place lies on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

BLOCK = 8
"""Places per block, each way, for which features are summed up; what a side looks like at a place
is what the block there and its eight neighbours hold of that side."""
MOST = 4.0
"""Log odds that a feature gives at most: what is unlike both sides is no proof of either."""
LEAST_PLACES = 1e-2
"""Added to the places of a side that are seen: where there are none, a side looks like anything."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A feature x of places. Its terms are 1, x_i and x_i x_j (i <= j): sums of them tell mean and
    covariance, and the log density of a normal distribution is linear in them."""

    by_block: Float32[np.ndarray, "hb wb p t"]
    in_band: Float32[np.ndarray, "n t"]
    places: Int64[np.ndarray, " n"]
    """Of the band, in the flattened grid of whole blocks."""
    near: Bool[np.ndarray, "hb wb"]
    """Blocks that densities in the band are drawn from."""
    noise: float
    """Variance that says nothing."""

    @classmethod
    def of(
        cls,
        feature: Float32[np.ndarray, "h w d"],
        band: Bool[np.ndarray, "h w"],
        noise: float,
    ) -> "Evidence":
        """Evidence for the places of a band, in the order in which a mask picks them."""
        import cv2

        holding = by_block(band).any(2).view(np.uint8)
        near = cv2.dilate(holding, np.ones((3, 3), np.uint8)) > 0
        terms = _terms(by_block(feature)), _terms(feature[band])
        return cls(*terms, np.flatnonzero(_whole(band)), near, noise)

    def likelier_inside(self, inside: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, " n"]:
        """Log of how much likelier each place of the band is inside than outside, within MOST.

        Args:
            inside: how far each place counts as inside, in [0, 1].
        """
        import cv2

        sides = np.stack([by_block(inside), by_block(1 - inside)], 2)
        within, without = (self._around(side) for side in np.moveaxis(sides @ self.by_block, 2, 0))
        densities = _normal_density(np.stack([within, without]), self.noise)
        factors = np.zeros((*self.near.shape, densities.shape[-1]), np.float32)
        factors[self.near] = densities[0] - densities[1]
        finer = cv2.resize(factors, None, fx=BLOCK, fy=BLOCK, interpolation=cv2.INTER_LINEAR)
        at_places = finer.reshape(-1, finer.shape[2]).take(self.places, axis=0)
        return np.clip(np.einsum("nt,nt->n", self.in_band, at_places), -MOST, MOST)

    def _around(self, sums: Float32[np.ndarray, "hb wb t"]) -> Float32[np.ndarray, "b t"]:
        """Sums of each block and its neighbours, of the blocks near the band."""
        import cv2

        border = cv2.BORDER_CONSTANT
        return cv2.boxFilter(sums, -1, (3, 3), normalize=False, borderType=border)[self.near]


def by_block(planes: np.ndarray) -> np.ndarray:
    """Places (h w *d) by block, row by row: (hb wb p *d). Zeros where a block goes beyond them."""
    planes = _whole(planes)
    rows, columns, rest = planes.shape[0] // BLOCK, planes.shape[1] // BLOCK, planes.shape[2:]
    by_row = planes.reshape(rows, BLOCK, columns, BLOCK, *rest)
    return by_row.swapaxes(1, 2).reshape(rows, columns, BLOCK * BLOCK, *rest)


def _whole(planes: np.ndarray) -> np.ndarray:
    """Zeros after the last row and column, up to whole blocks."""
    lacking = [(0, -side % BLOCK) for side in planes.shape[:2]]
    if lacking == [(0, 0), (0, 0)]:
        return planes
    return np.pad(planes, [*lacking, *((0, 0) for _ in planes.shape[2:])])


def _terms(feature: Float32[np.ndarray, "*n d"]) -> Float32[np.ndarray, "*n t"]:
    d = feature.shape[-1]
    pairs = list(zip(*np.triu_indices(d), strict=True))
    terms = np.empty((*feature.shape[:-1], 1 + d + len(pairs)), np.float32)
    terms[..., 0] = 1
    terms[..., 1 : 1 + d] = feature
    for place, (i, j) in enumerate(pairs, 1 + d):  # picking all pairs at once takes twice as long
        np.multiply(feature[..., i], feature[..., j], out=terms[..., place])
    return terms


def _normal_density(
    sums: Float32[np.ndarray, "2 b t"],
    noise: float,
) -> Float32[np.ndarray, "2 b t"]:
    """Log densities of the normal distributions with these sums of terms, as factors of the terms.

    The constant of pi is left out.
    """
    d = int((2 * sums.shape[-1]) ** 0.5) - 1  # t = (d + 1)(d + 2) / 2
    i, j = np.triu_indices(d)
    means = sums[..., 1:] / (sums[..., :1] + np.float32(LEAST_PLACES))
    centre = means[..., :d]
    covariance = np.empty((*sums.shape[:-1], d, d), np.float32)
    upper = means[..., d:] - centre[..., i] * centre[..., j]
    covariance[..., i, j] = covariance[..., j, i] = upper
    covariance[..., range(d), range(d)] += np.float32(noise)
    precision = np.linalg.inv(covariance)
    slopes = (precision @ centre[..., None])[..., 0]
    factors = np.empty_like(sums)
    factors[..., 0] = -0.5 * ((slopes * centre).sum(-1) + np.log(np.linalg.det(covariance)))
    factors[..., 1 : 1 + d] = slopes
    twice = np.where(i == j, np.float32(1), np.float32(2))  # x_i x_j stands for x_j x_i too
    factors[..., 1 + d :] = precision[..., i, j] * twice / -2
    return factors
