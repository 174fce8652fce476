"""The drawn picture for other programs: as MJPEG at an address, and as a camera."""

import http.client
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import cv2
import numpy as np
import pytest
from conftest import Cli, MakeVideo, Options, is_one_error
from percepts import noise

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_page_run import SIZE, Run, ask, is_turned_away, running
from waiting import wait_for

from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.views.virtual_camera import VirtualCamera
from glom_video_pipelines.stream.web import app


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("live")) as running_:
        yield running_


def watching(run: Run, path: str = "/stream.mjpg") -> tuple[http.client.HTTPConnection, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=30)
    connection.request("GET", path)
    return connection, connection.getresponse()


def test_players_take_the_picture(run: Run) -> None:
    """FFmpeg reads it, as OBS and VLC do: pictures of the right size that move."""
    with av.open(f"http://127.0.0.1:{run.port}/stream.mjpg", timeout=30) as opened:
        pictures = []
        for frame in opened.decode(video=0):
            pictures.append(frame.to_ndarray(format="rgb24"))
            if len(pictures) == 5:
                break
    assert {picture.shape for picture in pictures} == {(*SIZE, 3)}
    assert np.abs(pictures[0].astype(int) - pictures[-1]).mean() > 0.5


def test_each_part_is_one_whole_picture(run: Run) -> None:
    connection, answer = watching(run)
    assert answer.status == 200
    assert answer.getheader("content-type") == "multipart/x-mixed-replace; boundary=frame"
    for _ in range(3):
        assert answer.readline() == b"--frame\r\n"
        assert answer.readline() == b"Content-Type: image/jpeg\r\n"
        length = int(answer.readline().split()[1])
        assert answer.readline() == b"\r\n"
        picture = cv2.imdecode(np.frombuffer(answer.read(length), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        assert picture.shape == (*SIZE, 3)
        assert answer.readline() == b"\r\n"
    connection.close()


def test_it_counts_as_a_viewer_until_it_hangs_up(run: Run) -> None:
    asked = [watching(run) for _ in range(app.MOST_VIEWERS)]
    assert all(answer.status == 200 for _, answer in asked)
    assert ask(run.port, "GET", "/stream.mjpg")[0] == 503
    assert is_turned_away(run.port)
    for connection, answer in asked:
        answer.close()
        connection.close()
    wait_for(lambda: not run.view.pages[0].is_watched, 30)


def test_the_token_may_stand_in_its_address(tmp_path: Path) -> None:
    """Players keep no cookies. Nothing else is answered by that."""
    with running(tmp_path, "0.0.0.0") as run:
        token = run.view.url.partition("?token=")[2]
        assert ask(run.port, "GET", "/stream.mjpg")[0] == 401
        assert ask(run.port, "GET", f"/stream.mjpg?token={token[:-1]}")[0] == 401
        assert ask(run.port, "GET", f"/stats.json?token={token}")[0] == 303
        connection, answer = watching(run, f"/stream.mjpg?token={token}")
        assert answer.status == 200
        assert answer.readline() == b"--frame\r\n"
        connection.close()


# --- as a camera


class Camera:
    """What pyvirtualcam's does, as far as it is used."""

    opened: list["Camera"]

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.width, self.height, self.fps = width, height, fps
        self.sent: list[np.ndarray] = []
        self.is_closed = False
        Camera.opened.append(self)

    def send(self, picture: np.ndarray) -> None:
        assert picture.shape == (self.height, self.width, 3)
        self.sent.append(picture.copy())

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def pyvirtualcam(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    from importlib.machinery import ModuleSpec

    module = ModuleType("pyvirtualcam")
    module.__spec__ = ModuleSpec("pyvirtualcam", None)
    module.Camera = Camera  # type: ignore[attr-defined]
    Camera.opened = []
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    return module


def test_a_stream_is_shown_as_a_camera(
    pyvirtualcam: ModuleType, glom_video: Cli, make_video: MakeVideo, small_model: Options
) -> None:
    ran = glom_video(
        "stream", make_video("a.mp4", frames=6), "--view", "none", "--policy", "every",
        *small_model, "--virtual-camera",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    (camera,) = Camera.opened
    assert (camera.width, camera.height, len(camera.sent)) == (128, 96, 6)
    assert camera.is_closed


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live("0", Controls(), StreamRecorder("0", tmp_path / "a.mp4", ()))


def test_a_picture_of_another_size_is_scaled(pyvirtualcam: ModuleType, live: Live) -> None:
    camera = VirtualCamera()
    camera.publish(live, noise(90, 160))
    camera.publish(live, None)
    camera.publish(live, noise(180, 320))
    assert [picture.shape for picture in Camera.opened[0].sent] == [(90, 160, 3)] * 2


def test_a_camera_that_cannot_be_had_is_told_once(
    pyvirtualcam: ModuleType, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("'v4l2loopback' backend: no\ndevice")

    monkeypatch.setattr(pyvirtualcam, "Camera", broken)
    camera = VirtualCamera()
    for _ in range(3):
        camera.publish(live, noise(90, 160))
    camera.close()
    assert live.controls.take_notices() == [
        "the virtual camera cannot be had: 'v4l2loopback' backend: no device"
    ]
    assert not camera.is_watched


def test_without_the_library_it_is_one_clear_line(
    glom_video: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glom_video_pipelines.stream.views import virtual_camera

    monkeypatch.setattr(virtual_camera, "find_spec", lambda name: None)
    ran = glom_video("stream", "0", "--view", "none", "--virtual-camera")
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert "glom-video[virtual-camera]" in ran.err
