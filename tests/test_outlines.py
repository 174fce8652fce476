"""Where outlines lie once they are fitted: memberships that are off by some pixels, over pictures
whose true outline is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from percepts import tracks_of

from glom_video.islands.outlines import BAND, DETAIL, fit_outlines
from glom_video.motion import no_motion
from glom_video.structures import Motion, Tracks, id_image

CELL = 3
"""Pixels of the working picture per cell of memberships, as the model has it."""
HEIGHT, WIDTH = 144, 216
STILL = no_motion(HEIGHT, WIDTH)
Colour = tuple[float, float, float]


def figure(shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """A body with a head and an arm, moved by (x, y) pixels."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(mask, (100 + shift[0], 85 + shift[1]), (42, 30), 20, 0, 360, 1, -1)
    cv2.circle(mask, (130 + shift[0], 45 + shift[1]), 18, 1, -1)
    cv2.rectangle(mask, (40 + shift[0], 92 + shift[1]), (70 + shift[0], 106 + shift[1]), 1, -1)
    return mask > 0


def outward(mask: np.ndarray) -> np.ndarray:
    """Pixels from each pixel to the outline, positive inside."""
    sides = (mask.astype(np.uint8), (~mask).astype(np.uint8))
    inside, outside = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in sides)
    return np.where(mask, inside - 0.5, 0.5 - outside)


def coarse(mask: np.ndarray, id_: int = 7) -> Tracks:
    """Memberships that fall off over some cells, with their even share on the outline of a mask."""
    share = 1 / (1 + np.exp(-outward(mask) / 4))
    height, width = HEIGHT // CELL, WIDTH // CELL
    plane = cv2.resize(share.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    blank = tracks_of({id_: (0, 0, 1, 1)}, height, width)
    return replace(blank, memberships=np.stack([1 - plane, plane]))


def painted(mask: np.ndarray, inside: Colour, outside: Colour) -> np.ndarray:
    """Both sides in a colour of their own, with noise."""
    speckle = 0.05 * np.random.default_rng(0).standard_normal((HEIGHT, WIDTH, 3))
    colours = np.where(mask[..., None], inside, outside) + speckle
    return (255 * colours.clip(0, 1)).astype(np.uint8)


def fitted(tracks: Tracks, picture: np.ndarray, motion: Motion = STILL) -> Tracks:
    return replace(tracks, inside=fit_outlines(tracks.memberships, picture, motion))


def error(tracks: Tracks, mask: np.ndarray) -> float:
    """Mean distance in pixels from the outline that is drawn to that of a mask."""
    drawn = id_image(tracks, HEIGHT, WIDTH) > 0
    square = np.ones((3, 3), np.uint8)
    line = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_GRADIENT, square) > 0
    return float(np.abs(outward(mask)[line]).mean())


@pytest.mark.parametrize("shift", [(4, 0), (-3, -3), (0, 4)])
def test_an_outline_that_is_off_goes_to_the_edge_in_the_picture(shift: tuple[int, int]) -> None:
    tracks = coarse(figure(shift))
    picture = painted(figure(), (0.7, 0.45, 0.3), (0.3, 0.5, 0.6))
    assert error(tracks, figure()) > 2
    assert error(fitted(tracks, picture), figure()) < 1


def test_a_mask_that_is_too_wide_all_around_goes_back_to_the_edge() -> None:
    tracks = coarse(outward(figure()) > -4)
    assert error(tracks, figure()) > 3
    picture = painted(figure(), (0.2, 0.2, 0.2), (0.5, 0.5, 0.5))
    assert error(fitted(tracks, picture), figure()) < 1


