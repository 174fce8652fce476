"""Live sources in the network: what becomes of senders that restart, hang or hang up."""

import socket
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from clips import noise, write_clip
from live_threads import stop

from glom_video.read import LiveFrame, Outage, describe, read, read_live
from glom_video.structures import InvalidInput

__all__ = ["stop"]


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def test_a_server_that_never_answers_is_said_to_be_silent(
    unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # ``glom_video.read`` is a function, and its modules cannot be reached by attributes.
    monkeypatch.setattr(sys.modules["glom_video.read.video"], "OPEN_TIMEOUT_SECONDS", 1.0)
    refused = pytest.raises(InvalidInput, match="cannot be opened: it does not answer")
    with socket.create_server(("127.0.0.1", unused_port)), refused:
        describe(f"http://127.0.0.1:{unused_port}/clip.mp4")
