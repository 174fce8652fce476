"""Zones and lines that are drawn on the page of a live run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MakeVideo, is_one_error, json_lines
from live_browser import opened

from glom_video.events import Places, read_places
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_page_run import Run, ask, running
from live_walks import HEIGHT, SOURCE, WIDTH, live_walk


@pytest.fixture
def drawn(tmp_path: Path) -> Iterator[Run]:
    log = EventLog(tmp_path / "events.jsonl")
    events = LiveEvents(SOURCE, ZoneStore(tmp_path / "zones.json"), log)
    with running(tmp_path, percept=live_walk, events=events) as run:
        yield run
    log.close()


@pytest.fixture
def page(browser: Any, drawn: Run) -> Iterator[Any]:
    with opened(browser, drawn.view.url, until="#events > li", height=1000) as page_:
        yield page_


def click(page: Any, x: float, y: float) -> None:
    """At a place in the picture, in fractions of its width and height."""
    box = page.locator("#picture").bounding_box()
    scale = min(box["width"] / WIDTH, box["height"] / HEIGHT)
    left = box["x"] + (box["width"] - scale * WIDTH) / 2
    top = box["y"] + (box["height"] - scale * HEIGHT) / 2
    page.mouse.click(left + x * scale * WIDTH, top + y * scale * HEIGHT)


def test_a_zone_is_drawn_counted_kept_and_taken_away(page: Any, drawn: Run, tmp_path: Path) -> None:
    """By a name that would be a picture if it were read as html."""
    name = "<img src=x onerror=alert(1)>"
    page.click("#draw-zone")
    page.fill("#zone-name", name)
    corners = [(0.5, 0.02), (0.98, 0.02), (0.98, 0.98), (0.5, 0.98)]
    for corner in corners:
        click(page, *corner)
    page.click("#zone-done")
    page.wait_for_selector("#zone-list > li")
    (kept,) = read_places(tmp_path / "zones.json").zones
    assert (kept.name, kept.source) == (name, None)
    assert np.abs(np.array(kept.points) - corners).max() < 0.01
    assert page.locator("#zone-list img").count() == 0
    item = page.locator("#zone-list > li > span")
    page.wait_for_function(
        "() => / [12] inside, [1-9]/.test(document.querySelector('#zone-list span').textContent)",
        timeout=15_000,
    )
    assert item.inner_text().startswith(f"{name}: ")
    assert drawn.live.events.counts(drawn.live.events.places)[name]["entered"] >= 1
    assert f"object 7 entered {name}" in page.inner_text("#events")
    assert page.locator("#zone-layer polygon").count() == 1
    page.get_by_role("button", name=f"Remove {name}").click()
    page.wait_for_selector("#zone-list > li", state="detached")
    assert read_places(tmp_path / "zones.json") == Places()


def test_a_line_is_drawn_and_crossed(page: Any, tmp_path: Path) -> None:
    page.click("#draw-line")
    click(page, 0.5, 0.95)
    click(page, 0.5, 0.05)
    page.wait_for_function(
        "() => document.querySelector('#events').textContent.includes('crossed line 1 to the ')",
        timeout=20_000,
    )
    assert "line 1: " in page.inner_text("#zone-list")
    assert "object 3 crossed line 1" in page.inner_text("#events")
    assert page.locator("#zone-layer .arrow").count() == 1
    page.wait_for_timeout(300)
    kinds = [row["kind"] for row in json_lines(tmp_path / "events.jsonl")]
    assert "crossed_line" in kinds


def test_drawing_can_be_left_and_a_taken_name_is_told(page: Any, drawn: Run) -> None:
    page.click("#draw-zone")
    click(page, 0.2, 0.2)
    page.keyboard.press("Escape")
    assert not page.locator("#zone-naming").is_visible()
    for _ in range(2):
        page.click("#draw-line")
        page.fill("#zone-name", "gate")
        click(page, 0.3, 0.9)
        click(page, 0.3, 0.1)
        page.wait_for_timeout(500)
    page.wait_for_function(
        "() => document.getElementById('zone-problem').innerText === 'There is a gate already.'"
    )
    assert len(drawn.live.events.places.lines) == 1
    assert drawn.live.controls.display == Controls().display, "letters in a name are no keys"


def test_what_is_no_zone_is_refused(drawn: Run, tmp_path: Path) -> None:
    place = {"name": "a", "points": [[0, 0], [1, 0], [1, 1]]}
    good = {"added": {"zones": [place]}}
    for wrong in (
        {"added": {"zones": [{"name": "a", "points": []}]}},
        {"added": {"zones": [{**place, "source": "another"}]}},
        {"added": {"path": str(tmp_path / "mine")}},
        {"path": str(tmp_path / "mine")},
        {"added": None},
        {"zones": [place]},
        [good],
    ):
        assert ask(drawn.port, "POST", "/zones", wrong)[0] == 422, wrong
    assert ask(drawn.port, "POST", "/zones", {"added": {}, "x": "y" * 40_000})[0] == 413
    assert ask(drawn.port, "POST", "/zones", good, Origin="http://evil.example")[0] == 403
    assert not (tmp_path / "zones.json").exists()
    assert ask(drawn.port, "POST", "/zones", good)[0] == 204
    stats = json.loads(ask(drawn.port, "GET", "/stats.json")[2])
    assert set(stats["zones"]["a"]) == {"inside", "entered", "left"}


def test_viewers_who_draw_at_once_overwrite_nothing(drawn: Run) -> None:
    """Each sends what it changes, from before it heard of the others."""

    def changed(change: str, name: str) -> int:
        place = {"name": name, "points": [[0, 0], [1, 0], [1, 1]]}
        return ask(drawn.port, "POST", "/zones", {change: {"zones": [place]}})[0]

    for name in ("a", "b", "c"):
        assert changed("added", name) == 204
    assert changed("removed", "b") == 204
    assert changed("removed", "b") == 204, "by two at once: it is away, as both wanted"
    assert changed("added", "a") == 422, "a name that the other took first"
    assert [each.name for each in drawn.live.events.places.zones] == ["a", "c"]


def test_a_file_of_zones_that_is_none_is_one_clear_line(
    tmp_path: Path, glom_video: Any, make_video: MakeVideo
) -> None:
    (tmp_path / "zones.json").write_text("[]")
    ran = glom_video(
        "stream", make_video("a.mp4"), "--view", "none", "--zones", tmp_path / "zones.json"
    )
    assert ran.code == 2
    assert is_one_error(ran.err)
