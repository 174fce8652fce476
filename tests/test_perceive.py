"""The composition: a clip is understood frame by frame, can be put aside and continued, and starts
anew where it must. Small random weights."""

import gc
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import torch
from conftest import moving_square, small_glom
from percepts import noise

from glom_video.glom import Glom, GlomSettings
from glom_video.islands import IslandSettings
from glom_video.motion import MotionSettings
from glom_video.perceive import Perceiver, Settings, perceive, perceive_together
from glom_video.structures import Frame, InvalidInput, Islands, Percept, Tracks
from glom_video.track import TrackSettings

FEW_COLUMNS = Settings(MotionSettings(working_pixels=72 * 96))
"""A working grid of 72x96 pixels, 12x16 columns, for speed."""
SETTINGS = replace(FEW_COLUMNS, islands=IslandSettings(min_area=0.01))


@pytest.fixture(scope="module")
def glom() -> Glom:
    return small_glom(3)


def clip(
    count: int, height: int = 72, width: int = 96, start: float = 12.5, rate: float = 30000 / 1001
) -> list[Frame]:
    images = moving_square(count, height, width)
    return [Frame(image, index, start + index / rate) for index, image in enumerate(images)]


def another_scene(height: int = 72, width: int = 96) -> np.ndarray:
    """Coarse bright noise that no flow explains from a moving square on dark ground."""
    return cv2.resize(
        128 + noise(height // 6, width // 6, seed=9) // 2,
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )


def assert_same(one: Percept, other: Percept) -> None:
    """Everything but the time spent is the same, bit for bit."""
    for level in ("part", "object"):
        for name in Islands.__slots__:
            assert np.array_equal(
                getattr(one.parse.islands[level], name), getattr(other.parse.islands[level], name)
            ), (level, name)
        for name in Tracks.__slots__:
            assert np.array_equal(
                getattr(one.tracks[level], name), getattr(other.tracks[level], name)
            ), (level, name)
    for name in ("flow", "residual", "validity", "camera", "is_cut"):
        assert np.array_equal(getattr(one.motion, name), getattr(other.motion, name)), name
    assert np.array_equal(one.parse.parent, other.parse.parent)


def shifting(seed: int) -> list[Frame]:
    """Four frames of a textured picture of its own that goes three pixels to the left with each."""
    rough = np.random.default_rng(seed).integers(0, 256, (24, 40, 3), np.uint8)
    wide = cv2.GaussianBlur(cv2.resize(rough, (400, 240), interpolation=cv2.INTER_CUBIC), (0, 0), 2)
    wide = wide if seed % 2 else wide // 3  # two scenes differ in brightness
    return [
        Frame(np.ascontiguousarray(wide[:216, 3 * index : 3 * index + 384]), index, index / 25)
        for index in range(4)
    ]


def seen_by(perceiver: Perceiver, frames: Sequence[Frame]) -> list[Percept]:
    return [perceiver(frame) for frame in frames]


def all_ids(percepts: Sequence[Percept], level: str = "object") -> set[int]:
    return {int(track_id) for percept in percepts for track_id in percept.tracks[level].ids}


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
    assert sum(map(len, perceiver.tracker.live.values())) < 220


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


# Beginning anew


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
    before, tracks = perceiver.columns.state, dict(perceiver.tracker.live)
    assert perceiver(damaged).frame is damaged
    assert perceiver.columns.state is before
    assert all(perceiver.tracker.live[level] is tracks[level] for level in ("part", "object"))
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
    for place, clip in enumerate(clips):
        alone = list(perceive(clip, glom, FEW_COLUMNS))
        assert [percept.frame.index for percept in together[place]] == [
            percept.frame.index for percept in alone
        ]
        for one, other in zip(together[place], alone, strict=True):
            for level in ("part", "object"):
                np.testing.assert_array_equal(one.tracks[level].ids, other.tracks[level].ids)
                np.testing.assert_allclose(
                    one.tracks[level].memberships, other.tracks[level].memberships, atol=1e-3
                )
