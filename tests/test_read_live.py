"""Live sources: the newest frame wins or every one comes, and whatever happens no thread stays
behind."""

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from clips import write_clip
from live_threads import grabbing, stop

from glom_video.read import LiveFrame, Outage, live, read_live
from glom_video.read.live import reconnect
from glom_video.structures import Frame, InvalidInput

__all__ = ["stop"]


def test_latest_gives_a_slow_reader_the_newest_frame_and_its_gaps_count_what_was_dropped(
    tmp_path: Path, stop: threading.Event
) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(100), time_base=Fraction(1, 100))
    shown, ages, absences = list[int](), list[float](), list[float]()
    for captured in read_live(path, policy="latest", stop=stop):
        came = time.monotonic()
        ages.append(came - captured.captured_at_seconds)
        shown.append(captured.frame.index)
        time.sleep(0.1)
        absences.append(time.monotonic() - came)
    assert np.median(ages) < np.median(absences) / 2, "what came first meanwhile was not kept"
    assert all(later > earlier for earlier, later in pairwise(shown))
    dropped = sum(later - earlier - 1 for earlier, later in pairwise(shown))
    assert 3 * len(shown) < dropped == shown[-1] - shown[0] + 1 - len(shown)
    assert shown[-1] == 99


def test_two_frames_of_a_camera_that_come_together_are_both_given(
    stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As decoders and networks give them; of three the first is lost."""
    wanted, given = threading.Event(), threading.Event()

    def in_threes(device: str) -> Iterator[LiveFrame]:
        """One frame, then three at a time, whenever they are wanted."""
        for index in range(10):
            frame = Frame(np.zeros((9, 16, 3), np.uint8), index, index / 30)
            yield LiveFrame(frame, time.monotonic())
            if index % 3 == 0:  # all of them have been handed over
                given.set()
                while not (wanted.wait(0.01) or stop.is_set()):
                    pass
                wanted.clear()

    monkeypatch.setattr(live, "from_camera", in_threes)
    frames = read_live("0", policy="latest", stop=stop)
    shown = [next(frames).frame.index]
    for _ in range(3):
        assert given.wait(60)
        given.clear()
        wanted.set()
        assert given.wait(60)
        shown += [next(frames).frame.index for _ in range(2)]
    assert shown == [0, 2, 3, 5, 6, 8, 9]


def test_every_gives_a_slow_reader_all_frames(tmp_path: Path, stop: threading.Event) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(40), time_base=Fraction(1, 1000))
    shown = []
    for captured in read_live(path, policy="every", stop=stop):
        shown.append(captured.frame.index)
        time.sleep(0.005)
    assert shown == list(range(40))


def test_file_is_played_at_its_own_speed(tmp_path: Path, stop: threading.Event) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(11), time_base=Fraction(1, 25))
    times = [
        captured.captured_at_seconds for captured in read_live(str(path), policy="every", stop=stop)
    ]
    due = np.arange(11) / 25
    assert (np.array(times) - times[0] > due - 0.04).all(), "none comes before its time"
    assert times[-1] - times[0] < 4, "and none waits for anything else"


@pytest.mark.parametrize("policy", ["latest", "every"])
def test_stop_and_closing_end_the_thread_before_the_next_frame_is_due(
    tmp_path: Path, stop: threading.Event, policy: live.Policy
) -> None:
    # The last frame is due in two minutes.
    path = write_clip(tmp_path / "clip.mp4", [0, 1, 2, 3000], time_base=Fraction(1, 25))
    frames = read_live(path, policy=policy, stop=stop)
    next(frames)
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    list(frames)
    assert time.monotonic() - began < 20
    assert not grabbing()

    frames = read_live(path, policy=policy, stop=threading.Event())
    next(frames)
    frames.close()
    assert not grabbing()


def test_error_in_the_grabbing_thread_reaches_the_reader(
    monkeypatch: pytest.MonkeyPatch, stop: threading.Event
) -> None:
    class Torn(FakeCamera):
        def read(self) -> tuple[bool, np.ndarray | None]:
            if self.left == 2:
                raise RuntimeError("the cable fell out")
            return super().read()

    monkeypatch.setattr(cv2, "VideoCapture", Torn)
    frames = read_live("0", policy="every", stop=stop)
    assert [next(frames).frame.index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="cable"):
        next(frames)
    assert not grabbing()


class FakeCamera:
    """Gives five blue pictures, then nothing; opens no device. ``present`` tells of each one
    opened, in turn, whether it is plugged in."""

    opened: ClassVar["list[FakeCamera]"] = []
    present: ClassVar[list[bool]] = []

    def __init__(self, device: int | str, backend: int | None = None) -> None:
        self.backend = backend
        self.device, self.left, self.is_released, self.settings = (
            device,
            5,
            False,
            dict[int, float](),
        )
        self.works = self.present.pop(0) if self.present else True
        self.opened.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return self.works

    def set(self, key: int, value: float) -> None:
        self.settings[key] = value

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return (
            (True, np.full((48, 64, 3), (255, 0, 0), np.uint8))
            if self.works and self.left >= 0
            else (False, None)
        )

    def release(self) -> None:
        self.is_released = True


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> type[FakeCamera]:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCamera)
    monkeypatch.setattr(FakeCamera, "opened", [])
    monkeypatch.setattr(FakeCamera, "present", [])
    return FakeCamera


def test_a_camera_named_by_its_path_is_read_as_one_by_number(
    camera: type[FakeCamera], stop: threading.Event
) -> None:
    """Given a path, OpenCV asks FFmpeg first, which ignores the settings of a camera."""
    next(read_live("/dev/video0", policy="every", stop=stop))
    assert (camera.opened[-1].device, camera.opened[-1].backend) == ("/dev/video0", cv2.CAP_V4L2)


def test_a_camera_that_is_not_there_is_told_by_nobody_else(
    stop: threading.Event, capfd: pytest.CaptureFixture[str]
) -> None:
    for device in ("99", "/dev/video99"):
        with pytest.raises(InvalidInput, match=f"there is no camera {device}"):
            next(read_live(device, policy="every", stop=stop))
    assert capfd.readouterr() == ("", "")


def test_camera(camera: type[FakeCamera], stop: threading.Event) -> None:
    frames = read_live("0", policy="every", stop=stop, give_up_seconds=0.0)
    shown = [next(frames).frame for _ in range(5)]
    with pytest.raises(InvalidInput, match="camera 0 stopped after 5 frames"):
        next(frames)
    assert [frame.index for frame in shown] == [0, 1, 2, 3, 4]
    assert (shown[0].image == (0, 0, 255)).all()
    opened = camera.opened[-1]
    assert opened.is_released
    assert opened.device == 0
    assert opened.settings[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert next(iter(opened.settings)) == cv2.CAP_PROP_FOURCC


def test_camera_that_never_was_there_is_an_error_at_once(
    camera: type[FakeCamera], stop: threading.Event
) -> None:
    camera.present[:] = [False]
    with pytest.raises(InvalidInput, match="there is no camera /dev/video7"):
        next(read_live("/dev/video7", policy="latest", stop=stop))
    assert [opened.is_released for opened in camera.opened] == [True]


def test_unplugged_camera_is_tried_again_until_it_is_back(
    camera: type[FakeCamera], stop: threading.Event
) -> None:
    camera.present[:] = [True, False, False, True]
    outages: list[Outage] = []
    frames = read_live("0", policy="every", stop=stop, on_outage=outages.append)
    shown = [next(frames) for _ in range(7)]
    frames.close()
    assert [live.frame.index for live in shown] == list(range(7))
    assert [outage.attempt for outage in outages[:3]] == [1, 2, 3]
    assert ["stopped after" in outage.cause for outage in outages[:3]] == [True, False, False]
    gap = shown[5].frame.pts_seconds - shown[4].frame.pts_seconds
    assert gap == pytest.approx(shown[5].captured_at_seconds - shown[4].captured_at_seconds)
    assert gap > sum(outage.retry_in_seconds for outage in outages[:3])
    assert all(opened.is_released for opened in camera.opened)


def test_attempts_back_off_with_jitter_and_never_beyond_half_a_minute() -> None:
    for attempt, longest in ((1, 1.0), (2, 2.0), (5, 16.0), (6, 30.0), (2000, 30.0)):
        delays = {reconnect.delay_seconds(attempt) for _ in range(50)}
        assert 0.5 * longest <= min(delays) < max(delays) <= longest
