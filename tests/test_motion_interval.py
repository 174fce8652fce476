"""How far back motion is measured: slow things stand out, fast ones are not lost, and the rate at
which something was filmed does not matter."""

import numpy as np
import pytest
from jaxtyping import UInt8

from glom_video.motion import MotionHistory, motion_array, motions_of
from glom_video.motion.interval import INTERVAL_SECONDS
from glom_video.structures import Motion

SIDES = 192, 336
SQUARE = slice(60, 132), slice(90, 178)


def ground(seed: int = 5) -> UInt8[np.ndarray, "192 336"]:
    import cv2

    noise = np.random.default_rng(seed).integers(0, 256, (48, 84), np.uint8)
    return np.asarray(cv2.resize(noise, SIDES[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def moved_by(shift: float) -> UInt8[np.ndarray, "192 336"]:
    """A still scene with a square that has gone so many pixels to the right."""
    import cv2

    picture = ground()
    square = np.ascontiguousarray(ground(6)[SQUARE])
    matrix = np.array([[1, 0, SQUARE[1].start + shift], [0, 1, SQUARE[0].start]], np.float64)
    cv2.warpAffine(square, matrix, SIDES[::-1], picture, borderMode=cv2.BORDER_TRANSPARENT)
    return picture


def filmed(pixels_a_second: float, frames_a_second: float, seconds: float = 1.0) -> list[Motion]:
    times = np.arange(round(seconds * frames_a_second)) / frames_a_second
    return list(motions_of((moved_by(pixels_a_second * t), float(t)) for t in times))


def seen(motions: list[Motion]) -> float:
    """The least of the residual's plane (to the right is below 0) along the square's middle row,
    as the network is given it in the last frame."""
    planes = motion_array(motions[-1], motions[-1].residual)
    return float(np.quantile(planes[2][80:112], 0.05))


def test_what_moves_slowly_is_measured_over_the_longest_interval() -> None:
    motions = filmed(pixels_a_second=6, frames_a_second=30)
    assert [round(motion.interval) for motion in motions[:12]] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        9,
        9,
        9,
    ]
    assert seen(motions) == pytest.approx(-6 * INTERVAL_SECONDS, abs=0.25)
    flow = np.median(motions[-1].flow[80:112, 120:150, 0])
    # That since the frame before, whatever the interval.
    assert flow == pytest.approx(-6 / 30, abs=0.03)


def test_what_moves_fast_is_measured_from_the_frame_before() -> None:
    assert {motion.interval for motion in filmed(300, 30, 0.5)} == {1.0}


@pytest.mark.parametrize("speed", [6, 20, 45])
def test_the_rate_of_filming_changes_nothing(speed: float) -> None:
    at_rates = [seen(filmed(speed, rate, 0.8)) for rate in (10, 15, 30, 60)]
    np.testing.assert_allclose(at_rates, np.mean(at_rates), rtol=0.25)


def test_who_starts_to_run_is_measured_from_the_frame_before_at_once() -> None:
    shifts = [0.0] * 10 + [12.0]
    motions = list(motions_of((moved_by(shift), t / 30) for t, shift in enumerate(shifts)))
    assert motions[-2].interval > 5
    assert motions[-1].interval == 1
    assert np.median(motions[-1].flow[80:112, 120:150, 0]) == pytest.approx(-12, abs=1)


def test_nothing_is_measured_across_a_cut() -> None:
    scenes = [ground()] * 6 + [255 - moved_by(0) // 3] * 4
    motions = list(motions_of((picture, t / 30) for t, picture in enumerate(scenes)))
    assert [motion.is_cut for motion in motions] == [False] * 5 + [True] + [False] * 3
    assert [round(motion.interval) for motion in motions[5:]] == [1, 1, 2, 3]


def test_a_picture_that_is_not_remembered_leaves_no_trace() -> None:
    damaged = np.random.default_rng(0).integers(0, 256, SIDES).astype(np.uint8)
    once, twice = MotionHistory(), MotionHistory()
    for t in range(6):
        if t:
            twice.measure(damaged, (t - 0.5) / 30)
            one, other = (history.measure(moved_by(t / 4), t / 30) for history in (once, twice))
            np.testing.assert_array_equal(one.flow, other.flow)
        for history in (once, twice):
            history.remember(moved_by(t / 4), t / 30)


def test_time_that_stands_still_or_runs_backwards_is_survived() -> None:
    times = [0.0, 0.04, 0.04, 0.02, 0.08]
    motions = list(motions_of((moved_by(n), t) for n, t in enumerate(times)))
    assert all(np.isfinite(motion.flow).all() and motion.interval >= 1 for motion in motions)


def test_a_history_can_be_kept_and_continued() -> None:
    history = MotionHistory()
    for t in range(5):
        if t:
            history.measure(moved_by(t / 3), t / 25)
        history.remember(moved_by(t / 3), t / 25)
    continued = MotionHistory.from_arrays(*history.to_arrays())
    one, other = (each.measure(moved_by(2), 0.2) for each in (history, continued))
    assert one.interval == other.interval > 1
    np.testing.assert_array_equal(one.flow, other.flow)


def test_without_a_frame_before_nothing_is_measured() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        MotionHistory().measure(ground(), 0.0)
