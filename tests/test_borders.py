"""Where an island ends: shares that are right but coarse, over pictures whose borders are known."""

import numpy as np
import pytest

from glom_video.islands.borders import guided_filter

SIDE = 60


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    return np.hypot(x, y) < radius


def coarse(mask: np.ndarray) -> np.ndarray:
    """What a model would say that sees every sixth place, and errs by two cells."""
    import cv2

    seen = cv2.resize(
        np.roll(mask, 2, 1).astype(np.float32), (SIDE // 6, SIDE // 6), interpolation=cv2.INTER_AREA
    )
    return cv2.resize(seen, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def painted(
    mask: np.ndarray,
    inside: tuple[float, float, float],
    outside: tuple[float, float, float],
    noise: float = 0.03,
) -> np.ndarray:
    random = np.random.default_rng(0)
    picture = np.where(mask[..., None], inside, outside) + noise * random.standard_normal(
        (SIDE, SIDE, 3)
    )
    return picture.clip(0, 1).astype(np.float32)


def overlap(shares: np.ndarray, mask: np.ndarray) -> float:
    found = shares > 0.5
    return float((found & mask).sum() / (found | mask).sum())


def test_a_border_moves_to_where_colours_change() -> None:
    mask = disc(14)
    shares = guided_filter(coarse(mask), painted(mask, (0.2, 0.5, 0.3), (0.5, 0.4, 0.3)))
    assert overlap(coarse(mask), mask) < 0.85
    assert overlap(shares, mask) > 0.95


def test_colours_that_are_all_over_the_picture_move_no_border() -> None:
    """Both sides look alike, so the picture has nothing to say."""
    mask = disc(14)
    noise = painted(mask, (0.4, 0.4, 0.4), (0.4, 0.4, 0.4), noise=0.1)
    assert overlap(guided_filter(coarse(mask), noise), coarse(mask) > 0.5) > 0.9


@pytest.mark.parametrize("radius", [2, 5, 14])
def test_a_plain_picture_leaves_shares_as_they_are(radius: float) -> None:
    shares = disc(radius).astype(np.float32)
    np.testing.assert_allclose(
        guided_filter(shares, np.full((SIDE, SIDE, 3), 0.5, np.float32)), shares, atol=1e-3
    )


@pytest.mark.parametrize(
    "picture", [np.zeros((SIDE, SIDE, 3), np.float32), painted(disc(9), (1, 1, 1), (0, 0, 0), 0)]
)
def test_shares_stay_shares_in_pictures_without_colour(picture: np.ndarray) -> None:
    shares = guided_filter(coarse(disc(9)), picture)
    assert shares.dtype == np.float32
    assert np.isfinite(shares).all()
    assert shares.min() >= 0
    assert shares.max() <= 1
