"""The composition: a clip is understood frame by frame, can be put aside and continued, and starts
anew where it must. Small random weights."""

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from conftest import moving_square
from perceived_clips import (
    FEW_COLUMNS,
    SETTINGS,
    all_ids,
    another_scene,
    assert_same,
    clip,
    seen_by,
    shifting,
)

from glom_video.glom import Glom
from glom_video.islands import IslandSettings
from glom_video.motion import MotionSettings
from glom_video.perceive import Perceiver, Settings, perceive
from glom_video.structures import Frame, InvalidInput
from glom_video.track import TrackSettings


def test_a_clip_is_parsed_frame_by_frame(glom: Glom) -> None:
    frames = clip(4)
    percepts = seen_by(Perceiver(glom, SETTINGS), frames)
    for frame, percept in zip(frames, percepts, strict=True):
        assert percept.frame is frame
        assert percept.motion.flow.shape == (72, 96, 2)
        assert percept.parse.islands["part"].labels.shape == (12, 16)
        assert percept.tracks["part"].memberships.shape[1:] == (24, 32)
        assert len(percept.parse.parent) == len(percept.tracks["part"].ids)
        assert set(percept.tracks["part"].parent_ids) <= {0, *percept.tracks["object"].ids.tolist()}
        assert list(percept.stage_seconds) == ["motion", "glom", "islands", "track"]
        assert min(percept.stage_seconds.values()) > 0
    assert [percept.motion.is_cut for percept in percepts] == [True, False, False, False]
    assert [percept.reset for percept in percepts] == ["begin", None, None, None]
    assert all_ids(percepts, "part")
    assert all_ids(percepts, "object")


def test_frames_that_tell_no_index_are_counted(glom: Glom, tmp_path: Path) -> None:
    """A camera's loop that only knows the time, also when it is saved and goes on."""
    clip = moving_square(6)
    frames = [Frame.from_array(image, index / 25) for index, image in enumerate(clip)]
    numbered = [Frame.from_array(image, index / 25, index) for index, image in enumerate(clip)]
    counting = Perceiver(glom)
    percepts = [counting(frame) for frame in frames[:3]]
    counting.save(tmp_path / "memory.safetensors")
    counting = Perceiver.restore(tmp_path / "memory.safetensors", glom)
    percepts += [counting(frame) for frame in frames[3:]]
    told = list(map(Perceiver(glom), numbered))
    assert [percept.frame.index for percept in percepts] == list(range(6))
    for counted, known in zip(percepts, told, strict=True):
        np.testing.assert_array_equal(
            counted.tracks["part"].age_frames, known.tracks["part"].age_frames
        )
        np.testing.assert_array_equal(counted.ids("part"), known.ids("part"))
    assert percepts[-1].tracks["part"].age_frames.max() >= 5


def test_perceive_is_lazy_and_says_what_a_perceiver_says(glom: Glom) -> None:
    """It reads five frames ahead where a scene begins, and none elsewhere."""
    taken: list[int] = []

    def source() -> Iterator[Frame]:
        for frame in clip(7):
            taken.append(frame.index)
            yield frame

    percepts = perceive(source(), glom, SETTINGS)
    assert not taken
    first = next(percepts)
    assert taken == [0, 1, 2, 3, 4]
    perceiver = Perceiver(glom, SETTINGS)
    told = [
        perceiver.parse_and_track(perceiver.update_columns(each))
        for each in perceiver.prepare_recording(clip(7))
    ]
    for one, other in zip([first, *percepts], told, strict=True):
        assert_same(one, other)


def test_the_first_frame_of_each_scene_knows_what_moves(glom: Glom) -> None:
    """What moves from it to the second frame moved the same way before, so motion there is as in
    the second frame: all shifts to the left."""
    scene, other = shifting(7), shifting(8)
    frames = [
        replace(frame, index=index, pts_seconds=index / 25)
        for index, frame in enumerate([*scene, *other])
    ]
    prepared = list(Perceiver(glom, FEW_COLUMNS).prepare_recording(frames))
    assert [each.frame.index for each in prepared] == list(range(8))
    assert [each.reset for each in prepared] == ["begin", None, None, None, "cut", None, None, None]
    for first, second in ((prepared[0], prepared[1]), (prepared[4], prepared[5])):
        assert first.motion.is_cut
        assert np.median(first.motion.flow[..., 0]) == pytest.approx(
            3 * first.working.shape[1] / 384, abs=0.1
        )
        assert np.median(first.motion.flow, axis=(0, 1)) == pytest.approx(
            np.median(second.motion.flow, axis=(0, 1)), abs=0.2
        )
        assert np.abs(first.motion.residual).mean() < 0.3
        assert first.elapsed_seconds == pytest.approx(1 / 25)
        assert np.median(first.motion.validity) > 0.5


