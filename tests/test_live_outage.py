"""Outages on the live page: what is shown to who joins during one, and when the picture is said to
be back; a picture that is held."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import Viewer, running, seen
from test_live_islands import with_columns
from test_live_objects import point
from waiting import wait_for

from glom_video_pipelines.stream.figures.outage import OUTAGE_SECONDS, Outage
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.web.app import MOST_VIEWERS

NONE = "\u2013"
"""A figure that is not known."""


def test_back_is_said_only_when_a_frame_came(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "time", lambda: 5000 + now)
    outage = Outage()
    now += 10
    assert not outage.begins(has_begun=False), "before the first frame there is none to miss"
    assert not outage.end()
    now += OUTAGE_SECONDS
    assert not outage.begins(has_begun=True)
    now += 0.1
    assert outage.begins(has_begun=True)
    assert outage.since == 5110.0
    now += 60
    assert not outage.begins(has_begun=True), "it is told once"
    assert outage.since == 5110.0
    assert outage.end()
    assert outage.since is None
    assert not outage.end()


def test_old_frames_of_a_slow_model_are_no_outage(tmp_path: Path) -> None:
    """Each comes seconds after its capture, but they come."""

    def slow(index: int) -> LivePercept:
        found = seen(index)
        return LivePercept(found.percept, found.captured_at_seconds - 5)

    with running(tmp_path, percept=slow) as run:
        time.sleep(OUTAGE_SECONDS + 1)
        assert not run.live.notices


class Source:
    """Gives frames, or none."""

    def __init__(self) -> None:
        self.is_out = False

    def __call__(self, index: int) -> LivePercept | None:
        return None if self.is_out else with_columns(index)


def test_who_joins_during_an_outage_sees_the_last_picture_grey_and_since_when(
    browser: Any, tmp_path: Path
) -> None:
    source = Source()
    with running(tmp_path, percept=source) as run:
        time.sleep(0.5)  # frames that nobody watches
        source.is_out = True
        wait_for(lambda: run.live.outage.since is not None, 10)
        newest = run.live.newest
        assert newest is not None
        for _ in range(2):  # the second one joins when the picture is no longer new
            viewer = Viewer(run.port)
            state, picture = viewer.look()
            assert picture is not None
            assert state["frame"] == newest.percept.frame.index
            viewer.close()
        with opened(browser, run.view.url) as page:
            page.wait_for_selector("#picture.old")
            assert "grayscale" in page.locator("#picture").evaluate(
                "canvas => getComputedStyle(canvas).filter"
            )
            assert np.ptp(canvas(page).reshape(-1, 3), axis=0).min() > 50, "it is a picture"
            said = page.inner_text("#status")
            since = time.localtime(run.live.outage.since)
            assert said.startswith("no picture since ")
            assert f":{since.tm_min:02d}:{since.tm_sec:02d}" in said
            page.wait_for_timeout(1500)
            assert page.inner_text("#status") == said
            assert "back" not in page.inner_text("#notices")
            source.is_out = False
            page.wait_for_selector("#status:has-text('live')")
            page.wait_for_selector("#notices > li:has-text('the picture is back')")
            assert page.locator("#picture.old").count() == 0


def test_before_the_first_picture_the_page_waits(browser: Any, tmp_path: Path) -> None:
    source = Source()
    source.is_out = True
    with (
        running(tmp_path, percept=source) as run,
        opened(browser, run.view.url, until="#status:has-text('waiting for the first')") as page,
    ):
        page.wait_for_timeout(2500)
        assert page.inner_text("#status") == "waiting for the first picture"
        source.is_out = False
        page.wait_for_selector("#tree > li")
        page.wait_for_selector("#status:has-text('live')")


def test_space_holds_the_picture_of_a_camera_which_can_still_be_asked_about(
    browser: Any, tmp_path: Path
) -> None:
    with running(tmp_path, percept=with_columns) as run, opened(browser, run.view.url) as page:
        page.locator("body").press(" ")
        page.wait_for_selector("#status:has-text('held')")
        page.wait_for_timeout(300)
        held, frames = canvas(page), run.live.tally.frames
        page.wait_for_timeout(1000)
        assert (canvas(page) == held).all()
        assert run.live.tally.frames > frames, "the model goes on"
        page.select_option("#islands", label="object")
        point(page, 280, 90)
        page.wait_for_selector("#contributions > div:has-text('carry'):has-text('70 %')")
        page.click("#help")
        page.locator("body").press(" ")
        page.wait_for_selector("#status:has-text('live')")
        page.wait_for_timeout(500)
        assert (canvas(page) != held).any()


def test_keys_are_told_and_do_what_they_say(browser: Any, tmp_path: Path) -> None:
    """Those of the window, as far as a page can have them."""
    from glom_video_pipelines.stream.views.window import HELP

    with running(tmp_path) as run, opened(browser, run.view.url) as page:
        page.click("#help")
        told = set(page.locator("#keys li kbd").all_inner_texts())
    in_window = {key for line in HELP for key in line.partition("  ")[0].split()}
    assert told == in_window - {"q"}


def test_who_asks_a_server_that_has_ended_is_told(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    with running(tmp_path) as run:
        page.goto(run.view.url)
        page.click("#tree > li[data-id='7'] .name")
    page.wait_for_selector("#status:has-text('the server has ended, trying again')")
    page.locator("#tree > li.chosen input").fill("Anna")
    page.keyboard.press("Enter")
    page.wait_for_selector(".refused:has-text('nothing was changed')")
    page.locator("#ids").uncheck()
    page.wait_for_timeout(200)
    page.close()
    assert not problems


def test_a_page_for_which_there_is_no_room_says_so(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    with running(tmp_path) as run:
        viewers = [Viewer(run.port) for _ in range(MOST_VIEWERS)]
        page.goto(run.view.url)
        page.wait_for_selector("#status:has-text('too many viewers, trying again')")
        for viewer in viewers:
            viewer.close()
        page.wait_for_selector("#status:has-text('live')")
        page.close()


def test_what_was_chosen_in_one_run_is_not_in_the_next(browser: Any, tmp_path: Path) -> None:
    """Its ids are other objects there."""
    page = browser.new_page()
    chosen = "#tree > li.chosen, #tree > li.pinned, #closeup:not([hidden])"
    with running(tmp_path) as run:
        page.goto(run.view.url)
        page.click("#tree > li[data-id='7'] .name")
        page.click("#tree > li.chosen button:has-text('Pin')")
        page.click("#tree > li.chosen button:has-text('Follow')")
        page.wait_for_selector("#closeup:not([hidden])")
    page.wait_for_selector("#status:has-text('the server has ended')")
    assert page.locator(chosen).count() == 2, "as it was, with the last picture"
    with running(tmp_path, port=run.port):
        page.wait_for_selector("#status:has-text('live')")
        page.wait_for_selector("#closeup", state="hidden")
        assert page.locator(chosen).count() == 0
        page.close()


def test_figures_of_a_server_that_has_ended_are_gone(browser: Any, tmp_path: Path) -> None:
    """And stay so while the page tries again, until one is there."""
    page = browser.new_page()
    shown = ("#fps", "#p50", "#p95", "#dropped", "#stability")

    def figures() -> set[str]:
        return {page.inner_text(name) for name in shown}

    with running(tmp_path) as run:
        page.goto(run.view.url)
        page.click("#record")
        page.wait_for_selector("#record:has-text('Recording')")
        page.wait_for_function(
            "() => document.querySelector('#stability').textContent.includes('%')"
        )
        assert NONE not in figures()
    page.wait_for_selector("#status[data-state='closed']")
    for _ in range(2):
        assert page.inner_text("#status") == "the server has ended, trying again"
        assert figures() == {NONE}
        assert page.inner_text("#background") == ""
        assert page.locator("#strip rect").count() == 0
        assert "Recording" not in page.inner_text("#record")
        page.wait_for_timeout(2000)
    page.close()


def test_a_connection_that_is_lost_is_no_end(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    page.route_web_socket("**/watch", lambda socket: socket.close(code=1011))
    with running(tmp_path) as run:
        page.goto(run.view.url)
        page.wait_for_selector("#status:has-text('not connected, trying again')")
        assert page.inner_text("#fps") == NONE
    page.close()
