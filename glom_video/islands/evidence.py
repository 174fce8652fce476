"""Evidence of colour or motion for the side of an outline that a place lies on."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from glom_video.islands.symmetric import adjugate, pairs, times

BLOCK = 8
"""Places per block and axis, for which features are summed. A place compares itself with each side
in its own block and the eight neighbours."""
MOST = 4.0
"""Largest log odds from one feature: what is unlike both sides proves neither."""
LEAST_PLACES = 1e-2
"""Added to the number of a side's places: a side without any fits every feature."""


@dataclass(frozen=True, slots=True)
class Band:
    """Places along outlines, and the blocks around them."""

    places: Int64[np.ndarray, " n"]
    """Indices in the flattened grid, row by row."""
    in_blocks: Int64[np.ndarray, " n"]
    """Indices in the flattened grid of whole blocks."""
    near: Bool[np.ndarray, "hb wb"]
    """Blocks whose densities the band uses."""
    summed: Bool[np.ndarray, "hb wb"]
    """Blocks that are summed: the near ones and their neighbours."""

    @classmethod
    def of(cls, is_in: Bool[np.ndarray, "h w"]) -> "Band":
        """The band of the places where ``is_in`` is true."""
        import cv2

        whole = _whole(is_in)
        rows, columns = (side // BLOCK for side in whole.shape)
        # A mean of uint8 is rounded: a single place must not get lost.
        shares = cv2.resize(
            whole.view(np.uint8) * np.uint8(255), (columns, rows), interpolation=cv2.INTER_AREA
        )
        near = _grown(shares > 0)
        return cls(np.flatnonzero(is_in), np.flatnonzero(whole), near, _grown(near))


@dataclass(frozen=True, slots=True)
class Evidence:
    """A feature x of places. Its terms are 1, x_i and x_i x_j (i <= j): their sums give mean and
    covariance, and the log density of a normal distribution is linear in them."""

    by_block: Float32[np.ndarray, "s t p"]
    """Terms of the places of each summed block."""
    in_band: Float32[np.ndarray, "t n"]
    """Terms of the places of the band."""
    band: Band
    noise: float
    """Variance that counts as noise."""

    @classmethod
    def of(cls, feature: Float32[np.ndarray, "h w d"], band: Band, noise: float) -> "Evidence":
        """The evidence of a feature with ``d`` channels at every place."""
        in_band = feature.reshape(-1, feature.shape[2]).take(band.places, axis=0)
        # Far from 0 the rounding of squares would exceed the noise; likelihoods do not change.
        middle = in_band.mean(0)
        around = _places(feature, band.summed) - middle
        return cls(
            _terms(around.transpose(2, 0, 1), 1), _terms((in_band - middle).T, 0), band, noise
        )

    def likelier_inside(self, inside: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, " n"]:
        """Log likelihood ratio of each place of the band, inside to outside, within +-MOST.

        Args:
            inside: how far each place counts as inside, in [0, 1].
        """
        import cv2

        # Each side by itself: the difference from the whole would not be 0 for an empty one.
        shares = _places(np.stack([inside, 1 - inside], 2), self.band.summed)
        sides = self._around(np.moveaxis(self.by_block @ shares, 2, 0))
        factors = _normal_density(sides, self.noise)
        planes = np.zeros((*self.band.near.shape, len(factors)), np.float32)
        planes[self.band.near] = (factors[:, 0] - factors[:, 1]).T
        finer = cv2.resize(planes, None, fx=BLOCK, fy=BLOCK, interpolation=cv2.INTER_LINEAR)
        at_places = finer.reshape(-1, finer.shape[2]).take(self.band.in_blocks, axis=0)
        return np.clip(np.einsum("tn,nt->n", self.in_band, at_places), -MOST, MOST)

    def _around(self, sums: Float32[np.ndarray, "sides s t"]) -> Float32[np.ndarray, "t sides b"]:
        """Sums of each near block and its neighbours."""
        import cv2

        planes = np.zeros((*self.band.summed.shape, len(sums) * sums.shape[2]), np.float32)
        planes[self.band.summed] = np.concatenate(list(sums), 1)
        border = cv2.BORDER_CONSTANT
        around = cv2.boxFilter(planes, -1, (3, 3), normalize=False, borderType=border)
        by_side = around[self.band.near].reshape(-1, len(sums), sums.shape[2])
        return np.ascontiguousarray(by_side.transpose(2, 1, 0))


def _grown(blocks: Bool[np.ndarray, "hb wb"]) -> Bool[np.ndarray, "hb wb"]:
    """Blocks and their eight neighbours."""
    import cv2

    return cv2.dilate(blocks.view(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _blocks(planes: np.ndarray) -> np.ndarray:
    """Places (h w *d) by block, row by row: (hb wb BLOCK BLOCK *d). A view if the sides are whole
    blocks; otherwise blocks are filled up with zeros."""
    planes = _whole(planes)
    rows, columns, rest = planes.shape[0] // BLOCK, planes.shape[1] // BLOCK, planes.shape[2:]
    return planes.reshape(rows, BLOCK, columns, BLOCK, *rest).swapaxes(1, 2)


def _whole(planes: np.ndarray) -> np.ndarray:
    """Padded with zeros after the last row and column, to whole blocks."""
    lacking = [(0, -side % BLOCK) for side in planes.shape[:2]]
    if lacking == [(0, 0), (0, 0)]:
        return planes
    return np.pad(planes, [*lacking, *((0, 0) for _ in planes.shape[2:])])


def _places(
    planes: Float32[np.ndarray, "h w d"], chosen: Bool[np.ndarray, "hb wb"]
) -> Float32[np.ndarray, "s p d"]:
    """The places of each chosen block."""
    blocks = _blocks(planes)[chosen]
    return blocks.reshape(len(blocks), BLOCK * BLOCK, -1)


def _terms(feature: Float32[np.ndarray, "..."], axis: int) -> Float32[np.ndarray, "..."]:
    """Terms of a feature, which lies along the first axis, along a new ``axis``."""
    feature = np.ascontiguousarray(feature)
    products = pairs(len(feature))
    shape = list(feature.shape[1:])
    shape.insert(axis, 1 + len(feature) + len(products))
    terms = np.empty(shape, np.float32)
    along = np.moveaxis(terms, axis, 0)
    along[0] = 1
    along[1 : 1 + len(feature)] = feature
    for place, (i, j) in enumerate(products, 1 + len(feature)):
        np.multiply(feature[i], feature[j], out=along[place])
    return terms


def _normal_density(
    sums: Float32[np.ndarray, "t sides b"], noise: float
) -> Float32[np.ndarray, "t sides b"]:
    """Log densities, without the constant of pi, of the normal distributions with these sums of
    terms, as coefficients of the terms."""
    d = int((2 * len(sums)) ** 0.5) - 1  # t = (d + 1)(d + 2) / 2
    means = sums[1:] / (sums[0] + np.float32(LEAST_PLACES))
    centre = list(means[:d])
    covariance = {
        (i, j): mean - centre[i] * centre[j] + np.float32(noise * (i == j))
        for (i, j), mean in zip(pairs(d), means[d:], strict=True)
    }
    cofactors, determinant = adjugate(covariance)
    over = 1 / determinant
    precision = {at: each * over for at, each in cofactors.items()}
    slopes = times(precision, centre)
    level = np.log(determinant) + sum(
        slope * own for slope, own in zip(slopes, centre, strict=True)
    )
    # x_i x_j stands for x_j x_i too.
    squares = [each * np.float32(-0.5 if i == j else -1) for (i, j), each in precision.items()]
    return np.stack([np.float32(-0.5) * level, *slopes, *squares])
