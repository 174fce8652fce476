"""Outlines fitted to the picture: in a narrow band along the edges of objects, colour and motion on
either side decide what is inside."""

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from glom_video.islands.evidence import BLOCK, Band, Evidence
from glom_video.structures import Motion

DETAIL = 2
"""Places per membership cell and axis: a place is 1.5 working pixels wide."""
BAND = 5
"""Places on either side of a coarse outline within which it may move."""
EVEN, NEARBY = 0.75, 12
"""Memberships alone put the outline where the share of islands is EVEN times its mean inside, over
places within NEARBY on each axis. At a share of .5, outlines of certain objects lie too far out; at
a higher share, too little is left of less certain ones."""
SHARPENING = 2.0
"""Factor of the log odds by which sides are weighted when their densities are estimated."""
ROUNDS = 2
"""Rounds of estimating the sides: with a better outline, the sides are estimated better."""
COLOUR_NOISE, MOTION_NOISE = 2e-3, 0.05
"""Variance that counts as noise: of L*a*b* / 100; of motion, in places per frame."""
SPECKS = 5
"""Side of the median filter, in places, that drops what is no larger: grains of sand of the colour
of an animal."""
MOTION_WEIGHT = 0.5
"""Weight of motion relative to colour: flow is smooth across outlines."""

_Places = Float32[np.ndarray, "hp wp"]


def fit_outlines(
    memberships: Float32[np.ndarray, "rows hs ws"],
    picture: UInt8[np.ndarray, "H W 3"],
    motion: Motion,
) -> _Places:
    """Log odds that a place is inside an island; 0 away from outlines, where memberships decide.

    Colours nearby on either side of an outline, and flows, are taken as normally distributed. The
    log likelihood ratio of a place, inside to outside, is added to the log odds of the memberships.

    Args:
        memberships: as in Islands, row 0 = none.
        picture: RGB of any size; it is scaled to DETAIL places per cell.
    """
    import cv2

    fitted = np.zeros([DETAIL * side for side in memberships.shape[1:]], np.float32)
    if len(memberships) < 2:
        return fitted
    coarse = _finer(memberships[1:].max(0) - memberships[0]) > 0
    everywhere = _band(coarse)
    if not everywhere.any():
        return fitted
    window = _window(everywhere)
    is_in, share = everywhere[window], 1 - _finer(memberships[0])[window]
    odds = _log_odds(share) - _log_odds(EVEN * _mean_inside(share, coarse[window]))
    band, prior = Band.of(is_in), odds[is_in]
    if not motion.is_cut:
        flow = Evidence.of(motion.flow_in_cells(*fitted.shape)[window], band, MOTION_NOISE)
        prior += MOTION_WEIGHT * flow.likelier_inside(_sharpened(odds))
    colour = Evidence.of(_colours(picture, fitted.shape, window), band, COLOUR_NOISE)
    for _ in range(ROUNDS):
        odds[is_in] = prior + colour.likelier_inside(_sharpened(odds))
    np.copyto(fitted[window], cv2.medianBlur(odds, SPECKS), where=is_in)
    return fitted


def _finer(plane: Float32[np.ndarray, "hs ws"]) -> _Places:
    import cv2

    return cv2.resize(plane, None, fx=DETAIL, fy=DETAIL, interpolation=cv2.INTER_CUBIC)


def _band(inside: Bool[np.ndarray, "hp wp"]) -> Bool[np.ndarray, "hp wp"]:
    """Places within BAND of a border."""
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAND + 1, 2 * BAND + 1))
    return cv2.morphologyEx(inside.view(np.uint8), cv2.MORPH_GRADIENT, disc) > 0


def _mean_inside(share: _Places, inside: Bool[np.ndarray, "hp wp"]) -> _Places:
    """Mean share over nearby places that are inside; 0 where there are none."""
    import cv2

    side = 2 * NEARBY + 1, 2 * NEARBY + 1
    weight = inside.astype(np.float32)
    return cv2.blur(share * weight, side) / np.maximum(cv2.blur(weight, side), np.float32(1e-3))


def _window(band: Bool[np.ndarray, "hp wp"]) -> tuple[slice, slice]:
    """Rows and columns of whole blocks, within the grid, that hold the band and the two blocks
    around it, from which the sides are estimated."""
    import cv2

    left, top, width, height = cv2.boundingRect(band.view(np.uint8))
    return _span(top, top + height, band.shape[0]), _span(left, left + width, band.shape[1])


def _span(first: int, end: int, most: int) -> slice:
    return slice(max(first // BLOCK - 2, 0) * BLOCK, min((-(-end // BLOCK) + 2) * BLOCK, most))


def _colours(
    picture: UInt8[np.ndarray, "H W 3"], size: tuple[int, ...], window: tuple[slice, slice]
) -> Float32[np.ndarray, "h w 3"]:
    """L*a*b* / 100 of a window of the picture at ``size``. Distances in this space are perceptually
    even, so one variance of noise is enough."""
    import cv2

    small = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)[window]
    colours = cv2.cvtColor(small.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return colours / np.float32(100)


def _log_odds(share: _Places) -> _Places:
    within = np.clip(share, np.float32(1e-3), np.float32(1 - 1e-3))
    return np.log(within / (1 - within))


def _sharpened(odds: _Places) -> _Places:
    """Probabilities from log odds, sharpened."""
    return 1 / (1 + np.exp(-SHARPENING * odds))
