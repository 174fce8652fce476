"""The live page: who may look, what may be asked, that a slow viewer holds nobody up, and the page
itself in a browser."""

import contextlib
import hmac
import io
import json
import re
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import decoded
from live_browser import canvas, opened
from live_page_run import SIZE, Run, Viewer, ask, may_watch, running
from percepts import noise
from PIL import Image

from glom_video.read import LiveFrame
from glom_video.structures import Frame
from glom_video_pipelines.stream.controls import Controls

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")
wsproto = pytest.importorskip("wsproto", reason="the page needs the extra [web]")

from glom_video_pipelines.stream.web import WebView, app, server  # noqa: E402


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("live")) as running_:
        yield running_


# --- who may look


def test_only_the_machine_itself_is_served_on_a_loopback_address(run: Run) -> None:
    assert ask(run.port, "GET", "/")[0] == 200
    assert ask(run.port, "GET", "/", Host="localhost:1234")[0] == 200  # as through a tunnel
    assert ask(run.port, "GET", "/", Host="camera.example")[0] == 403
    assert ask(run.port, "GET", "/", Origin="http://evil.example")[0] == 403
    assert (
        ask(
            run.port,
            "POST",
            "/reset",
            None,
            Origin="http://evil.example",
            Content_Type="application/json",
        )[0]
        == 403
    )
    assert not may_watch(run.port, origin="http://evil.example")


def test_elsewhere_a_token_is_needed(tmp_path: Path) -> None:
    with running(tmp_path, "0.0.0.0") as run:
        token = run.view.url.partition("?token=")[2]
        assert len(token) >= 32
        for path in (
            "/",
            "/page.js",
            "/stats.json",
            "/metrics",
            "/snapshot.zip",
            "/recording.mp4",
            f"/?token={token[:-1]}",
            "/?token=",
        ):
            status, _, content = ask(run.port, "GET", path)
            assert status == 401, path
            assert token.encode() not in content
        assert ask(run.port, "POST", "/record", True)[0] == 401
        assert not may_watch(run.port)
        assert ask(run.port, "GET", "/metrics", Authorization=f"Bearer {token}")[0] == 200

        status, headers, _ = ask(run.port, "GET", f"/?token={token}")
        assert (status, headers["location"]) == (303, "./")
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        cookie = cookie.partition(";")[0]
        assert ask(run.port, "GET", "/", Cookie=cookie)[0] == 200
        assert may_watch(run.port, cookie=cookie)
        assert ask(run.port, "GET", "/", Cookie=cookie, Origin="http://evil.example")[0] == 403


def test_tokens_are_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    monkeypatch.setattr(hmac, "compare_digest", compare_digest)
    with running(tmp_path, "0.0.0.0") as run:
        assert ask(run.port, "GET", "/?token=guess")[0] == 401
    assert (b"guess", run.view.url.partition("?token=")[2].encode()) in compared


# --- what may be asked


def test_no_path_of_a_request_reaches_the_file_system(run: Run, tmp_path: Path) -> None:
    for path in (
        "/../../pyproject.toml",
        "/page/page.html",
        "/..%2fapp.py",
        "/%2e%2e/app.py",
        "//etc/passwd",
        "/recording.mp4/../x",
        "/page.js%00",
    ):
        status, _, content = ask(run.port, "GET", path)
        assert status in (400, 404), path
        assert len(content) < 200
    assert ask(run.port, "POST", "/record", {"path": str(tmp_path / "mine.mp4")})[0] == 422
    assert not list(tmp_path.iterdir())


def test_requests_are_bounded(run: Run) -> None:
    assert ask(run.port, "POST", "/display", {"opacity": 0.5, "level": "x" * 3000})[0] == 413
    assert ask(run.port, "POST", "/display", b"[" * 2000)[0] == 422
    assert ask(run.port, "POST", "/display", b"{}", Content_Type="text/plain")[0] == 415
    assert ask(run.port, "POST", "/display", {"opacity": 7})[0] == 422
    with contextlib.suppress(ConnectionError):  # hung up before all of it was sent
        assert ask(run.port, "GET", "/", X_Long="x" * 1_000_000)[0] in (400, 431)
    assert ask(run.port, "DELETE", "/")[0] == 405
    assert ask(run.port, "GET", "/")[0] == 200


def test_connections_are_bounded_and_silent_ones_are_closed(tmp_path: Path) -> None:
    with running(tmp_path, first_request_seconds=1.0) as run:
        silent = [
            socket.create_connection(("127.0.0.1", run.port), timeout=10)
            for _ in range(server.MOST_CONNECTIONS)
        ]
        time.sleep(0.3)
        assert ask(run.port, "GET", "/")[0] == 503
        assert all(connection.recv(1) == b"" for connection in silent), (
            "each is closed before it has asked for anything"
        )
        for connection in silent:
            connection.close()
        assert ask(run.port, "GET", "/")[0] == 200


