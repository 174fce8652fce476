"""The live page: who may look, what may be asked, and that a slow viewer holds nobody up."""

import contextlib
import hmac
import json
import socket
import time
from pathlib import Path

import pytest
from live_page_run import Run, Viewer, ask, is_turned_away, may_watch, run, running
from waiting import wait_for

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")
wsproto = pytest.importorskip("wsproto", reason="the page needs the extra [web]")

from glom_video_pipelines.stream.web import WebView, app, server  # noqa: E402

__all__ = ["run"]


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
    assert is_turned_away(run.port)
    for viewer in viewers:
        viewer.close()
    wait_for(lambda: not run.view.pages[0].is_watched, 5)  # who has gone is not counted any longer


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


def test_who_comes_when_nobody_watched_sees_nothing_older(tmp_path: Path) -> None:
    """The first picture of a page or a program was the one that the viewer before had seen last."""
    with running(tmp_path) as run:
        first = Viewer(run.port)
        first.look()
        first.close()
        wait_for(lambda: not run.view.pages[0].is_watched)
        counted = run.live.tally.frames
        wait_for(lambda: run.live.tally.frames > counted + 50)
        second = Viewer(run.port)
        state, picture = second.look()
        assert picture is not None
        assert state["frame"] >= counted + 50
        second.close()


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
