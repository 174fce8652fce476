"""Live sources: the newest frame wins or every one comes, and whatever happens no thread stays behind."""

import socket
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
from clips import noise, write_clip

from glom_video.read import LiveFrame, TruncatedSource, live, read, read_live, video
from glom_video.structures import Frame, InvalidInput


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()
    deadline = time.monotonic() + 3
    while _grabbing() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _grabbing()


def _grabbing() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("grab")]


def test_latest_gives_a_slow_reader_the_newest_frame_and_its_gaps_count_what_was_dropped(tmp_path: Path, stop: threading.Event) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(100), time_base=Fraction(1, 100))
    shown: list[int] = []
    for captured in read_live(path, policy="latest", stop=stop):
        assert time.monotonic() - captured.captured_at_seconds < 0.25
        shown.append(captured.frame.index)
        time.sleep(0.1)
    assert all(later > earlier for earlier, later in pairwise(shown))
    dropped = sum(later - earlier - 1 for earlier, later in pairwise(shown))
    assert 60 < dropped == shown[-1] - shown[0] + 1 - len(shown)
    assert shown[-1] == 99


def test_every_gives_a_slow_reader_all_frames(tmp_path: Path, stop: threading.Event) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(40), time_base=Fraction(1, 1000))
    shown = []
    for captured in read_live(path, policy="every", stop=stop):
        shown.append(captured.frame.index)
        time.sleep(0.005)
    assert shown == list(range(40))


def test_file_is_played_at_its_own_speed(tmp_path: Path, stop: threading.Event) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(11), time_base=Fraction(1, 25))
    times = [captured.captured_at_seconds for captured in read_live(str(path), policy="every", stop=stop)]
    assert times[-1] - times[0] == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("policy", ["latest", "every"])
def test_stop_and_closing_end_the_thread_within_a_second(tmp_path: Path, stop: threading.Event, policy: live.Policy) -> None:
    path = write_clip(tmp_path / "clip.mp4", [0, 1, 2, 3000], time_base=Fraction(1, 25))  # the last frame is due in two minutes
    frames = read_live(path, policy=policy, stop=stop)
    next(frames)
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    list(frames)
    assert time.monotonic() - began < 1
    assert not _grabbing()

    frames = read_live(path, policy=policy, stop=threading.Event())
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert not _grabbing()


def test_error_in_the_grabbing_thread_reaches_the_reader(monkeypatch: pytest.MonkeyPatch, stop: threading.Event) -> None:
    def captured(*_: object) -> Iterator[LiveFrame]:
        for index in range(3):
            yield LiveFrame(Frame(np.zeros((4, 4, 3), np.uint8), index, index / 25), time.monotonic())
        raise RuntimeError("the cable fell out")

    monkeypatch.setattr(live, "_captured", captured)
    frames = read_live("any", policy="every", stop=stop)
    assert [next(frames).frame.index for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RuntimeError, match="cable"):
        next(frames)
    assert not _grabbing()


class FakeCamera:
    """Gives five blue pictures, then nothing; opens no device."""

    opened: ClassVar["list[FakeCamera]"] = []
    works = True

    def __init__(self, device: int | str) -> None:
        self.device, self.left, self.is_released, self.settings = device, 5, False, dict[int, float]()
        self.opened.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return self.works

    def set(self, key: int, value: float) -> None:
        self.settings[key] = value

    def read(self) -> tuple[bool, np.ndarray | None]:
        self.left -= 1
        return (True, np.full((48, 64, 3), (255, 0, 0), np.uint8)) if self.left >= 0 else (False, None)

    def release(self) -> None:
        self.is_released = True


def test_camera(monkeypatch: pytest.MonkeyPatch, stop: threading.Event) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCamera)
    frames = read_live("0", policy="every", stop=stop)
    shown = [next(frames).frame for _ in range(5)]
    with pytest.raises(InvalidInput, match="camera 0 stopped after 5 frames"):
        next(frames)
    assert [frame.index for frame in shown] == [0, 1, 2, 3, 4]
    assert (shown[0].image == (0, 0, 255)).all()
    camera = FakeCamera.opened[-1]
    assert camera.is_released
    assert camera.device == 0
    assert camera.settings[cv2.CAP_PROP_BUFFERSIZE] == 1

    monkeypatch.setattr(FakeCamera, "works", False)
    with pytest.raises(InvalidInput, match="there is no camera /dev/video7"):
        next(read_live("/dev/video7", policy="latest", stop=stop))
    assert FakeCamera.opened[-1].is_released


def _serve(port: int, data: bytes, hang: threading.Event | None = None) -> threading.Thread:
    """Sends ``data`` to the first caller; then hangs up, or with ``hang`` says nothing more until it is set."""
    server = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        connection, _ = server.accept()
        with server, connection:
            connection.sendall(data)
            if hang is not None:
                hang.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_network_stream(tmp_path: Path, stop: threading.Event, unused_port: int) -> None:
    server = _serve(unused_port, write_clip(tmp_path / "clip.ts", range(100), pictures=noise(100, (120, 160)), size=(120, 160)).read_bytes())
    shown = [captured.frame for captured in read_live(f"tcp://127.0.0.1:{unused_port}", policy="every", stop=stop)]
    server.join()
    assert 20 < len(shown) <= 100  # what comes while the stream is being recognised is not kept: it would be late
    assert np.diff([frame.index for frame in shown]).tolist() == [1] * (len(shown) - 1)
    assert shown[-1].pts_seconds - shown[0].pts_seconds == pytest.approx((len(shown) - 1) / 25)


def test_stream_without_a_picture_is_refused(stop: threading.Event, unused_port: int) -> None:
    server = _serve(unused_port, b"\n" * 10_000)
    with pytest.raises(InvalidInput, match=r"tcp://127\.0\.0\.1:\d+ "):
        next(read_live(f"tcp://127.0.0.1:{unused_port}", policy="latest", stop=stop))
    server.join()


def test_stream_that_hangs_ends_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: threading.Event, unused_port: int) -> None:
    monkeypatch.setattr(video, "READ_TIMEOUT_SECONDS", 0.5)
    hang = threading.Event()
    server = _serve(unused_port, write_clip(tmp_path / "clip.ts", range(100)).read_bytes(), hang)
    began = time.monotonic()
    with pytest.raises(TruncatedSource, match=r"tcp://127\.0\.0\.1"):
        list(read_live(f"tcp://127.0.0.1:{unused_port}", policy="every", stop=stop))
    assert time.monotonic() - began < 8
    hang.set()
    server.join()


def test_url_errors_do_not_show_the_password(unused_port: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        next(read(f"http://ann:secret@127.0.0.1:{unused_port}/clip.mp4?token=secret"))
    assert "secret" not in f"{refused.value.cause} {refused.value.remedy} {refused.value}"
    assert refused.value.__suppress_context__