def test_viewers_are_bounded(run: Run) -> None:
    viewers = [Viewer(run.port) for _ in range(app.MOST_VIEWERS)]
    assert all(isinstance(viewer.answer, wsproto.events.AcceptConnection) for viewer in viewers)
    assert not may_watch(run.port)
    for viewer in viewers:
        viewer.close()
    deadline = time.monotonic() + 5
    while run.view.pages[0].is_watched and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not run.view.pages[0].is_watched, "who has gone is not counted any longer"


def test_a_stalled_viewer_holds_nobody_up(run: Run) -> None:
    stalled, awake = Viewer(run.port), Viewer(run.port)
    stalled.look()  # and never again
    deadline, before, pictures = time.monotonic() + 60, run.live.tally.frames, 0
    while pictures < 25 and time.monotonic() < deadline:
        pictures += awake.look()[1] is not None
    assert pictures == 25, "the model goes on, and who is awake is shown it"
    assert pictures > 0.6 * (run.live.tally.frames - before)
    stalled.close()
    awake.close()


def test_a_slow_viewer_sees_the_newest_picture(run: Run) -> None:
    viewer = Viewer(run.port)
    viewer.look()
    before = run.live.tally.frames
    time.sleep(1)
    missed = run.live.tally.frames - before
    viewer.look()  # what was on its way
    state, _ = viewer.look()
    # Figures are renewed four times a second.
    assert run.live.tally.frames - state["figures"]["frames"] < missed / 2
    viewer.close()