def test_motion_of_a_scenes_first_frame_is_of_one_frame_whatever_came_before(glom: Glom) -> None:
    """It is that to the second frame: a damaged picture before it is no part of that time."""
    frames = clip(4)
    frames[0] = replace(frames[0], is_corrupt=True)
    _, first, *_ = Perceiver(glom, FEW_COLUMNS).prepare_recording(frames)
    assert first.warm_start
    assert np.array_equal(first.motion_since_frame.flow, first.motion.flow)
    assert np.abs(first.motion.flow).max() > 0.5


def test_a_scene_is_played_backwards_before_its_first_frame(glom: Glom) -> None:
    """What goes to the left comes back to the right; the columns that went through it stand at the
    first frame."""
    first, *others = Perceiver(glom, FEW_COLUMNS).prepare_recording(shifting(7))
    assert [each.frame.index for each in first.warm_start] == [3, 2, 1, 0]
    assert not any(each.warm_start for each in others)
    pixels = first.working.shape[1] / 384
    assert np.median(first.motion.flow[..., 0]) == pytest.approx(3 * pixels, abs=0.1)
    backwards = [np.median(each.motion.flow[..., 0]) / pixels for each in first.warm_start[1:]]
    assert backwards == pytest.approx([-3, -3, -3], abs=0.2)
    knowing, one_by_one = Perceiver(glom, FEW_COLUMNS), Perceiver(glom, FEW_COLUMNS)
    output = knowing.update_columns(first)
    *_, last = [one_by_one.update_columns(each) for each in first.warm_start]
    assert output.prepared.motion is first.motion
    assert not output.prepared.warm_start, "nobody asks for it any more"
    assert output.reading is not None
    assert last.reading is not None
    assert torch.equal(
        output.reading.levels["object"].vectors, last.reading.levels["object"].vectors
    )
    assert knowing.columns.state is not None
    assert one_by_one.columns.state is not None
    assert torch.equal(knowing.columns.state.levels, one_by_one.columns.state.levels)


def test_a_warm_start_ends_where_the_scene_does_and_leaves_out_damaged_frames(glom: Glom) -> None:
    scene = shifting(7)[:3]
    frames = [
        replace(frame, index=index, pts_seconds=index / 25, is_corrupt=index == 1)
        for index, frame in enumerate([*scene, *shifting(8)])
    ]
    prepared = list(Perceiver(glom, FEW_COLUMNS).prepare_recording(frames))
    assert [each.frame.index for each in prepared] == list(range(7))
    assert [
        [played.frame.index for played in each.warm_start] for each in prepared if each.reset
    ] == [[2, 0], [6, 5, 4, 3]]
    assert prepared[0].warm_start[1].elapsed_frames == 2


def test_a_damaged_picture_that_looks_like_a_cut_begins_no_scene(glom: Glom) -> None:
    """Each frame comes out once, and those after it go on from those before it."""
    frames = clip(12)
    frames[6] = replace(frames[6], image=another_scene(), is_corrupt=True)
    prepared = list(Perceiver(glom, FEW_COLUMNS).prepare_recording(frames))
    assert [each.frame.index for each in prepared] == list(range(12))
    assert prepared[6].reset == "cut"
    assert not any(each.reset or each.warm_start for each in prepared[7:])


def test_frames_may_be_encoded_ahead_of_the_columns(glom: Glom) -> None:
    ahead, usual = Perceiver(glom, FEW_COLUMNS), Perceiver(glom, FEW_COLUMNS)
    prepared = [ahead.encode(each) for each in ahead.prepare_recording(clip(4))]
    for each, expected in zip(
        prepared,
        [usual.update_columns(each) for each in usual.prepare_recording(clip(4))],
        strict=True,
    ):
        output = ahead.update_columns(each)
        assert output.prepared.encoded is None, "megabytes that nobody asks for any more"
        assert output.encoding_seconds > 0 == expected.encoding_seconds
        assert_same(ahead.parse_and_track(output), usual.parse_and_track(expected))


def test_a_scene_of_one_frame_has_no_motion_and_is_not_lost(glom: Glom) -> None:
    (alone,) = Perceiver(glom, FEW_COLUMNS).prepare_recording(shifting(7)[:1])
    assert not alone.motion.flow.any()
    one, two = shifting(7)[0], shifting(8)[0]
    first, second = Perceiver(glom, FEW_COLUMNS).prepare_recording(
        [one, replace(two, index=1, pts_seconds=0.04)]
    )
    assert (first.reset, second.reset) == ("begin", "cut")
    assert not first.motion.flow.any()
    assert not second.motion.flow.any()


