"""Ticks: where little moves the columns are updated a few times a second, and what was found goes
along with what moves."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from percepts import noise

import glom_video as gv
from glom_video.motion import Ticks, no_motion
from glom_video.motion.ticks import FIRST_TICKS
from glom_video.perceive import FramePreparation, prepare_recording
from glom_video.perceive.warm_start import WARM_START_FRAMES
from glom_video.structures import Frame, Percept, Tracks
from glom_video.track import carried_along

HEIGHT, WIDTH = 144, 192
SMALL = gv.MotionSettings(working_pixels=HEIGHT * WIDTH)


def smooth(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    coarse = noise(height // 8, width // 8, seed=seed)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def sliding(
    count: int, pixels: float, rate: float = 30, height: int = HEIGHT, width: int = WIDTH
) -> list[Frame]:
    """A textured square that goes to the right by so many pixels a frame."""
    ground, thing = smooth(1, height, width), smooth(2, 48, 48)
    frames = []
    for index in range(count):
        to = np.array([[1, 0, 30 + index * pixels], [0, 1, 40]], np.float32)
        cover = cv2.warpAffine(np.ones((48, 48), np.float32), to, (width, height))[..., None]
        moved = cv2.warpAffine(thing, to, (width, height))
        image = (cover * moved + (1 - cover) * ground).astype(np.uint8)
        frames.append(Frame(image, index, index / rate))
    return frames


def ticks(frames: Sequence[Frame], motion: gv.MotionSettings = SMALL) -> list[bool]:
    preparation = FramePreparation(motion)
    return [preparation.prepare(frame).drift is None for frame in frames]


@pytest.mark.parametrize(("rate", "between"), [(30, 4), (25, 3), (60, 8), (15, 2), (5, 1)])
def test_a_still_scene_has_eight_ticks_a_second_whatever_the_rate(rate: int, between: int) -> None:
    places = np.flatnonzero(ticks(sliding(40, 0, rate)))
    first = list(range(FIRST_TICKS))
    assert places[:FIRST_TICKS].tolist() == first, "a scene's beginning is understood in full"
    assert set(np.diff(places[FIRST_TICKS:]).tolist()) <= {between, between - (between > 7)}


def test_a_still_scene_begins_with_as_many_ticks_as_are_played_backwards() -> None:
    prepared = list(prepare_recording(FramePreparation(SMALL), sliding(20, 0)))
    played = prepared[0].warm_start
    assert len(played) == WARM_START_FRAMES
    assert all(each.drift is None for each in played)


def test_what_moves_fast_is_updated_in_every_frame() -> None:
    assert all(ticks(sliding(20, 6)))


def test_what_moves_slowly_is_updated_more_often_than_what_is_still() -> None:
    still, slow, fast = (sum(ticks(sliding(60, pixels))) for pixels in (0, 1.5, 6))
    assert still < slow < fast


def test_a_cut_and_what_follows_it_are_ticks() -> None:
    other = [
        replace(
            frame, image=255 - frame.image[::-1] // 3, index=20 + at, pts_seconds=(20 + at) / 30
        )
        for at, frame in enumerate(sliding(20, 0))
    ]
    found = ticks([*sliding(20, 0), *other])
    assert not all(found[FIRST_TICKS:20])
    assert all(found[20 : 20 + FIRST_TICKS])
    assert not all(found[20 + FIRST_TICKS :])


def test_a_thing_that_appears_is_a_tick() -> None:
    frames = sliding(20, 0)
    shown = frames[18].image.copy()
    shown[90:130, 100:160] = smooth(5, 40, 60)
    found = ticks([*frames[:18], replace(frames[18], image=shown)])
    assert found[18]


def test_a_late_frame_is_no_tick_only_because_something_moves() -> None:
    """But four times a second it is, and where something appears."""
    preparation, frames = FramePreparation(SMALL), sliding(20, 6)
    found = [
        preparation.prepare(frame, is_late=frame.index >= 8).drift is None for frame in frames[:18]
    ]
    assert all(found[:8]), "it moves fast"
    assert np.flatnonzero(found[8:]).tolist() == [6], "a quarter of a second after the last"
    shown = frames[18].image.copy()
    shown[90:130, 100:160] = smooth(5, 40, 60)
    assert preparation.prepare(replace(frames[18], image=shown), is_late=True).drift is None


def test_no_ticks_are_left_out_where_the_setting_is_nought() -> None:
    every = FramePreparation(replace(SMALL, tick_seconds=0.0))
    assert all(every.prepare(frame, is_late=True).drift is None for frame in sliding(20, 0))


def test_a_saved_state_holds_no_picture_of_ticks_where_every_frame_is_one() -> None:
    kept = {}
    for seconds in (0.0, 0.125):
        preparation = FramePreparation(replace(SMALL, tick_seconds=seconds))
        for frame in sliding(3, 0):
            preparation.prepare(frame)
        arrays, numbers = preparation.to_arrays()
        kept[seconds] = set(arrays)
        again = FramePreparation.from_arrays(arrays, numbers, preparation.settings)
        assert again.prepare(sliding(4, 0)[3]).drift is None
    assert kept[0.125] - kept[0.0] == {"coarse_picture"}


@settings(deadline=None, max_examples=25)
@given(
    steps=st.lists(st.floats(0.001, 0.2), min_size=20, max_size=40),
    longest=st.floats(0.05, 0.5),
)
def test_ticks_are_never_farther_apart_than_asked(steps: list[float], longest: float) -> None:
    picture, clock, now, last = smooth(3)[..., 0], Ticks(longest), 0.0, 0.0
    still = no_motion(HEIGHT, WIDTH)
    for step in steps:
        now += step
        if clock.drift(picture, now) is None:
            clock.tick(picture, now, replace(still, is_cut=False), max(now - last, 1e-3))
            last = now
        assert now - last < longest


def perceived(glom: gv.Glom, frames: Sequence[Frame]) -> list[Percept]:
    return list(gv.perceive(frames, glom, gv.Settings(motion=SMALL)))


def test_between_ticks_the_same_tracks_are_told_older(glom: gv.Glom) -> None:
    percepts = perceived(glom, sliding(20, 0))
    assert [percept.frame.index for percept in percepts] == list(range(20))
    assert {percept.is_tick for percept in percepts} == {True, False}
    for before, now in pairwise(percepts):
        if now.is_tick:
            continue
        for level in ("part", "object"):
            old, new = before.tracks[level], now.tracks[level]
            assert new.ids.tolist() == old.ids.tolist()
            assert new.names == old.names
            assert (new.age_frames == old.age_frames + 1).all()
            assert np.allclose(new.age_seconds, old.age_seconds + 1 / 30, atol=1e-4)
        assert now.stage_seconds["glom"] == now.stage_seconds["islands"] == 0


def one_track(left: int) -> Tracks:
    """A rectangle, 20 columns wide."""
    memberships = np.zeros((2, 36, 48), np.float32)
    memberships[1, 10:20, left : left + 20] = 1
    memberships[0] = 1 - memberships[1]
    pose = np.array([[(left + 10) / 48, 15 / 36, 0.3, 0, 0, 0]], np.float32)
    return Tracks(
        ids=np.array([7], np.int32),
        parent_ids=np.zeros(1, np.int32),
        embeddings=np.ones((1, 4), np.float32),
        score=np.ones(1, np.float32),
        agreement=np.ones(1, np.float32),
        pose=pose,
        read_pose=pose,
        memberships=memberships,
        age_frames=np.array([3], np.int32),
        age_seconds=np.array([0.1], np.float32),
        missed_frames=np.array([2], np.int32),
        names=("7",),
        inside=memberships[1] * 2 - 1,
    )


def test_masks_go_along_with_what_moves() -> None:
    """Backward flow of minus four pixels: all went four to the right, on a grid half as fine."""
    flow = np.zeros((18, 24, 2), np.float32)
    flow[..., 0] = -2
    now = carried_along({"object": one_track(10)}, flow, 2, 0.08)["object"]
    expected = one_track(14)
    assert np.allclose(now.memberships, expected.memberships)
    assert now.inside is not None
    assert expected.inside is not None
    assert np.allclose(now.inside, expected.inside)
    assert np.allclose(now.pose[:, :2], expected.pose[:, :2], atol=1e-3)
    assert now.age_frames.tolist() == [5]
    assert now.age_seconds == pytest.approx(0.18)
    assert now.missed_frames.tolist() == [0]


def test_nothing_that_stays_is_copied() -> None:
    tracks = one_track(10)
    still = np.zeros((18, 24, 2), np.float32)
    now = carried_along({"object": tracks}, still, 1, 0.03)["object"]
    assert now.memberships is tracks.memberships


def test_a_clip_cut_in_two_between_ticks_goes_on_as_it_would_have(
    glom: gv.Glom, tmp_path: Path
) -> None:
    frames, whole = sliding(24, 0.3), gv.Perceiver(glom, gv.Settings(motion=SMALL))
    for frame in frames[:14]:
        percept = whole(frame)
    assert not percept.is_tick, "else nothing of this is tested"
    whole.save(tmp_path / "memory")
    continued = gv.Perceiver.restore(tmp_path / "memory", glom)
    for frame in frames[14:]:
        one, other = whole(frame), continued(frame)
        assert one.is_tick == other.is_tick
        for level in ("part", "object"):
            assert np.array_equal(one.tracks[level].memberships, other.tracks[level].memberships)
            assert one.tracks[level].names == other.tracks[level].names
        assert np.array_equal(one.motion.flow, other.motion.flow)


def shift(pixels: float) -> np.ndarray:
    return np.array([[1, 0, -pixels], [0, 1, 0]], np.float32)


def test_motion_between_two_ticks_leads_to_the_frame_before(glom: gv.Glom) -> None:
    """A pan of half a pixel a frame, whichever frames are ticks."""
    wide = smooth(4, HEIGHT, 2 * WIDTH)
    frames = [
        Frame(cv2.warpAffine(wide, shift(index / 2), (WIDTH, HEIGHT)), index, index / 30)
        for index in range(24)
    ]
    percepts = perceived(glom, frames)[1:]
    assert {percept.is_tick for percept in percepts} == {True, False}
    for percept in percepts:
        scale = WIDTH / percept.motion.flow.shape[1]
        assert np.median(percept.motion.flow[..., 0]) * scale == pytest.approx(0.5, abs=0.12)
