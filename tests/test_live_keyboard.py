"""The live page without a pointing device: the place in the picture, islands around it, zones and
lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import SIZE, Run, running
from live_walks import SOURCE
from test_live_islands import with_columns

from glom_video.events import read_places
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    events = LiveEvents(SOURCE, ZoneStore(tmp_path / "zones.json"))
    with running(tmp_path, percept=with_columns, events=events) as running_:
        yield running_


@pytest.fixture
def page(browser: Any, run: Run) -> Iterator[Any]:
    with opened(browser, run.view.url, height=1000) as page_:
        yield page_


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def come_to_the_picture(page: Any) -> None:
    press(page, "Tab")
    assert page.evaluate("() => document.activeElement.id") == "picture"


def test_the_picture_is_reached_and_says_where_the_place_is(page: Any, run: Run) -> None:
    come_to_the_picture(page)
    ring = "() => getComputedStyle(document.querySelector('.picture-box')).outlineStyle"
    assert page.evaluate(ring) == "solid", "who has the keys is seen"
    place, _, what = page.inner_text("#place").partition(": ")
    assert place == "50 % from the left, 50 % from the top"
    assert what == "no object" or what.startswith("object 3, part "), "object 3 wanders through it"
    centre = canvas(page, "overlay", cv2.IMREAD_UNCHANGED)[SIZE[0] // 2, SIZE[1] // 2]
    assert centre[3] == 255, "the place is drawn"
    press(page, *["ArrowRight"] * 14, "Shift+ArrowUp")
    page.wait_for_selector('#tree > li.lit[data-id="7"]')
    assert page.inner_text("#place") == "85 % from the left, 49.5 % from the top: object 7, part 4"
    press(page, "Enter")
    page.wait_for_selector('#tree > li.chosen[data-id="7"]')
    press(page, "Escape")
    page.wait_for_selector("#tree > li.lit", state="detached")
    assert page.inner_text("#place") == ""
    press(page, *["ArrowDown"] * 60)
    assert "100 % from the top" in page.inner_text("#place"), "it stays in the picture"
    press(page, "Shift+Tab")
    assert page.inner_text("#place") == ""
    described = page.locator("#picture").get_attribute("aria-describedby")
    assert "move a cross" in page.locator(f"#{described}").text_content()
    assert run.live.controls.display == Controls().display


def test_islands_are_shown_around_the_place(page: Any) -> None:
    page.select_option("#islands", label="object")
    page.locator("#picture").focus()
    press(page, *["ArrowRight"] * 14)
    page.wait_for_selector("#contributions > div:has-text('carry'):has-text('70 %')")
    heat = canvas(page, "overlay", cv2.IMREAD_UNCHANGED)
    assert heat[20, 300, 2] > 240 > 160 > heat[20, 20, 2]
    press(page, *["ArrowLeft"] * 30)
    page.wait_for_selector("#contributions > div:has-text('carry'):has-text('10 %')")


def test_a_zone_is_drawn_and_taken_away_by_keys(page: Any, tmp_path: Path) -> None:
    page.locator("#draw-zone").focus()
    press(page, "Enter")
    assert page.evaluate("() => document.activeElement.id") == "picture"
    assert "arrow keys" in page.inner_text("#zone-hint")
    press(page, "Enter", "ArrowRight", "ArrowRight", "Enter", "ArrowDown", "Enter")
    press(page, "ArrowDown", "Enter", "Backspace")
    assert page.input_value("#zone-corners") == "50 50, 55 50, 55 52.5"
    assert page.locator("#zone-layer circle").count() == 3
    assert page.locator("#tree > li.chosen").count() == 0, "enter has put corners only"
    press(page, "ArrowUp", "Enter")
    page.wait_for_selector("#zone-list > li")
    (kept,) = read_places(tmp_path / "zones.json").zones
    assert kept.points == ((0.5, 0.5), (0.55, 0.5), (0.55, 0.525))
    page.get_by_role("button", name="Remove zone 1").focus()
    press(page, "Enter")
    page.wait_for_selector("#zone-list > li", state="detached")
    assert page.evaluate("() => document.activeElement.id") == "draw-zone", "the keys are not lost"


def test_corners_may_be_typed(page: Any, run: Run, tmp_path: Path) -> None:
    page.click("#draw-line")
    corners = page.locator("#zone-corners")
    for wrong, reason in (
        ("50 95 50", "two numbers"),
        ("50 95, 50 105", "two numbers"),
        ("50 95, x y", "two numbers"),
        ("50 95", "2 ends"),
        ("50 95, 50 5, 60 5", "2 ends"),
    ):
        corners.fill(wrong)
        corners.press("Enter")
        assert reason in page.inner_text("#zone-problem"), wrong
    corners.fill("")
    corners.press_sequentially("50 95, 50 5.25")
    assert page.locator("#zone-layer circle").count() == 2, "it is shown while it is typed"
    corners.press("Enter")
    page.wait_for_selector("#zone-list > li")
    (line,) = read_places(tmp_path / "zones.json").lines
    assert line.points == ((0.5, 0.95), (0.5, 0.0525))
    assert page.evaluate("() => document.activeElement.id") == "draw-line"
    assert run.live.controls.display == Controls().display, "digits are no keys"


def test_screen_readers_are_told_what_asks_for_it_only(page: Any) -> None:
    """Every control has a name, and figures that change all the time are not read out."""
    nameless = page.locator("button, a, input, select, [tabindex]").evaluate_all(
        """all => all.filter((one) => one.checkVisibility()).filter((one) =>
          !(one.ariaLabel || one.innerText || one.labels?.[0]?.innerText)).map((one) => one.id)"""
    )
    assert nameless == []
    told = page.locator("output, [role=status], [role=alert], [aria-live]").evaluate_all(
        "all => all.filter((one) => one.ariaLive !== 'off').map((one) => one.id)"
    )
    assert set(told) == {
        "status", "place", "opacity-value", "camera-problem", "zone-hint", "zone-problem"
    }  # fmt: skip
