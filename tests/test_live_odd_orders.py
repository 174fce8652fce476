"""What the live page says stays true whatever the order in which things are asked of it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import SIZE, Run, ask, running, seen
from live_walks import SOURCE
from percepts import noise, percept_of, tracks_of

from glom_video.events import read_places
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore
from glom_video_pipelines.stream.perceiving import LivePercept


class Scene:
    """Objects 3 and 7 as in ``seen``; 7 may go away, or be seen as one with 3."""

    def __init__(self) -> None:
        self.is_of = "both"

    def __call__(self, index: int) -> LivePercept:
        if self.is_of == "both":
            return seen(index)
        name = "3" if self.is_of == "one" else "3+7"
        objects = replace(tracks_of({3: (10, 20, 300, 140)}, *SIZE), names=(name,))
        percept = percept_of(noise(*SIZE) // 3, objects, tracks_of({}, *SIZE), index)
        return LivePercept(percept, time.monotonic())


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def run(tmp_path: Path, scene: Scene) -> Iterator[Run]:
    events = LiveEvents(SOURCE, ZoneStore(tmp_path / "zones.json"))
    with running(tmp_path, percept=scene, events=events) as running_:
        yield running_


@pytest.fixture
def page(browser: Any, run: Run) -> Iterator[Any]:
    with opened(browser, run.view.url, height=1000) as page_:
        yield page_


def choose(page: Any, id_: int, *tools: str) -> None:
    page.click(f"#tree > li[data-id='{id_}'] .name")
    for tool in tools:
        page.get_by_role("button", name=tool).click()


def test_beside_a_held_picture_all_is_the_newest(page: Any, run: Run, tmp_path: Path) -> None:
    page.locator("body").press(" ")
    page.wait_for_selector("#status:has-text('held')")
    for name in ("zone 1", "zone 2"):
        page.click("#draw-zone")
        page.fill("#zone-corners", "10 10, 90 10, 90 90")
        page.click("#zone-done")
        page.wait_for_selector(f"#zone-list > li:has-text('{name}')")
    assert len(read_places(tmp_path / "zones.json").zones) == 2, "the second does not replace one"
    choose(page, 7, "Hide")
    page.wait_for_selector("#tree > li.undrawn[data-id='7']")
    page.locator("#tree input").fill("Anna")
    page.locator("#tree input").press("Enter")
    page.wait_for_selector(".name:has-text('Anna (7)')")
    assert page.input_value("#tree input") == "Anna"
    assert ask(run.port, "POST", "/marks", {"id": 7, "hidden": False})[0] == 204
    page.wait_for_selector("#tree > li:not(.undrawn)[data-id='7']")
    assert page.inner_text("#status") == "held"


def test_pinned_then_hidden_then_reset(page: Any, run: Run, scene: Scene) -> None:
    choose(page, 7, "Pin", "Hide")
    page.wait_for_selector("#tree > li.undrawn.pinned[data-id='7']")
    page.click("#reset")
    scene.is_of = "one"
    row = "#tree > li:first-child.pinned.undrawn.away[data-id='7']"
    page.wait_for_selector(row)
    assert "away" in page.inner_text(row)
    choose(page, 7)
    assert page.inner_text("#count") == "1, with 0 parts"
    scene.is_of = "both"
    page.wait_for_selector("#tree > li.undrawn.pinned:not(.away)[data-id='7']")
    assert run.live.marks.hidden == {7}


def test_an_object_that_is_followed_leaves_or_becomes_one_with_another(
    page: Any, scene: Scene
) -> None:
    choose(page, 7, "Pin", "Follow")
    page.locator("#tree input").fill("Anna")
    page.locator("#tree input").press("Enter")
    page.wait_for_selector("#closeup-label:text-is('Anna (7)')")
    scene.is_of = "one"
    page.wait_for_selector("#closeup-label:text-is('Anna (7), out of sight')")
    assert "away" in page.inner_text("#tree > li[data-id='7'] .node")
    last = canvas(page, "closeup-picture")
    page.wait_for_timeout(300)
    assert (canvas(page, "closeup-picture") == last).all(), "where it was last is left standing"
    scene.is_of = "joined"
    page.wait_for_selector("#closeup-label:text-is('Anna (3+7)')")
    assert "with 3" in page.inner_text("#tree > li[data-id='7'] .node"), "it is no longer away"
    assert page.locator("#closeup.away").count() == 0
    page.wait_for_selector("#events > li:has-text('Anna (7) ')")


def test_two_viewers_choose_each_for_themselves_and_look_at_one_picture(
    browser: Any, page: Any, run: Run
) -> None:
    with opened(browser, run.view.url) as other:
        choose(page, 7, "Pin", "Hide")
        choose(other, 3, "Follow")
        other.wait_for_selector("#tree > li.undrawn[data-id='7']")
        assert other.locator("#tree > li.pinned").count() == 0
        assert other.locator("#closeup").is_visible()
        assert page.locator("#closeup").is_hidden()
        page.locator("body").press(" ")
        page.wait_for_selector("#status:has-text('held')")
        other.locator("#opacity").fill("0.8")
        page.wait_for_selector("#opacity-value:has-text('80 %')")
        held = canvas(page)
        other.wait_for_timeout(600)
        assert (canvas(page) == held).all(), "one holds its picture"
        assert other.inner_text("#status") == "live"
        assert np.ptp(canvas(other)) > 50


def test_before_the_first_picture_nothing_is_measured(browser: Any, tmp_path: Path) -> None:
    with (
        running(tmp_path, percept=lambda index: None) as run,
        opened(browser, run.view.url, until="#status:has-text('waiting for the first')") as page,
    ):
        for figure in ("fps", "p50", "p95", "dropped"):
            assert page.inner_text(f"#{figure}") == "\u2013"
        assert page.inner_text("#no-notice") == "No notice yet."


def test_what_is_long_ago_says_its_day_and_what_is_long_its_hours(page: Any) -> None:
    said = page.evaluate(
        """async () => {
          const { clock, seconds, timeOf } = await import("./dom.js");
          const now = new Date();
          const yesterday = new Date(now - 86_400_000);
          return {
            today: timeOf(now) === now.toLocaleTimeString(),
            before: timeOf(yesterday) === yesterday.toLocaleString(),
            ages: [0.44, 59.9, 60, 754, 3600, 7384].map(seconds),
            places: [0, 61, 3723].map(clock),
          };
        }"""
    )
    assert said == {
        "today": True,
        "before": True,
        "ages": ["0.4 s", "59.9 s", "1:00", "12:34", "1:00:00", "2:03:04"],
        "places": ["0:00", "1:01", "1:02:03"],
    }
