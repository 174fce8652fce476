"""A file on the live page and in the window: paused, stepped through, sought in, begun again; when
its objects were seen; its end."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import pytest
from conftest import MakePercept, MakeVideo, loaded
from percepts import noise, percept_of, tracks_of

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import opened
from live_page_run import Run, ask, running

from glom_video.glom import Glom
from glom_video.read import Playback
from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live, LoopTurn, run_loop
from glom_video_pipelines.stream.objects.spans import BINS, MOST_LINES, ObjectSpans
from glom_video_pipelines.stream.perceiving import LivePercept, LiveSource, perceived
from glom_video_pipelines.stream.playing import Playing
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.views.window import Window
from glom_video_pipelines.stream.web import WebView


@contextmanager
def played(clip: Path, weights: Path, *, record: bool = False) -> Iterator[Run]:
    """A file that is parsed, and shown on a page."""
    stop, playback = threading.Event(), Playback(holds_end=True)
    recorder = StreamRecorder(str(clip), clip.parent / "live.mp4", ())
    live = Live(clip.name, Controls(), recorder, Playing(playback))
    glom = Glom.from_pretrained(str(weights))
    reading = LiveSource(str(clip), "every", None, playback)
    with (
        WebView(live, "127.0.0.1", 0) as view,
        perceived(reading, loaded(glom), live.controls) as results,
    ):
        thread = threading.Thread(
            target=run_loop,
            args=(LoopTurn(live, None, view.pages[0], record=record), results, stop),
        )
        thread.start()
        try:
            yield Run(live, view, view.port)
        finally:
            stop.set()
            results.leave()
            thread.join()
            live.recorder.finish()


def of_objects(*ids: int) -> Percept:
    objects = tracks_of({id_: (10 * i, 0, 10 * i + 10, 30) for i, id_ in enumerate(ids)}, 30, 200)
    return percept_of(noise(30, 200), objects, tracks_of({}, 30, 200))


def test_spans_say_when_each_object_was_seen() -> None:
    lines = ObjectSpans()
    for second in range(24):
        ids = [1] if second < 12 else [1, 2] if second < 18 else [2]
        lines.add(of_objects(*ids), second, 0, 24)
    first, second_ = lines.lines()
    assert (first["id"], second_["id"]) == (1, 2)
    assert first["spans"] == [[0.0, pytest.approx(17 / 24, abs=2 / BINS)]]
    assert second_["spans"] == [[0.5, pytest.approx(23 / 24, abs=2 / BINS)]]
    for second in range(6):  # played again, with a new id
        lines.add(of_objects(7), second, 1, 24)
    spans = {line["id"]: line["spans"] for line in lines.lines()}
    assert spans[7] == [[0.0, pytest.approx(5 / 24, abs=2 / BINS)]]
    assert spans[1][0][0] == 0.25, "what was there before is replaced"


def test_spans_are_bounded() -> None:
    lines = ObjectSpans()
    for frame in range(3000):
        lines.add(of_objects(1 + frame // 10), frame, 0, 3000)
    assert len(lines.lines()) == MOST_LINES
    assert ObjectSpans().lines() == []


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, [], {}, "pause", {"pause": 1}, {"step": 2}, {"step": True}, {"seek": -1}),
        *({"seek": "1"}, {"seek": float("nan")}, {"loop": None}, {"path": "x"}),
        {"pause": True, "loop": True},
    ],
)
def test_what_is_no_request_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"pause"):
        Playing(Playback()).steer(wrong)


def test_a_loop_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--loop needs a file"):
        run_stream("rtsp://ann:secret@camera/live", StreamOptions(view="none", loop=True))


def test_keys_of_the_window_steer_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    pressed, playback = list[str](), Playback()
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: None)
    monkeypatch.setattr(cv2, "waitKey", lambda wait: ord(pressed.pop(0)) if pressed else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 1.0)
    view = Window("test", Controls(), lambda: "", playing=Playing(playback))

    def press(key: str) -> None:
        pressed.append(key)
        assert view.show(noise(90, 160), False)

    press(" ")
    assert playback.is_paused
    press(" ")
    assert not playback.is_paused
    press(".")
    assert playback.is_paused, "a step pauses"
    press("c")
    assert playback.loops
    press("c")
    assert not playback.loops


def test_only_a_file_is_steered(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert ask(run.port, "POST", "/playback", {"pause": True})[0] == 404


def seconds(page: Any) -> float:
    """Where the slider stands."""
    return float(page.locator("#seek").input_value())


def come_to_rest(page: Any, run: Run) -> float:
    """Where the slider stands once every frame that was on its way is shown."""
    deadline = time.monotonic() + 30
    page.wait_for_timeout(500)
    playing = run.live.playing
    assert playing is not None
    while time.monotonic() < deadline:
        newest = run.live.newest
        if newest is not None and newest.percept.frame.index == playing.playback.last_index:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    return seconds(page)


def test_a_file_is_steered_from_the_page_and_says_when_it_ends(
    browser: Any, make_video: MakeVideo, tiny_weights: Path
) -> None:
    clip = make_video("clip.mp4", frames=300)
    with (
        played(clip, tiny_weights, record=True) as run,
        opened(browser, run.view.url, until="#playback:not([hidden])") as page,
    ):
        page.wait_for_selector("#status:has-text('live')")
        page.locator("body").press(" ")
        page.wait_for_selector("#status:has-text('paused')")
        at = come_to_rest(page, run)
        page.wait_for_timeout(2500)
        assert seconds(page) == at
        assert "no picture" not in page.inner_text("#notices"), "none is due"
        page.locator("body").press(".")
        assert come_to_rest(page, run) == pytest.approx(at + 0.04, abs=0.011)
        page.click("#before")
        assert come_to_rest(page, run) == pytest.approx(at, abs=0.011)
        page.locator("#seek").fill("6")
        page.wait_for_selector("#position:has-text('0:06 / 0:12')")
        assert come_to_rest(page, run) == pytest.approx(6, abs=0.03)
        assert run.live.recorder.is_recording
        page.locator("#seek").fill("11.9")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_selector("#status:has-text('end of the file')")
        page.wait_for_selector("#notices > li:has-text('end of the file')")
        page.wait_for_timeout(1000)
        assert run.live.recorder.finished, "the recording ends with the file"
        page.get_by_role("button", name="Play again").click()
        page.wait_for_selector("#status:has-text('live')")
        page.locator("body").press("c")
        page.wait_for_selector("#loop[aria-pressed=true]")
        page.locator("#seek").fill("11.9")
        deadline = time.monotonic() + 20
        while seconds(page) > 6 and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        assert seconds(page) < 6
        assert page.inner_text("#status") == "live"


def test_the_figures_of_a_recording_that_ends_with_its_file_count_every_frame(
    moment: MakePercept, tmp_path: Path
) -> None:
    playback = Playback(holds_end=True)
    recorder = StreamRecorder("clip.mp4", tmp_path / "a.mp4", ())
    live = Live("clip.mp4", Controls(), recorder, Playing(playback))
    window = cast(Window, SimpleNamespace(show=lambda *_: True, notify=lambda _: None))
    turn = LoopTurn(live, window, None, record=True)
    playback.last_index = 2
    for index in range(3):
        playback._has_ended = index == 2
        turn(LivePercept(moment(index), time.monotonic(), position_seconds=0.04 * index))
    assert recorder.finished == [tmp_path / "a.mp4"]
    assert json.loads((tmp_path / "a.stats.json").read_text())["frames"] == 3
    turn(None)
    assert [notice for _, notice in live.notices if "file" in notice] == ["end of the file"]


def test_the_seek_bar_has_the_spans_of_objects(browser: Any, tmp_path: Path) -> None:
    from live_page_run import seen

    playing = Playing(Playback())
    playing.playback.duration_seconds = 100.0

    with running(tmp_path) as run:
        run.live.playing = playing
        for second in range(50):
            playing.spans.add(seen(0).percept, second, 0, 100.0)
        with opened(browser, run.view.url, until="#spans rect[data-id='7']") as page:
            boxes = page.evaluate(
                "() => [...document.querySelectorAll('#spans rect')]"
                ".map((bar) => bar.getBoundingClientRect().width)"
            )
            whole = page.locator("#spans").bounding_box()["width"]
            assert np.abs(np.array(boxes) / whole - 0.49).max() < 0.02
            page.hover("#tree > li[data-id='3'] .name")
            page.wait_for_selector("#spans rect.dim[data-id='7']")
            assert page.locator("#spans rect.dim[data-id='3']").count() == 0
