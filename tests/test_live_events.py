"""Events of a live run: listed, logged, and of zones and lines that are drawn on the page."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SMALL, MakeVideo, decoded, is_one_error
from live_browser import opened
from percepts import noise, percept_of, tracks_of

from glom_video.events import Places, Zone, read_places
from glom_video.formats import read_events
from glom_video.structures import InvalidInput, Percept
from glom_video.track import TrackSettings
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.stream.events.live_events import LISTED, LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore
from glom_video_pipelines.stream.perceiving import LivePercept

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_page_run import SIZE, Run, ask, running

HEIGHT, WIDTH = SIZE
PICTURE = noise(*SIZE) // 3
SOURCE = "rtsp://***@camera/live"


def walk(index: int, period: int = 200) -> Percept:
    """Object 3 goes from the left to the right and back, in 200 frames; object 7 stands still."""
    phase = index % period
    left = round((WIDTH - 60) * (1 - abs(2 * phase / period - 1)))
    boxes = {3: (left, 60, left + 60, 120), 7: (240, 10, 300, 50)}
    objects = tracks_of(boxes, *SIZE)
    pose = np.zeros((2, 6), np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes.values()):
        pose[row, :2] = (x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT
    return percept_of(PICTURE, replace(objects, pose=pose), tracks_of({}, *SIZE), index)


def live_walk(index: int) -> LivePercept:
    return LivePercept(walk(index), time.monotonic())


def zone(name: str, left: float, right: float, source: str | None = None) -> Zone:
    left, right = float(left), float(right)
    return Zone(name, ((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0)), source)


# --- without a page


def test_events_are_listed_counted_and_logged(tmp_path: Path) -> None:
    store = ZoneStore(None)
    store.change(added=Places((zone("left third", 0, 0.33),)))
    log = EventLog(tmp_path / "events.jsonl")
    live = LiveEvents(SOURCE, store, log)
    for index in range(400):
        live.add(walk(index))
    log.close()
    rows = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [{"number": number, **row} for number, row in enumerate(rows, 1)] == live.newest_rows()
    assert [(row["kind"], row["id"]) for row in rows] == [
        ("appeared", 3),
        ("entered_zone", 3),
        ("appeared", 7),
        ("left_zone", 3),
        ("entered_zone", 3),
        ("left_zone", 3),
        ("entered_zone", 3),
    ][: len(rows)]
    assert live.counts()["left third"]["entered"] - live.counts()["left third"]["left"] == 1
    assert {row["source"] for row in rows} == {SOURCE}
    assert rows[0]["at"].endswith("+00:00"), "of the world's clock, wherever it is read"


def test_the_list_is_bounded() -> None:
    live = LiveEvents(SOURCE, ZoneStore(None))
    live.change_places(added=Places((zone("left third", 0, 0.33),)))
    for index in range(60 * LISTED // 2 + 60):
        live.add(walk(index, period=60))
    assert len(live.newest_rows()) == LISTED
    assert live.newest_rows()[-1]["number"] > LISTED


def test_zones_of_each_source_are_kept_apart(tmp_path: Path) -> None:
    store = ZoneStore(tmp_path / "zones.json")
    one, other = (LiveEvents(name, store, is_only=False) for name in ("a.mp4", "b.mp4"))
    mine, theirs = (Places((zone("door", 0, 0.5, name),)) for name in ("a.mp4", "b.mp4"))
    one.change_places(added=mine)
    other.change_places(added=theirs)
    assert [each.points[0] for each in one.places.zones] == [(0.0, 0.0)]
    again = ZoneStore(tmp_path / "zones.json")
    assert again.places == store.places
    assert len(again.places.zones) == 2
    with pytest.raises(InvalidInput, match="of another source"):
        one.change_places(added=theirs)
    with pytest.raises(InvalidInput, match="of another source"):
        one.change_places(removed=theirs)
    one.change_places(removed=mine)
    assert [each.source for each in read_places(tmp_path / "zones.json").zones] == ["b.mp4"]


def test_a_log_that_cannot_be_written_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        EventLog(tmp_path / "nowhere" / "events.jsonl")
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    log = EventLog(full)
    live = LiveEvents(SOURCE, ZoneStore(None), log)
    for index in range(13):
        live.add(walk(index))
    with pytest.raises(InvalidInput, match="No space left"):
        live.add(walk(13))
    live.add(walk(14))
    log.close()
    assert [row["kind"] for row in live.newest_rows()] == ["appeared", "appeared"]


def test_a_stream_logs_its_events_and_records_them(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = str(make_video("clip.mp4", frames=40))
    options = StreamOptions(
        view="none",
        policy="every",
        record=tmp_path / "live.mp4",
        formats=("events",),
        events=tmp_path / "events.jsonl",
        weights=str(tiny_weights),
        settings=replace(SMALL, track=TrackSettings(min_score=0.0)),
    )
    assert run_stream(clip, options) == 0
    rows = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    recorded = list(read_events(tmp_path / "live.events.jsonl"))
    assert [(row["kind"], row["id"], row["frame"]) for row in rows] == [
        (event.kind, event.id, event.frame) for event in recorded
    ]
    assert rows
    assert len(decoded(tmp_path / "live.mp4")) == 40


def test_a_zone_drawn_while_no_frame_comes_counts_at_once(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    live = LiveEvents(SOURCE, ZoneStore(None), log)
    live.apply_changed_places()
    for index in range(30):
        live.add(walk(index))
    live.change_places(added=Places((zone("right half", 0.5, 1),)))
    live.apply_changed_places()
    live.apply_changed_places()
    log.close()
    assert live.counts()["right half"] == {"inside": 1, "entered": 1, "left": 0}
    last = json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])
    assert (last["kind"], last["id"], last["frame"]) == ("entered_zone", 7, 29)


# --- on the page


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
    assert drawn.live.events.counts()[name]["entered"] >= 1
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
    kinds = [
        json.loads(row)["kind"] for row in (tmp_path / "events.jsonl").read_text().splitlines()
    ]
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
