"""Live sources: the newest frame wins or every one comes, and whatever happens no thread stays
behind."""

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

from glom_video.read import LiveFrame, Outage, live, read, read_live
from glom_video.read.live import reconnect
from glom_video.structures import InvalidInput


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
    assert not _grabbing()

    frames = read_live(path, policy=policy, stop=threading.Event())
    next(frames)
    frames.close()
    assert not _grabbing()


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
    assert not _grabbing()


class FakeCamera:
    """Gives five blue pictures, then nothing; opens no device. ``present`` tells of each one
    opened, in turn, whether it is plugged in."""

    opened: ClassVar["list[FakeCamera]"] = []
    present: ClassVar[list[bool]] = []

    def __init__(self, device: int | str) -> None:
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


# --- network


class Server:
    """Sends each of ``takes`` to one caller after the other, then hangs up, or with ``hang`` says
    nothing more until it is set."""

    def __init__(self, port: int, *takes: bytes, hang: threading.Event | None = None) -> None:
        self._takes, self._hang = takes, hang
        self._listening = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listening:
            for take in self._takes:
                connection, _ = self._listening.accept()
                with connection:
                    connection.sendall(take)
                    if self._hang is not None:
                        self._hang.wait(10)

    def join(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


def transport_stream(path: Path, frames: int = 100, size: tuple[int, int] = (120, 160)) -> bytes:
    return write_clip(path, range(frames), pictures=noise(frames, size), size=size).read_bytes()


def collected(
    url: str, stop: threading.Event, outages: list[Outage], give_up_seconds: float = 0.0
) -> list[LiveFrame]:
    """All frames until the source is given up."""
    shown: list[LiveFrame] = []
    frames = read_live(
        url,
        policy="every",
        stop=stop,
        on_outage=outages.append,
        give_up_seconds=give_up_seconds,
        first_delay_seconds=0.2,
    )
    with pytest.raises(InvalidInput, match=r"tcp://.*127\.0\.0\.1:\d+"):
        shown.extend(frames)  # what came before the error stays
    return shown


def test_stream_gives_every_frame_until_its_sender_hangs_up(
    tmp_path: Path, stop: threading.Event, unused_port: int
) -> None:
    server = Server(unused_port, transport_stream(tmp_path / "clip.ts"))
    shown = [captured.frame for captured in collected(f"tcp://127.0.0.1:{unused_port}", stop, [])]
    server.join()
    # What comes while the stream is being recognised is not kept: it would be late.
    assert 20 < len(shown) <= 100
    assert np.diff([frame.index for frame in shown]).tolist() == [1] * (len(shown) - 1)
    assert shown[-1].pts_seconds - shown[0].pts_seconds == pytest.approx((len(shown) - 1) / 25)


def test_sender_that_restarts_with_another_size_is_found_again(
    tmp_path: Path, stop: threading.Event, unused_port: int
) -> None:
    takes = (
        transport_stream(tmp_path / "small.ts"),
        transport_stream(tmp_path / "large.ts", size=(144, 192)),
    )
    server = Server(unused_port, *takes)
    outages: list[Outage] = []
    shown = collected(f"tcp://127.0.0.1:{unused_port}", stop, outages, give_up_seconds=1.0)
    server.join()
    sizes = [captured.frame.image.shape[:2] for captured in shown]
    first_of_second = sizes.index((144, 192))
    assert set(sizes[:first_of_second]) == {(120, 160)}
    assert set(sizes[first_of_second:]) == {(144, 192)}
    assert np.diff([captured.frame.index for captured in shown]).tolist() == [1] * (len(shown) - 1)
    assert np.diff([captured.frame.pts_seconds for captured in shown]).min() > 0
    before, after = shown[first_of_second - 1], shown[first_of_second]
    assert after.frame.pts_seconds - before.frame.pts_seconds == pytest.approx(
        after.captured_at_seconds - before.captured_at_seconds
    )
    assert "hung up" in outages[0].cause


def test_sender_that_hangs_is_left_and_called_again(
    tmp_path: Path, stop: threading.Event, unused_port: int
) -> None:
    hang, outages = threading.Event(), list[Outage]()

    def lost(outage: Outage) -> None:
        outages.append(outage)
        hang.set()

    takes = transport_stream(tmp_path / "clip.ts"), transport_stream(tmp_path / "again.ts")
    server = Server(unused_port, *takes, hang=hang)
    frames = read_live(
        f"tcp://127.0.0.1:{unused_port}",
        policy="every",
        stop=stop,
        on_outage=lost,
        first_delay_seconds=0.2,
        read_timeout_seconds=0.5,
    )
    shown = []
    while not outages:
        shown.append(next(frames).frame.index)
    assert len(shown) > 20
    assert "sent nothing for 0.5 s" in outages[0].cause
    shown += [next(frames).frame.index for _ in range(20)]  # more than were waiting to be taken
    assert shown == list(range(len(shown)))
    frames.close()
    server.join()


def test_stream_without_a_picture_is_refused(stop: threading.Event, unused_port: int) -> None:
    server = Server(unused_port, b"\n" * 10_000)
    with pytest.raises(InvalidInput, match=r"tcp://127\.0\.0\.1:\d+ "):
        next(read_live(f"tcp://127.0.0.1:{unused_port}", policy="latest", stop=stop))
    server.join()


def test_errors_and_outages_do_not_show_the_password(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], stop: threading.Event, unused_port: int
) -> None:
    with pytest.raises(InvalidInput) as refused:
        next(read(f"http://ann:secret@127.0.0.1:{unused_port}/clip.mp4?token=secret"))
    assert "secret" not in f"{refused.value.cause} {refused.value.remedy} {refused.value}"
    assert refused.value.__suppress_context__

    outages: list[Outage] = []
    server = Server(unused_port, transport_stream(tmp_path / "clip.ts"))
    collected(
        f"tcp://ann:secret@127.0.0.1:{unused_port}?token=secret", stop, outages, give_up_seconds=1.0
    )
    server.join()
    assert outages
    assert "secret" not in f"{outages} {capfd.readouterr()}"