def test_a_first_frame_is_told_of_even_if_the_second_cannot_be_read(glom: Glom) -> None:
    closed = []

    def breaks_off() -> Iterator[Frame]:
        try:
            yield shifting(7)[0]
            raise InvalidInput("the file ends here", "Take another.")
        finally:
            closed.append(True)

    prepared = Perceiver(glom, FEW_COLUMNS).prepare_recording(breaks_off())
    assert next(prepared).frame.index == 0
    with pytest.raises(InvalidInput, match="the file ends here"):
        next(prepared)
    assert closed


def test_frames_are_closed_by_whoever_stops_reading(glom: Glom) -> None:
    frames = (frame for frame in shifting(7))
    prepared = Perceiver(glom, FEW_COLUMNS).prepare_recording(frames)
    next(prepared)
    prepared.close()
    assert next(frames, None) is None


@pytest.mark.parametrize("cut", [1, 5])
def test_a_clip_cut_in_two_and_continued_is_the_clip(glom: Glom, tmp_path: Path, cut: int) -> None:
    frames = clip(9)
    whole = seen_by(Perceiver(glom, replace(SETTINGS, track=TrackSettings(0.8))), frames)
    first = Perceiver(glom, replace(SETTINGS, track=TrackSettings(0.8)))
    percepts = seen_by(first, frames[:cut])
    first.save(tmp_path / "memory.safetensors")
    percepts += seen_by(Perceiver.restore(tmp_path / "memory.safetensors", glom), frames[cut:])
    for one, other in zip(whole, percepts, strict=True):
        assert_same(one, other)
    assert max(percept.tracks["part"].age_frames.max() for percept in whole) > cut


def test_saving_changes_nothing_and_works_before_the_first_frame(
    glom: Glom, tmp_path: Path
) -> None:
    longer = replace(SETTINGS, motion=replace(SETTINGS.motion, reset_gap_seconds=9.0))
    Perceiver(glom, longer).save(tmp_path / "fresh")
    restored = Perceiver.restore(tmp_path / "fresh", glom)
    assert restored.settings == longer
    frames, plain = clip(3), Perceiver(glom, SETTINGS)
    for frame in frames:
        assert_same(plain(frame), restored(frame))
        restored.save(tmp_path / "again")


def test_a_model_serves_several_clips_at_once(glom: Glom) -> None:
    one, other = clip(4), [replace(frame, image=frame.image[::-1].copy()) for frame in clip(4)]
    alone = [seen_by(Perceiver(glom, SETTINGS), frames) for frames in (one, other)]
    perceivers = Perceiver(glom, SETTINGS), Perceiver(glom, SETTINGS)
    for t in range(4):
        assert_same(perceivers[0](one[t]), alone[0][t])
        assert_same(perceivers[1](other[t]), alone[1][t])


def test_memory_does_not_grow_with_the_clip(glom: Glom) -> None:
    """Short form of the run of 2,000 frames: resident memory after 220 frames is that after 60,
    within 10 MB."""
    settings = Settings(MotionSettings(48 * 64), islands=IslandSettings(min_area=0.05))
    perceiver, process = Perceiver(glom, settings), psutil.Process()
    images = moving_square(30, 48, 64)
    resident = {}
    for index in range(220):
        perceiver(Frame(images[index % 30], index, index / 25))
        if index + 1 in (60, 220):
            gc.collect()
            resident[index + 1] = process.memory_info().rss
    assert abs(resident[220] - resident[60]) < 10e6
    tracker = perceiver.tracker
    assert len(tracker.objects.live) + len(tracker.parts.live) < 220


def test_of_frames_gone_by_nothing_stays(glom: Glom) -> None:
    """The large arrays of a percept go with it: its picture, motion, memberships and state. What
    the last tick found stays until the next one, so here every frame is one."""
    motion = replace(SETTINGS.motion, tick_seconds=0.0)
    perceiver = Perceiver(glom, replace(SETTINGS, motion=motion))
    gone: list[weakref.ref[object]] = []
    for frame in clip(5):
        percept = perceiver(replace(frame, image=frame.image.copy()))
        memberships = [tracks.memberships for tracks in percept.tracks.values()]
        state = perceiver.columns.state
        assert state is not None
        gone += [
            weakref.ref(array)
            for array in (
                percept.frame.image,
                percept.motion.flow,
                *memberships,
                state.levels,
            )
        ]
    del percept, memberships, frame, state
    perceiver(clip(6)[5])
    gc.collect()
    assert [array() for array in gone] == [None] * len(gone)
