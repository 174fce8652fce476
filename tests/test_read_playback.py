"""Files while they are played: paused, stepped through, sought in and begun again."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from conftest import moving_square
from PIL import Image

from glom_video.read import LiveFrame, Playback, is_played, read
from glom_video.read.live.playback import at_own_speed
from glom_video.read.live.seeking import duration_of, read_from


@pytest.fixture(params=["mp4", "folder"])
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """50 frames, 25 a second."""
    if request.param == "mp4":
        return write_clip(tmp_path / "clip.mp4", range(50), time_base=Fraction(1, 25))
    for index, image in enumerate(moving_square(50, 48, 64)):
        Image.fromarray(image).save(tmp_path / f"{index:05d}.png")
    return tmp_path


@contextmanager
def played(clip: Path, playback: Playback) -> Iterator[Iterator[LiveFrame]]:
    with closing(at_own_speed(clip, lambda: False, playback)) as frames:
        yield frames


def place(live: LiveFrame) -> int:
    """Number of the frame in the file."""
    assert live.position_seconds is not None
    return round(live.position_seconds * 25)


def test_cameras_and_streams_are_not_played() -> None:
    assert is_played("clip.mp4")
    assert is_played(Path("folder"))
    for live in ("0", "/dev/video0", "rtsp://camera/live"):
        assert not is_played(live)


def test_a_paused_file_waits_and_then_goes_on_at_its_own_speed(clip: Path) -> None:
    playback = Playback()
    with played(clip, playback) as frames:
        assert [place(next(frames)) for _ in range(3)] == [0, 1, 2]
        playback.pause(True)
        threading.Timer(0.5, playback.pause, [False]).start()
        began = time.monotonic()
        assert place(next(frames)) == 3
        assert time.monotonic() - began > 0.45
        times = [next(frames).captured_at_seconds for _ in range(10)]
        assert times[-1] - times[0] > 0.3, "what was missed is not made good"


def test_steps_go_one_frame_on_and_back(clip: Path) -> None:
    playback = Playback()
    with played(clip, playback) as frames:
        for _ in range(10):
            last = next(frames)
        assert place(last) == 9
        playback.step(1)
        assert place(next(frames)) == 10
        playback.step(1)
        assert place(next(frames)) == 11
        playback.step(-1)
        assert place(back := next(frames)) == 10
        assert playback.is_paused
        playback.step(1)
        assert place(next(frames)) == 11
    assert (back.piece, last.piece) == (1, 0)


def test_a_step_back_leads_to_the_frame_before_however_long_that_stood(tmp_path: Path) -> None:
    """A time lapse of five seconds a frame."""
    clip = write_clip(tmp_path / "lapse.mp4", range(4), time_base=Fraction(5, 1))
    playback = Playback()
    with played(clip, playback) as frames:
        positions = [next(frames).position_seconds]
        for step in (1, 1, -1, 1, -1):
            playback.step(step)
            positions.append(next(frames).position_seconds)
    assert positions == [0.0, 5.0, 10.0, 5.0, 10.0, 5.0]


@pytest.mark.parametrize(("seconds", "expected"), [(1.0, 25), (1.95, 49), (999.0, 49), (0.0, 0)])
def test_a_seek_leads_to_the_frame_and_times_go_on(
    clip: Path, seconds: float, expected: int
) -> None:
    playback = Playback(holds_end=True)
    with played(clip, playback) as frames:
        first = [next(frames), next(frames)][-1]
        playback.pause(True)
        playback.seek(seconds)
        found = next(frames)
        assert place(found) == expected, "shown although it is paused"
        assert found.frame.index == first.frame.index + 1
        assert found.frame.pts_seconds > first.frame.pts_seconds
        assert found.piece == 1


def test_a_seek_shows_the_picture_of_that_moment(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(50), time_base=Fraction(1, 25))
    everything = [frame.image for frame in read_from(path, 0.0, 0.0)]
    sought = [frame.image for frame in read_from(path, 1.2, 0.0)]
    assert len(sought) == 20
    for one, other in zip(sought, everything[30:], strict=True):
        assert (one == other).all()
    assert duration_of(path) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "flv", "nut"])
@pytest.mark.parametrize("first", [0, 200])
def test_a_seek_finds_the_frame_in_every_format_whenever_it_begins(
    suffix: str, first: int, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / f"clip.{suffix}", range(first, first + 50))
    frames = list(read(clip))
    begins = frames[0].pts_seconds
    for seconds in (0.04, 0.4, 1.0, 1.48, 1.92, 1.96, 5.0):
        expected = frames[min(round(25 * seconds), 49)]
        found = next(read_from(clip, seconds, begins))
        assert found.pts_seconds == pytest.approx(expected.pts_seconds)
        assert np.array_equal(found.image, expected.image)


def test_a_loop_begins_again_and_an_end_is_held_until_it_is_played_again(clip: Path) -> None:
    playback = Playback(loops=True, holds_end=True)
    with played(clip, playback) as frames:
        playback.seek(1.88)
        found = [next(frames) for _ in range(5)]
        assert [place(live) for live in found] == [47, 48, 49, 0, 1]
        assert [live.piece for live in found] == [0, 0, 0, 1, 1]
        assert [live.rounds for live in found] == [0, 0, 0, 1, 1]
        playback.loop(False)
        playback.seek(1.92)
        assert [place(next(frames)) for _ in range(2)] == [48, 49]
        seen_at_end: list[bool] = []

        def again() -> None:
            seen_at_end.append(playback.has_ended)
            playback.pause(False)

        threading.Timer(0.4, again).start()
        assert place(next(frames)) == 0
        assert seen_at_end == [True]
        assert not playback.has_ended


def test_without_a_viewer_the_end_is_the_end(clip: Path) -> None:
    playback = Playback()
    with played(clip, playback) as frames:
        next(frames)
        playback.seek(1.8)
        assert place([*frames][-1]) == 49
