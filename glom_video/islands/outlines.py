"""Outlines fitted to the picture: in a narrow band along where objects end, colour and motion on either side decide what is inside."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from glom_video.structures import Motion

DETAIL = 2
"""Places per cell of memberships, each way, on which outlines are fitted: 1.5 pixels of the working picture wide."""
BAND = 5
"""Places from a coarse outline, to either side, within which it may move."""
BLOCK = 8
"""Places per block, each way, for which colours are summed up; a side looks like what a block and its neighbours hold of it."""
EVEN = 0.6
"""Share of islands at which memberships alone put the outline: the loss that taught them counts a column that is partly an object as one."""
SURENESS = 2.0
"""How much sharper than memberships say the two sides are told apart when it is seen what they look like."""
SWEEPS = 2
"""Times that sides are told apart: what they look like is seen better once the outline is better."""
MOST = 4.0
"""Log odds that colour, or motion, can give at most."""
COLOUR_NOISE, MOTION_NOISE = 2e-3, 0.05
"""Variance that says nothing: of a colour, L*a*b* over 100; of motion in places per frame."""
MOTION_WEIGHT = 0.5
"""Of motion beside colour: flow is smooth across outlines."""

_Places = Float32[np.ndarray, "hp wp"]


def fit_outlines(memberships: Float32[np.ndarray, "rows hs ws"], picture: UInt8[np.ndarray, "H W 3"], motion: Motion) -> _Places:
    """Log odds that a place is inside an island, positive inside; 0 away from outlines, where memberships stand as they are.

    On either side of an outline, colours (and flows) nearby are taken as normally distributed; what a place is more like counts as evidence
    beside what memberships say.

    Args:
        memberships: as in Islands, row 0 = none.
        picture: RGB, of any size: it is brought to DETAIL places per cell.
    """
    evidence = np.zeros((memberships.shape[1] * DETAIL, memberships.shape[2] * DETAIL), np.float32)
    if len(memberships) < 2:
        return evidence
    band = _band(_finer(memberships[1:].max(0) - memberships[0]) > 0)
    if not band.any():
        return evidence
    window = _window(band)
    band = band[window]
    colours = _Look.of(_colours(picture, evidence.shape)[window], band, COLOUR_NOISE)
    found = _log_odds(1 - _finer(memberships[0])[window]) - np.float32(math.log(EVEN / (1 - EVEN)))
    prior, sides = found[band], _sides(found)
    if not motion.is_cut:
        flow = _Look.of(motion.flow_in_cells(*evidence.shape)[window], band, MOTION_NOISE)
        prior += MOTION_WEIGHT * flow.likelier_inside(sides)
    for _ in range(SWEEPS):
        found[band] = prior + colours.likelier_inside(sides)
        sides = _sides(found)
    np.copyto(evidence[window], found, where=band)
    return evidence


def _finer(plane: Float32[np.ndarray, "hs ws"]) -> _Places:
    import cv2

    return cv2.resize(plane, None, fx=DETAIL, fy=DETAIL, interpolation=cv2.INTER_CUBIC)


def _band(inside: Bool[np.ndarray, "hp wp"]) -> Bool[np.ndarray, "hp wp"]:
    """Places within BAND of a border."""
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    return cv2.morphologyEx(inside.view(np.uint8), cv2.MORPH_GRADIENT, disc) > 0


def _window(band: Bool[np.ndarray, "hp wp"]) -> tuple[slice, slice]:
    """Whole blocks, as far as the grid goes, that hold the band and two blocks around it: what sides look like is seen there."""
    import cv2

    left, top, width, height = cv2.boundingRect(band.view(np.uint8))
    spans = ((top, height, band.shape[0]), (left, width, band.shape[1]))
    rows, columns = (slice(max(at // BLOCK - 2, 0) * BLOCK, min((-(-(at + n) // BLOCK) + 2) * BLOCK, end)) for at, n, end in spans)
    return rows, columns


def _colours(picture: UInt8[np.ndarray, "H W 3"], size: tuple[int, int]) -> Float32[np.ndarray, "hp wp 3"]:
    """L*a*b* over 100: there, a distance looks equally wide everywhere, and one variance of noise fits all colours."""
    import cv2

    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB) / np.float32(100)


def _log_odds(share: Float32[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
    within = np.clip(share, np.float32(1e-3), np.float32(1 - 1e-3))
    return np.log(within / (1 - within))


def _whole(planes: Float32[np.ndarray, "h w *d"] | Bool[np.ndarray, "h w"]) -> np.ndarray:
    """Zeros around what is missing of the last blocks."""
    lacking = [(0, -side % BLOCK) for side in planes.shape[:2]]
    return np.pad(planes, [*lacking, *((0, 0) for _ in planes.shape[2:])]) if lacking != [(0, 0), (0, 0)] else planes


def _blocks(planes: Float32[np.ndarray, "h w *d"] | Bool[np.ndarray, "h w"]) -> np.ndarray:
    """Places by block, row by row, as (hb wb p *d)."""
    planes = _whole(planes)
    rows, columns, rest = planes.shape[0] // BLOCK, planes.shape[1] // BLOCK, planes.shape[2:]
    return planes.reshape(rows, BLOCK, columns, BLOCK, *rest).swapaxes(1, 2).reshape(rows, columns, BLOCK * BLOCK, *rest)


def _sides(found: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "hb wb 2 p"]:
    """How far each place counts as inside, and as outside."""
    inside = 1 / (1 + np.exp(-SURENESS * found))
    return np.stack([_blocks(inside), _blocks(1 - inside)], 2)


@dataclass(frozen=True, slots=True)
class _Look:
    """What places look like in one respect: 1, x_i and x_i x_j (i <= j) of each place's x. Sums of these tell mean and covariance, and the log
    density of a normal distribution is linear in them."""

    by_block: Float32[np.ndarray, "hb wb p t"]
    in_band: Float32[np.ndarray, "n t"]
    places: Int64[np.ndarray, " n"]
    """Of the band, in the flattened grid of whole blocks."""
    near: Bool[np.ndarray, "hb wb"]
    """Blocks that the band's factors are drawn from."""
    noise: float
    """Variance that says nothing."""

    @classmethod
    def of(cls, x: Float32[np.ndarray, "h w d"], band: Bool[np.ndarray, "h w"], noise: float) -> "_Look":
        import cv2

        near = cv2.dilate(_blocks(band).any(2).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
        return cls(_terms(_blocks(x)), _terms(x[band]), np.flatnonzero(_whole(band)), near, noise)

    def likelier_inside(self, sides: Float32[np.ndarray, "hb wb 2 p"]) -> Float32[np.ndarray, " n"]:
        """Log of how much likelier each place of the band is inside than outside, within MOST. ``sides``: weights of places inside, and outside."""
        import cv2

        sums = sides @ self.by_block
        around = [cv2.boxFilter(sums[..., side, :], -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)[self.near] for side in (0, 1)]
        inside, outside = _normal_density(np.stack(around), self.noise)
        factors = np.zeros((*self.near.shape, sums.shape[-1]), np.float32)
        factors[self.near] = inside - outside
        finer = cv2.resize(factors, None, fx=BLOCK, fy=BLOCK, interpolation=cv2.INTER_LINEAR)
        at_places = finer.reshape(-1, sums.shape[-1]).take(self.places, axis=0)
        return np.clip(np.einsum("nt,nt->n", self.in_band, at_places), -MOST, MOST)


def _terms(x: Float32[np.ndarray, "*n d"]) -> Float32[np.ndarray, "*n t"]:
    d = x.shape[-1]
    i, j = np.triu_indices(d)
    terms = np.empty((*x.shape[:-1], 1 + d + len(i)), np.float32)
    terms[..., 0] = 1
    terms[..., 1 : 1 + d] = x
    for term, (one, other) in enumerate(zip(i, j, strict=True), 1 + d):  # slices: picking pairs by index takes three times as long
        np.multiply(x[..., one], x[..., other], out=terms[..., term])
    return terms


def _normal_density(sums: Float32[np.ndarray, "2 b t"], noise: float) -> Float32[np.ndarray, "2 b t"]:
    """Log densities of the normal distributions with these sums of terms, as factors of the terms; the constant of pi left out."""
    d = int((2 * sums.shape[-1]) ** 0.5) - 1  # t = (d + 1)(d + 2) / 2
    i, j = np.triu_indices(d)
    means = sums[..., 1:] / (sums[..., :1] + np.float32(1e-2))
    centre = means[..., :d]
    covariance = np.empty((*sums.shape[:-1], d, d), np.float32)
    covariance[..., i, j] = covariance[..., j, i] = means[..., d:] - centre[..., i] * centre[..., j]
    covariance[..., range(d), range(d)] += np.float32(noise)
    precision = np.linalg.inv(covariance)
    slopes = (precision @ centre[..., None])[..., 0]
    factors = np.empty_like(sums)
    factors[..., 0] = -0.5 * ((slopes * centre).sum(-1) + np.log(np.linalg.det(covariance)))
    factors[..., 1 : 1 + d] = slopes
    factors[..., 1 + d :] = precision[..., i, j] * np.where(i == j, np.float32(-0.5), np.float32(-1))
    return factors