def test_an_outline_stays_where_the_picture_has_no_edge() -> None:
    tracks = coarse(figure())
    plain = painted(figure(), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert error(fitted(tracks, plain), figure()) < 2.2


def test_motion_finds_an_outline_between_two_like_colours() -> None:
    tracks = coarse(figure((4, 0)))
    plain = painted(figure(), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[figure()] = (5, -3)
    moved = replace(STILL, flow=flow, is_cut=False)
    unmoved = error(fitted(tracks, plain), figure())
    assert error(fitted(tracks, plain, moved), figure()) < 0.8 * unmoved


def test_flow_between_two_scenes_moves_no_outline() -> None:
    tracks = coarse(figure((4, 0)))
    picture = painted(figure(), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    flow = np.random.default_rng(0).normal(0, 9, (HEIGHT, WIDTH, 2)).astype(np.float32)
    cut = fit_outlines(tracks.memberships, picture, replace(STILL, flow=flow))
    np.testing.assert_array_equal(cut, fit_outlines(tracks.memberships, picture, STILL))


def test_a_picture_of_any_size_tells_the_outline() -> None:
    """A large frame is seen at the size of the grid, and masks have the frame's size."""
    tracks = coarse(figure((4, 0)))
    picture = painted(figure(), (0.7, 0.45, 0.3), (0.3, 0.5, 0.6))
    large = cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    ids = id_image(fitted(tracks, large), 3 * HEIGHT, 3 * WIDTH)
    true = figure().repeat(3, 0).repeat(3, 1)
    assert np.count_nonzero((ids > 0) != true) < 0.06 * np.count_nonzero(true)


def test_nothing_changes_away_from_outlines() -> None:
    """A picture full of edges moves outlines, by the band at most."""
    tracks = coarse(figure())
    squares = np.random.default_rng(1).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    picture = squares.repeat(8, 0).repeat(8, 1)
    before = id_image(tracks, HEIGHT, WIDTH)
    after = id_image(fitted(tracks, picture), HEIGHT, WIDTH)
    changed = before != after
    assert changed.any()
    assert np.abs(outward(before > 0)[changed]).max() <= (BAND + 1.5) * CELL / DETAIL


@st.composite
def scenes(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """Memberships of some islands on a small grid, a picture, a flow and whether it is a cut, all
    of them anything."""
    h, w, k = draw(st.integers(1, 30)), draw(st.integers(1, 30)), draw(st.integers(0, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    drawn = random.random((k + 1, h, w)).astype(np.float32) ** draw(st.sampled_from([1, 8, 60]))
    shares = drawn + np.float32(1e-6)
    size = draw(st.integers(1, 90)), draw(st.integers(1, 90)), 3
    picture = random.integers(0, draw(st.sampled_from([1, 256])), size, np.uint8)
    fast = draw(st.sampled_from([0, 1, 1e3]))
    flow = random.normal(0, fast, (3 * h, 3 * w, 2)).astype(np.float32)
    return shares / shares.sum(0), picture, flow, draw(st.booleans())


@given(scenes())
@settings(max_examples=60, deadline=None)
def test_any_scene_has_outlines_of_its_own_tracks(
    scene: tuple[np.ndarray, np.ndarray, np.ndarray, bool],
) -> None:
    memberships, picture, flow, is_cut = scene
    h, w = memberships.shape[1:]
    blank = tracks_of(dict.fromkeys(range(3, 2 + len(memberships)), (0, 0, 1, 1)), h, w)
    tracks = replace(blank, memberships=memberships)
    motion = replace(no_motion(3 * h, 3 * w), flow=flow, is_cut=is_cut)
    drawn = fitted(tracks, picture, motion)
    assert drawn.inside is not None
    assert drawn.inside.shape == tuple(DETAIL * side for side in tracks.memberships.shape[1:])
    assert np.isfinite(drawn.inside).all()
    ids = id_image(drawn, 37, 53)
    assert set(np.unique(ids)) <= {0, *tracks.ids.tolist()}


def test_a_picture_of_one_pixel_has_an_outline() -> None:
    whole = replace(tracks_of({5: (0, 0, 2, 2)}, 2, 2), inside=np.ones((2, 2), np.float32))
    assert id_image(whole, 1, 1).tolist() == [[5]]


def test_grains_of_the_objects_colour_beside_it_are_not_its() -> None:
    """Dots of three pixels, two working cells from the outline."""
    mask, red, green = figure(), (0.8, 0.2, 0.2), (0.2, 0.6, 0.3)
    picture = painted(mask, red, green)
    dots = np.zeros_like(mask)
    dots[::9, ::9] = True
    grains = cv2.dilate(dots.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    grains &= (outward(mask) < -4) & (outward(mask) > -10)
    picture[grains] = (204, 51, 51)
    found = id_image(fitted(coarse(mask), picture), HEIGHT, WIDTH) > 0
    pieces, _ = cv2.connectedComponents(found.astype(np.uint8))
    assert grains.sum() > 150
    assert pieces == 2, "the background and the figure"
