"""Several sources side by side, by one model: each goes its own way, and one page shows all."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import (
    SMALL,
    Cli,
    MakeVideo,
    Options,
    decoded,
    is_one_error,
    loaded,
    moving_square,
    write_video,
)
from live_browser import opened
from processes import started
from test_read_network import unused_port

from glom_video.glom import Glom
from glom_video.structures import InvalidInput
from glom_video_pipelines.stream import (
    MOST_SOURCES,
    StreamOptions,
    names_apart,
    recording,
    run_stream,
)
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.perceiving import LivePercept, LiveSource, perceived
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.together import Ended, perceived_together
from glom_video_pipelines.stream.views.opening import available_view

__all__ = ["unused_port"]

SECONDS = float(os.environ.get("GLOM_VIDEO_LIVE_SECONDS", "6"))
"""How long a page with three sources is held."""


def percepts_alone(source: str, glom: Glom) -> list[LivePercept]:
    seen = []
    with perceived(LiveSource(source, "every", None), loaded(glom), Controls(), SMALL) as results:
        while not results.is_exhausted:
            if isinstance(percept := results.take(1.0), LivePercept):
                seen.append(percept)
    return seen


def test_each_source_is_parsed_as_it_is_alone(tiny_weights: Path, tmp_path: Path) -> None:
    """Of other lengths and contents: a batch changes results by rounding only."""
    glom = Glom.from_pretrained(str(tiny_weights))
    clips = {"a.mp4": moving_square(9), "b.mp4": moving_square(14)[::-1], "c.mp4": moving_square(5)}
    for name, images in clips.items():
        write_video(tmp_path / name, images)
    sources = [str(tmp_path / name) for name in clips]
    reading = [LiveSource(source, "every", None) for source in sources]
    together: list[list[LivePercept]] = [[], [], []]
    ended: list[int] = []
    with perceived_together(reading, glom, [Controls() for _ in clips], SMALL) as results:
        while len(ended) < 3:
            taken = results.take(60.0)
            assert taken is not None
            place, item = taken
            if isinstance(item, Ended):
                ended.append(place)
                assert item.error is None
            else:
                together[place].append(item)
    assert [len(own) for own in together] == [9, 14, 5]
    for source, own in zip(sources, together, strict=True):
        for one, other in zip(percepts_alone(source, glom), own, strict=True):
            assert one.percept.frame.index == other.percept.frame.index
            assert one.percept.reset == other.percept.reset
            islands = [each.percept.parse.islands["part"] for each in (one, other)]
            agree = islands[0].labels == islands[1].labels
            assert np.mean(agree) > 0.95
    assert not [each for each in threading.enumerate() if each.name.startswith("perceive")]


def test_several_sources_are_recorded_and_counted_apart(
    make_video: MakeVideo, glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    clips = [make_video(f"{name}.mp4", frames=frames) for name, frames in (("a", 6), ("b", 9))]
    ran = glom_video(
        "stream", *clips, "--view", "none", "--policy", "every", *small_model,
        "--record", tmp_path / "live.mp4", "--events", tmp_path / "e.jsonl", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert [(each["source"], each["frames"]) for each in told["sources"]] == [
        (str(clips[0]), 6),
        (str(clips[1]), 9),
    ]
    assert len(decoded(tmp_path / "live-1.mp4")) == 6
    assert len(decoded(tmp_path / "live-2.mp4")) == 9


def test_a_recording_that_fails_ends_no_other(
    make_video: MakeVideo,
    glom_video: Cli,
    small_model: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clips = [make_video(f"{name}.mp4", frames=9) for name in ("a", "b")]

    def written(path: Path, stats: dict[str, Any]) -> None:
        if path.name.startswith("live-1"):
            raise InvalidInput(f"{path} cannot be written", "Check its permissions.")

    monkeypatch.setattr(recording, "write_stats", written)
    ran = glom_video(
        "stream", *clips, "--view", "none", "--policy", "every", *small_model,
        "--record", tmp_path / "live.mp4",
    )  # fmt: skip
    assert ran.code == 1
    assert "live-1.stats.json cannot be written" in ran.err
    assert len(decoded(tmp_path / "live-2.mp4")) == 9


def test_a_source_that_is_not_there_leaves_the_others_running(
    make_video: MakeVideo, glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    ran = glom_video(
        "stream", make_video("a.mp4", frames=6), tmp_path / "nowhere.mp4",
        "--view", "none", "--policy", "every", *small_model,
    )  # fmt: skip
    assert ran.code == 1
    assert "a.mp4: 6 frames" in ran.out
    assert f"{tmp_path / 'nowhere.mp4'}: there is no file" in ran.err, "a notice names its source"
    assert is_one_error("\n".join(ran.err.strip().splitlines()[-2:]))
    assert "nowhere.mp4" in ran.err


def test_sources_that_differ_by_password_only_are_told_apart() -> None:
    cameras = ["rtsp://ann:1@host/live", "rtsp://host/yard", "rtsp://bob:2@host/live"]
    assert names_apart(cameras) == [
        "rtsp://***@host/live (1)",
        "rtsp://host/yard",
        "rtsp://***@host/live (3)",
    ]


def test_errors_of_two_logins_of_one_camera_are_told_apart(
    glom_video: Cli, small_model: Options, unused_port: int
) -> None:
    cameras = [f"http://{name}:x@127.0.0.1:{unused_port}/live" for name in ("ann", "bob")]
    ran = glom_video("stream", *cameras, "--view", "none", *small_model)
    assert ran.code == 1
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    assert [f"/live ({place}): " in line for place, line in enumerate(errors, 1)] == [True, True]


def test_a_file_that_is_named_twice_is_two_sources(
    make_video: MakeVideo, glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    """In notices, figures and events: nobody could tell which of them they were of."""
    clip, events = make_video("a.mp4", frames=24), tmp_path / "e.jsonl"
    ran = glom_video(
        "stream", clip, clip, "--view", "none", "--policy", "every", *small_model,
        "--events", events, "--min-score", 0,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    names = {f"{clip} (1)", f"{clip} (2)"}
    assert {line.partition(": ")[0] for line in ran.out.splitlines()} == names
    notices = [line for line in ran.err.splitlines() if "this source has ended" in line]
    assert {line.partition(": ")[0] for line in notices} == names
    assert {json.loads(line)["source"] for line in events.read_text().splitlines()} == names


def test_a_source_that_has_ended_is_recorded_and_not_missed(
    make_video: MakeVideo, glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    """Its recording stayed open until the last source ended, and it was said to give no picture."""
    short, long = make_video("a.mp4", frames=3), make_video("b.mp4", frames=90)
    ran = glom_video(
        "stream", short, long, "--view", "none", *small_model, "--record", tmp_path / "live.mp4",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    told = [line.removeprefix(f"{short}: ") for line in ran.err.splitlines() if str(short) in line]
    assert told == ["recording to live-1.mp4", "this source has ended", "recorded live-1.mp4"]
    assert "no picture" not in ran.err


def test_what_several_sources_cannot_have(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="too many"):
        run_stream(["0"] * (MOST_SOURCES + 1), StreamOptions(view="none"))
    with pytest.raises(InvalidInput, match="shows one source"):
        available_view(StreamOptions(view="window"), 2)


# --- on the page


@dataclass
class Stream:
    url: str
    process: subprocess.Popen[str]


@contextmanager
def streaming(*arguments: object) -> Iterator[Stream]:
    """``glom-video stream`` in a process of its own, with a page."""
    process = started("stream", *arguments, "--view", "web", "--port", 0)
    try:
        assert process.stderr is not None
        told = ""
        while not (found := re.search(r"watch at (\S+)", told)):
            line = process.stderr.readline()
            assert line, told
            told += line
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield Stream(found[1], process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_a_page_with_three_sources_is_held(
    browser: Any, small_model: Options, tmp_path: Path
) -> None:
    """Every source goes on for as long as it is watched, its picture moves, and each leads to a
    page of its own on which all works as on that of a single one."""
    pytest.importorskip("uvicorn", reason="the page needs the extra [web]")
    sources = [tmp_path / f"{name}.mp4" for name in ("a", "b", "c")]
    write_video(sources[0], moving_square(int(5 * (SECONDS + 240))), rate=5)
    for copy in sources[1:]:
        shutil.copy(sources[0], copy)
    with (
        streaming(*sources, *small_model, "--min-score", 0) as stream,
        opened(browser, stream.url, until="#sources > li:nth-child(3)") as page,
    ):
        assert page.locator("#sources .name").all_inner_texts() == list(map(str, sources))
        until, turns = time.monotonic() + SECONDS, 0
        while time.monotonic() < until or turns < 3:
            before = page.evaluate(PICTURES)
            page.wait_for_function(
                f"before => ({PICTURES})().every((picture, place) => picture !== before[place])",
                arg=before,
                timeout=90_000,
            )
            turns += 1
        about = page.locator("#sources .about").all_inner_texts()
        assert not {"connecting", "not connected"} & set(about), about
        page.click("#sources li:nth-child(2) canvas")
        page.wait_for_selector("#events > li", timeout=90_000)
        assert page.inner_text("#source") == str(sources[1])
        assert page.url.endswith("/2/")
        page.get_by_role("checkbox", name="Ids").uncheck()
        page.wait_for_selector("body[data-settled=true]")
        stats = page.evaluate("fetch('stats.json').then((answer) => answer.json())")
        assert stats["source"] == str(sources[1])
        assert stats["frames"] > 3
        page.get_by_role("link", name="All sources").click()
        page.wait_for_selector("#sources > li:nth-child(3)")


def test_the_page_of_all_tells_what_each_source_is_and_which_has_ended(
    browser: Any, tmp_path: Path
) -> None:
    """One that never gave a picture was waited for without end; and where another run had taken the
    server's place, its pictures stood under the names of those before."""
    pytest.importorskip("uvicorn", reason="the page needs the extra [web]")
    from glom_video_pipelines.stream.web import WebView

    lives = [Live(name, Controls(), StreamRecorder(name, None, ())) for name in ("a", "b")]
    over = threading.Event()
    with WebView(lives[0], "127.0.0.1", 0, others=lives[1:]) as view:

        def publish() -> None:
            while not over.wait(0.05):
                for page, live in zip(view.pages, lives, strict=True):
                    page.publish(live, None)

        publishing = threading.Thread(target=publish)
        publishing.start()
        try:
            with opened(browser, view.url, until="#sources > li:nth-child(2)") as page:
                page.wait_for_selector(".about:has-text('waiting for the first picture')")
                lives[0].source, lives[1].has_ended = "another", True
                page.wait_for_selector("li:has-text('another')")
                page.wait_for_selector("li:nth-child(2) .about:has-text('the source has ended')")
        finally:
            over.set()
            publishing.join()


PICTURES = (
    "() => [...document.querySelectorAll('#sources canvas')]"
    ".map((canvas) => canvas.toDataURL().slice(-3000))"
)