def test_the_end_waits_for_no_viewer_that_waits_for_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or Ctrl-C would take a second more for each page that is open."""
    monkeypatch.setattr(server, "GRACE_SECONDS", 60)
    monkeypatch.setattr(server, "JOIN_SECONDS", 90)
    with running(tmp_path) as run:
        viewer, stream = Viewer(run.port), socket.create_connection(("127.0.0.1", run.port), 10)
        viewer.look()
        stream.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
        stream.recv(65536)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30
    viewer.close()
    stream.close()


def test_a_camera_is_seen_as_it_is_while_the_model_is_loaded(browser: Any, tmp_path: Path) -> None:
    def captured(index: int) -> LiveFrame:
        return LiveFrame(Frame(noise(*SIZE) // 3, index, index / 25), time.monotonic())

    with running(tmp_path, percept=captured) as run:
        run.live.is_loading = True
        viewer = Viewer(run.port)
        states = [viewer.look() for _ in range(3)]
        viewer.close()
        state, picture = next((state, jpeg) for state, jpeg in states if jpeg is not None)
        assert (state["frame"], state["objects"], state["is_loading"]) == (None, [], True)
        assert picture is not None
        shown = np.asarray(Image.open(io.BytesIO(picture)), np.int64)
        assert np.abs(shown - noise(*SIZE) // 3).mean() < 20
        with opened(browser, run.view.url, until="#status[data-state=waiting]") as page:
            page.wait_for_function("document.querySelector('#picture').width == 320")
            assert page.inner_text("#status") == "loading the model"


def test_figures_for_people_and_for_prometheus(run: Run) -> None:
    stats = json.loads(ask(run.port, "GET", "/stats.json")[2])
    assert stats["source"] == "rtsp://***@camera/live"
    assert stats["frames"] > 0
    status, headers, content = ask(run.port, "GET", "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = content.decode().splitlines()
    values = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in lines
        if not line.startswith("#")
    }
    assert values["glom_video_objects"] == 2
    assert values["glom_video_parts"] == 3
    assert values["glom_video_frames_total"] >= stats["frames"]
    assert values['glom_video_latency_seconds{quantile="0.95"}'] > 0


def test_an_address_that_is_taken_is_an_error(run: Run, tmp_path: Path) -> None:
    from glom_video.structures import InvalidInput

    with pytest.raises(InvalidInput, match=f"port {run.port}"):
        WebView(run.live, "127.0.0.1", run.port)


# --- in a browser


@pytest.fixture
def page(browser: Any, run: Run) -> Iterator[Any]:
    run.live.controls.display = Controls().display
    with opened(browser, run.view.url) as page_:
        yield page_


def settled(page: Any) -> np.ndarray:
    """The picture once a change of what is drawn has arrived. Only its right third, where nothing
    moves."""
    page.wait_for_selector("body[data-settled=true]")
    page.wait_for_timeout(500)
    return canvas(page)[:, 210:]


def test_page_shows_a_moving_picture_and_the_tree(page: Any) -> None:
    first = canvas(page)
    assert first.shape == (*SIZE, 3)
    page.wait_for_timeout(500)
    assert np.abs(canvas(page).astype(int) - first).mean() > 1
    assert page.locator("#tree > li .node > :first-child").all_inner_texts() == [
        "Object 3",
        "part 1",
        "part 2",
        "Object 7",
        "part 4",
    ]
    assert page.inner_text("#status") == "live"
    assert page.inner_text("#source") == "rtsp://***@camera/live"
    assert float(page.inner_text("#fps")) > 5
    assert 0 <= int(page.inner_text("#stability").removesuffix(" %")) <= 100
    assert re.fullmatch(r", background \d+ %", page.inner_text("#background"))


def test_switches_and_keys_change_the_picture(page: Any, run: Run) -> None:
    both = settled(page)
    page.get_by_role("radio", name="Parts").check(force=True)
    parts = settled(page)
    assert np.abs(parts.astype(int) - both).mean() > 1
    page.locator("#opacity").fill("0")
    without_fill = settled(page)
    assert run.live.controls.display.opacity == 0
    assert np.abs(without_fill.astype(int) - parts).mean() > 1
    page.get_by_role("checkbox", name="Ids").uncheck()
    assert np.abs(settled(page).astype(int) - without_fill).mean() > 0.02
    page.locator("body").press("l")
    page.locator("body").press("i")
    settled(page)
    assert (run.live.controls.display.level, run.live.controls.display.with_ids) == (None, True)
    assert page.get_by_role("radio", name="Both").is_checked(), "the page follows"
    page.locator("body").press("h")
    assert page.locator("#keys").is_visible()


def test_a_switch_stays_as_it_was_put_until_the_server_knows(page: Any, run: Run) -> None:
    """States from before the change go on arriving meanwhile."""

    def delayed(route: Any) -> None:
        time.sleep(1.0)
        route.continue_()

    page.route("**/display", delayed)
    page.get_by_role("radio", name="Parts").check(force=True)
    assert page.get_by_role("radio", name="Parts").is_checked()
    page.unroute("**/display")
    settled(page)
    assert page.get_by_role("radio", name="Parts").is_checked()
    assert run.live.controls.display.level == "part"


def test_snapshot_is_downloaded(page: Any) -> None:
    with page.expect_download() as download:
        page.locator("body").press("s")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        names = sorted(name.partition("-")[2][6:] for name in archive.namelist())
        assert names == ["-camera.png", "-object.png", "-part.png", ".json", ".png"]
        about = json.loads(
            archive.read(next(name for name in archive.namelist() if name.endswith(".json")))
        )
    assert [item["id"] for item in about["objects"]] == [3, 7]


def test_record_and_reset_buttons(page: Any, run: Run) -> None:
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=true]")
    page.wait_for_timeout(1000)
    page.click("#record")
    with page.expect_download() as download:
        page.click("#recording")
    assert len(decoded(download.value.path())) > 5
    assert run.live.recorder.finished
    assert not run.live.controls.take_reset()
    page.click("#reset")
    page.wait_for_timeout(300)
    assert run.live.controls.take_reset()
    assert "recorded live.mp4" in page.inner_text("#notices")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_page_is_usable_on_a_phone_and_by_keyboard(browser: Any, run: Run, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(run.view.url)
    page.wait_for_selector("#tree > li")
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth"), (
        "nothing sticks out"
    )
    for text in (
        "#source",
        "#fps",
        "dt >> nth=0",
        "#tree li li .node > span >> nth=0",
        "#snapshot",
        "#status",
    ):
        assert page.locator(text).first.evaluate(CONTRAST) >= 4.5, text
    reached = set()
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.name"))
    assert {
        "picture",
        "level",
        "opacity",
        "ids",
        "snapshot",
        "record",
        "reset",
        "help",
        "tree",
    } <= reached
    page.close()


CONTRAST = """element => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, channel) => sum + value * [0.2126, 0.7152, 0.0722][channel], 0);
  let ground = element;
  const back = (where) => getComputedStyle(where).backgroundColor;
  while (ground.parentElement && (numbers(back(ground))[3] ?? 1) === 0)
    ground = ground.parentElement;
  const both = [light(getComputedStyle(element).color), light(back(ground))].sort((a, b) => b - a);
  return (both[0] + 0.05) / (both[1] + 0.05);
}"""
"""WCAG's contrast of an element's text to what lies behind it."""
