"""A browser's camera as a source: pictures arrive and are parsed, and nothing larger is taken."""

import struct
import threading
from collections.abc import Iterator
from typing import Any

import cv2
import pytest
from conftest import Cli, Options, is_one_error
from live_browser import chromium, opened
from percepts import noise

from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.browser_camera import (
    MOST_PICTURE_BYTES,
    BrowserCamera,
)
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.recording import StreamRecorder

pytest.importorskip("wsproto", reason="the page needs the extra [web]")

from live_page_run import ask, may_watch
from test_stream_together import streaming


def jpeg(height: int = 90, width: int = 160, seed: int = 0) -> bytes:
    return bytes(cv2.imencode(".jpg", noise(height, width, seed))[1])


def claiming(height: int, width: int) -> bytes:
    """A small picture whose header says that it is a large one."""
    content = bytearray(jpeg())
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def test_the_newest_picture_wins_and_dropped_ones_are_counted() -> None:
    camera, over = BrowserCamera(), threading.Event()
    frames = camera.frames(over, None)
    camera.put(jpeg())
    first = next(frames)
    for _ in range(3):
        camera.put(jpeg(120, 200))
    second = next(frames)
    assert (first.frame.index, second.frame.index) == (0, 3)
    assert first.frame.pts_seconds == 0.0 < second.frame.pts_seconds
    assert second.frame.image.shape == (120, 200, 3)
    over.set()
    assert next(frames, None) is None


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xd8\xff",
        b"GIF89a" + bytes(100),
        jpeg() + bytes(MOST_PICTURE_BYTES),
        claiming(65_000, 65_000),
        claiming(1081, 1920),
    ],
    ids=["empty", "cut", "gif", "long", "huge", "large"],
)
def test_what_is_no_picture_or_too_large_is_refused_undecoded(sent: bytes) -> None:
    with pytest.raises(ValueError, match=r"no JPEG|too many"):
        BrowserCamera().put(sent)


def test_a_damaged_picture_is_passed_over() -> None:
    camera, over = BrowserCamera(), threading.Event()
    frames = camera.frames(over, None)
    content = jpeg()
    camera.put(content[: content.index(b"\xff\xda")])
    waiting = threading.Timer(0.3, camera.put, (jpeg(),))
    waiting.start()
    assert next(frames).frame.image.shape == (90, 160, 3)
    waiting.join()


def test_a_camera_that_falls_silent_is_given_up_when_asked() -> None:
    camera = BrowserCamera()
    frames = camera.frames(threading.Event(), 0.2)
    camera.put(jpeg())
    next(frames)
    with pytest.raises(InvalidInput, match="no pictures any more"):
        next(frames)


def test_it_needs_the_page(glom_video: Cli) -> None:
    ran = glom_video("stream", "browser", "--view", "none")
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert "sent from the page" in ran.err


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"
    ) as launched:
        yield launched


KEEPS_STREAMS = """() => {
  window.streams = [];
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await real(wanted);
    window.streams.push(stream);
    return stream;
  };
}"""


def test_a_camera_that_is_pressed_twice_or_ends_is_let_go(browser: Any) -> None:
    """A second press left a camera on for good; the last picture of one that was unplugged was sent
    again and again; and what the server refused later was not told."""
    from glom_video_pipelines.stream.web import WebView

    camera, over = BrowserCamera(), threading.Event()
    live = Live("browser", Controls(), StreamRecorder("browser", None, ()), camera=camera)

    def publish(view: WebView) -> None:
        while not over.wait(0.05):
            view.pages[0].publish(live, None)

    with WebView(live, "127.0.0.1", 0) as view:
        publishing = threading.Thread(target=publish, args=(view,))
        publishing.start()
        try:
            with opened(browser, view.url, until="#send-camera:not([hidden])") as page:
                page.evaluate(KEEPS_STREAMS)
                press = "() => document.querySelector('#send-camera').click()"
                page.evaluate(f"() => {{ ({press})(); ({press})(); }}")
                page.wait_for_selector("#send-camera[aria-pressed=true]")
                assert page.evaluate("streams.length") == 1
                page.evaluate("streams[0].getTracks()[0].dispatchEvent(new Event('ended'))")
                page.wait_for_selector("#send-camera[aria-pressed=false]")
                assert "gives no pictures any more" in page.inner_text("#camera-problem")
                assert page.evaluate("streams[0].getTracks()[0].readyState") == "ended"
                page.click("#send-camera")
                page.wait_for_selector("#send-camera[aria-pressed=true]")
                assert page.inner_text("#camera-problem") == ""
                camera.put = refusing  # type: ignore[method-assign]
                page.wait_for_selector("#camera-problem:has-text('not taken any more')")
                assert page.evaluate("streams[1].getTracks()[0].readyState") == "ended"
        finally:
            over.set()
            publishing.join()


def refusing(jpeg: bytes) -> None:
    raise ValueError


def test_a_page_sends_its_camera(browser: Any, small_model: Options) -> None:
    """Chromium's own test picture comes back drawn; another page is told that one sends already."""
    with (
        streaming("browser", *small_model, "--min-score", 0) as stream,
        opened(browser, stream.url, until="#send-camera:not([hidden])") as page,
    ):
        page.click("#send-camera")
        page.wait_for_selector("#send-camera[aria-pressed=true]", timeout=60_000)
        page.wait_for_function(
            "() => document.querySelector('#picture').height === 480", timeout=90_000
        )
        port = int(stream.url.split(":")[2].strip("/"))
        assert may_watch(port)
        assert not may_watch(port, origin="http://evil.example")
        stats = ask(port, "GET", "/stats.json")[2]
        assert b'"source":"browser"' in stats
        assert page.inner_text("#camera-problem") == ""
        page.click("#send-camera")
        page.wait_for_selector("#send-camera[aria-pressed=false]")
