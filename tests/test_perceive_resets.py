"""When a clip begins anew: cuts, gaps, other sizes and odd input. Small random weights."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import moving_square, small_glom
from perceived_clips import (
    FEW_COLUMNS,
    SETTINGS,
    all_ids,
    another_scene,
    assert_same,
    clip,
    seen_by,
)
from percepts import noise

from glom_video.glom import Glom, GlomSettings
from glom_video.islands import IslandSettings
from glom_video.motion import MotionSettings
from glom_video.perceive import Perceiver, perceive, perceive_together
from glom_video.structures import Frame, Percept


def after(
    glom: Glom, frames: Sequence[Frame], last: Frame
) -> tuple[Perceiver, list[Percept], Percept]:
    perceiver = Perceiver(glom, SETTINGS)
    before = seen_by(perceiver, frames)
    assert perceiver.columns.state is not None
    assert perceiver.columns.state.frames_seen == len(frames)
    return perceiver, before, perceiver(last)


def assert_began_anew(
    perceiver: Perceiver, before: list[Percept], now: Percept, reason: str
) -> None:
    """A new state, and ids that go on: a track is either one that was there before or has a number
    above all that were ever given."""
    assert now.motion.is_cut
    assert now.reset == reason
    assert perceiver.columns.state is not None
    assert perceiver.columns.state.frames_seen == 1
    for level in ("part", "object"):
        highest = max(all_ids(before, level))
        assert len(now.tracks[level].ids)
        for track_id, age in zip(now.tracks[level].ids, now.tracks[level].age_frames, strict=True):
            assert (age == 1) == (track_id > highest)


def test_a_cut_begins_a_new_state_and_ids_go_on(glom: Glom) -> None:
    assert_began_anew(*after(glom, clip(4), replace(clip(5)[4], image=another_scene())), "cut")


def test_after_a_cut_nothing_of_the_scene_before_is_left_in_the_state(glom: Glom) -> None:
    perceiver, _, _ = after(glom, clip(4), replace(clip(5)[4], image=another_scene()))
    fresh = Perceiver(glom, SETTINGS)
    fresh(Frame(another_scene(), 0, 0.0))
    assert perceiver.columns.state is not None
    assert fresh.columns.state is not None
    assert torch.equal(perceiver.columns.state.levels, fresh.columns.state.levels)


def test_a_gap_in_time_begins_a_new_state_and_ids_go_on(glom: Glom) -> None:
    frames = clip(6)
    late = replace(frames[5], index=80, pts_seconds=frames[4].pts_seconds + 2.5)
    assert_began_anew(*after(glom, frames[:5], late), "gap")


def test_a_short_gap_does_not(glom: Glom) -> None:
    """Ten frames dropped: still within the gap allowed."""
    frames = clip(16)
    perceiver, _, now = after(glom, frames[:5], frames[15])
    assert not now.motion.is_cut
    assert now.reset is None
    assert perceiver.columns.state is not None
    assert perceiver.columns.state.frames_seen == 6


def test_ticks_far_apart_are_no_gap(glom: Glom) -> None:
    """Frames come all the time, and the columns need none of them for longer than a gap may be."""
    rare = replace(FEW_COLUMNS, motion=replace(FEW_COLUMNS.motion, tick_seconds=5.0))
    perceiver, image = Perceiver(glom, rare), cv2.GaussianBlur(noise(72, 96), (0, 0), 4)
    frames = [Frame(image, index, index / 10) for index in range(45)]
    resets = [perceiver.prepare(frame).reset for frame in frames]
    assert resets == ["begin", *[None] * 44]
    damaged = [Frame(image, 45 + more, 4.5 + more, is_corrupt=True) for more in range(3)]
    assert [perceiver.prepare(frame).reset for frame in damaged] == [None, None, "gap"]


def test_another_size_begins_a_new_state_and_ids_go_on(glom: Glom) -> None:
    frames = clip(4)
    turned = Frame(moving_square(5, 96, 72)[4], 4, frames[3].pts_seconds + 0.04)
    perceiver, before, now = after(glom, frames, turned)
    assert now.parse.islands["part"].labels.shape == (16, 12)
    assert_began_anew(perceiver, before, now, "size")
    perceiver(replace(turned, index=5, pts_seconds=turned.pts_seconds + 0.04))
    assert perceiver.columns.state is not None
    assert perceiver.columns.state.frames_seen == 2


# Odd input


def test_a_corrupt_frame_is_answered_but_not_remembered(glom: Glom) -> None:
    frames = clip(6)
    damaged = replace(frames[3], image=noise(72, 96), is_corrupt=True)
    perceiver, clean = Perceiver(glom, SETTINGS), Perceiver(glom, SETTINGS)
    seen_by(perceiver, frames[:3])
    seen_by(clean, frames[:3])
    before, tracker = perceiver.columns.state, perceiver.tracker
    objects, parts = tracker.objects, tracker.parts
    assert perceiver(damaged).frame is damaged
    assert perceiver.columns.state is before
    assert tracker.objects is objects
    assert tracker.parts is parts
    for frame in frames[4:]:
        assert_same_islands(perceiver(frame), clean(frame))


def assert_same_islands(one: Percept, other: Percept) -> None:
    for level in ("part", "object"):
        assert np.array_equal(
            one.parse.islands[level].memberships, other.parse.islands[level].memberships
        )


def test_a_clip_that_begins_with_a_corrupt_frame(glom: Glom) -> None:
    perceiver, frames = Perceiver(glom, SETTINGS), clip(3)
    perceiver(replace(frames[0], is_corrupt=True))
    assert perceiver.columns.state is None
    assert perceiver(frames[1]).motion.is_cut
    assert not perceiver(frames[2]).motion.is_cut


def test_a_still_clip_stays_the_same(glom: Glom) -> None:
    image = cv2.GaussianBlur(noise(72, 96), (0, 0), 4)
    percepts = seen_by(
        Perceiver(glom, SETTINGS), [Frame(image, index, index / 25) for index in range(30)]
    )
    for percept in percepts:
        for tracks in percept.tracks.values():
            for array in (tracks.embeddings, tracks.pose, tracks.memberships, tracks.agreement):
                assert np.isfinite(array).all()
            assert np.abs(tracks.pose[:, 4:]).max(initial=0) < 0.05
    for level in ("part", "object"):
        assert len(percepts[-1].tracks[level].ids)
        assert percepts[-1].tracks[level].ids.tolist() == percepts[-2].tracks[level].ids.tolist()
        assert (
            np.abs(
                percepts[-1].tracks[level].memberships - percepts[-2].tracks[level].memberships
            ).max()
            < 0.05
        )


@pytest.mark.parametrize("size", [(37, 53), (72, 96), (121, 200)])
def test_pictures_of_any_size_and_shade_are_parsed(glom: Glom, size: tuple[int, int]) -> None:
    pictures = [np.zeros((*size, 3), np.uint8), np.full((*size, 3), 255, np.uint8), noise(*size)]
    for index, percept in enumerate(
        perceive(
            [Frame(image, index, index / 25) for index, image in enumerate(pictures)],
            glom,
            FEW_COLUMNS,
        )
    ):
        assert percept.frame.index == index
        for islands in percept.parse.islands.values():
            np.testing.assert_allclose(islands.memberships.sum(0), 1, atol=1e-4)


def test_velocity_is_per_second_whatever_the_spacing_of_frames(glom: Glom) -> None:
    """The same pictures at half the rate: velocities halve."""
    frames = clip(3, start=-0.7, rate=25)
    fast = seen_by(Perceiver(glom, SETTINGS), frames)[2].tracks["object"].pose[:, 4:]
    slow_frames = [replace(frame, pts_seconds=2 * frame.pts_seconds) for frame in frames]
    slow = seen_by(Perceiver(glom, SETTINGS), slow_frames)[2].tracks["object"].pose[:, 4:]
    assert np.abs(fast).max() > 0.01
    np.testing.assert_allclose(slow, fast / 2, rtol=1e-3, atol=1e-6)


def test_a_working_size_of_choice_is_kept_and_restored(glom: Glom, tmp_path: Path) -> None:
    first, second = clip(2)
    perceiver = Perceiver(glom, replace(SETTINGS, motion=MotionSettings(4 * 72 * 96)))
    assert perceiver(first).parse.islands["part"].labels.shape == (24, 32)
    perceiver.save(tmp_path / "memory")
    continued = Perceiver.restore(tmp_path / "memory", glom)
    assert_same(continued(second), perceiver(second))


def test_iters_and_islands_are_obeyed() -> None:
    glom = small_glom(14)  # of weights drawn at random, these find several objects here
    frames = [Frame(another_scene(), index, index / 25) for index in range(2)]
    once, twice = (
        seen_by(Perceiver(glom, replace(SETTINGS, glom=GlomSettings(iters))), frames)[1]
        for iters in (1, 2)
    )
    assert not np.array_equal(
        once.parse.islands["part"].column_agreement, twice.parse.islands["part"].column_agreement
    )
    single, several = (
        seen_by(
            Perceiver(glom, replace(SETTINGS, islands=IslandSettings(0.0, max_objects=most))),
            frames,
        )[1]
        for most in (1, 16)
    )
    assert len(single.tracks["object"].ids) == 1 < len(several.tracks["object"].ids)


def test_clips_understood_together_are_understood_as_each_alone() -> None:
    """One has a gap, one ends early: batches change from frame to frame, and no clip notices.

    With trained weights: of random ones the islands are at the mercy of rounding.
    """
    glom = Glom.from_pretrained(for_training=True).eval()
    pictures = moving_square(5)
    clips = [
        [Frame(image, index, index / 25) for index, image in enumerate(pictures)],
        [
            Frame(image, index, index / 25 + 9 * (index > 1))
            for index, image in enumerate(pictures[::-1])
        ],
        [Frame(image, index, index / 25) for index, image in enumerate(pictures[:2])],
    ]
    together: dict[int, list[Percept]] = {0: [], 1: [], 2: []}
    for place, percept in perceive_together(clips, glom, FEW_COLUMNS):
        together[place].append(percept)
    for place, frames in enumerate(clips):
        alone = list(perceive(frames, glom, FEW_COLUMNS))
        assert [percept.frame.index for percept in together[place]] == [
            percept.frame.index for percept in alone
        ]
        for one, other in zip(together[place], alone, strict=True):
            for level in ("part", "object"):
                np.testing.assert_array_equal(one.tracks[level].ids, other.tracks[level].ids)
                np.testing.assert_allclose(
                    one.tracks[level].memberships, other.tracks[level].memberships, atol=1e-3
                )
