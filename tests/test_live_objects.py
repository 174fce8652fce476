"""Objects on the live page: picture and tree are one, and an object can be named, pinned, hidden
and followed."""

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from percepts import noise, percept_of, tracks_of

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import SIZE, Run, ask, running, seen

from glom_video_pipelines.stream.objects.marks import MOST_HIDDEN, Marks
from glom_video_pipelines.stream.objects.places import places_of, runs_of
from glom_video_pipelines.stream.perceiving import LivePercept


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with running(tmp_path, formats=("csv",)) as running_:
        yield running_


@pytest.fixture
def page(browser: Any, run: Run) -> Iterator[Any]:
    with opened(browser, run.view.url) as page_:
        yield page_


def point(page: Any, x: float, y: float, *, click: bool = False) -> None:
    """At a pixel of the frame."""
    box = page.locator("#picture").bounding_box()
    at = box["x"] + x / SIZE[1] * box["width"], box["y"] + y / SIZE[0] * box["height"]
    page.mouse.move(*at)
    if click:
        page.mouse.click(*at)


def opacity_over(page: Any, x: int, y: int) -> int:
    """Of what is laid over a pixel of the frame, 0 to 255."""
    return int(canvas(page, "overlay", cv2.IMREAD_UNCHANGED)[y, x, 3])


def test_a_name_from_the_right_turns_nothing_else_round(page: Any, run: Run) -> None:
    run.live.marks.change({"id": 7, "name": "שלום"})
    page.wait_for_selector("#tree > li[data-id='7'] .name:has-text('שלום')")
    name = page.locator("#tree > li[data-id='7'] .name")
    left, right = name.evaluate(
        """name => ["ש", "7"].map((sign) => {
          const range = document.createRange(), node = name.firstChild;
          range.setStart(node, node.data.indexOf(sign));
          range.setEnd(node, node.data.indexOf(sign) + 1);
          return range.getBoundingClientRect().right;
        })"""
    )
    assert left < right, "the id stands behind the name"
    run.live.marks.change({"id": 7, "name": ""})


def test_places_say_where_everything_lies() -> None:
    percept = seen(0).percept
    places = places_of(percept)
    assert (places["height"], places["width"]) == SIZE
    for level in ("object", "part"):
        ids = np.repeat(places[level][::2], places[level][1::2]).reshape(SIZE)
        shown = {number: int((ids == number).sum()) for number in np.unique(ids).tolist()}
        assert shown.keys() == {0, *percept.tracks[level].ids.tolist()}
        assert ids[100, 270] == (7 if level == "object" else 4)
    assert runs_of(np.zeros((2, 3), np.int32)) == [0, 6]
    large = percept_of(noise(720, 1280), percept.tracks["object"], percept.tracks["part"])
    assert places_of(large)["width"] == 320, "it is bounded"


def test_marks_are_checked_and_bounded() -> None:
    marks = Marks()
    wrongs: tuple[Any, ...] = (
        None,
        [],
        {"id": 3},
        {"id": "3", "name": "x"},
        {"id": True, "name": "x"},
        {"id": 0, "name": "x"},
        {"id": 2**40, "hidden": True},
        {"id": 3, "name": 4},
        {"id": 3, "name": "x" * 41},
        {"id": 3, "hidden": 1},
        {"id": 3, "name": "x", "hidden": True},
        {"id": 3, "path": "x"},
    )
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"\w"):
            marks.change(wrong)
    assert (marks.names.by_id, marks.hidden) == ({}, frozenset())
    for id_ in range(1, MOST_HIDDEN + 1):
        marks.change({"id": id_, "hidden": True})
    with pytest.raises(ValueError, match="show one first"):
        marks.change({"id": MOST_HIDDEN + 1, "hidden": True})
    marks.change({"id": 1, "hidden": False})
    assert len(marks.hidden) == MOST_HIDDEN - 1


def test_the_tree_is_that_of_the_frame_shown(browser: Any, tmp_path: Path) -> None:
    """Each frame shows another object, whose colour fills it."""

    def changing(index: int) -> LivePercept:
        tracks = tracks_of({1 + index % 7: (0, 0, SIZE[1], SIZE[0])}, *SIZE)
        none = tracks_of({}, *SIZE)
        return LivePercept(percept_of(noise(*SIZE), tracks, none, index), time.monotonic())

    with running(tmp_path, percept=changing) as run:
        run.live.controls.display = replace(run.live.controls.display, opacity=1.0, with_ids=False)
        with opened(browser, run.view.url) as page:
            page.wait_for_timeout(500)
            pairs = page.evaluate(
                """async () => {
                  const pairs = [];
                  const pen = new OffscreenCanvas(1, 1)
                    .getContext("2d", { willReadFrequently: true });
                  while (pairs.length < 60) {
                    const picture = document.querySelector("#picture");
                    const item = document.querySelector("#tree > li");
                    pen.drawImage(picture, 160, 90, 1, 1, 0, 0, 1, 1);
                    const drawn = pen.getImageData(0, 0, 1, 1).data;
                    const colour = getComputedStyle(item).borderLeftColor.match(/\\d+/g);
                    pairs.push([Array.from(drawn).slice(0, 3), colour.map(Number)]);
                    await new Promise((done) => setTimeout(done, 15));
                  }
                  return pairs;
                }"""
            )
    assert len({tuple(colour) for _, colour in pairs}) > 3
    for drawn, colour in pairs:
        assert np.abs(np.subtract(drawn, colour)).max() < 12, "to the losses of jpeg"


def test_pointing_lights_up_an_object_in_picture_and_tree(page: Any) -> None:
    assert opacity_over(page, 160, 10) == 0
    point(page, 270, 90)
    page.wait_for_selector('#tree > li.lit[data-id="7"]')
    assert page.locator("#tree > li.lit").count() == 1
    assert opacity_over(page, 270, 90) == 0
    assert opacity_over(page, 160, 10) > 100, "all else is dimmed"
    point(page, 160, 170)
    page.wait_for_selector("#tree > li.lit", state="detached")
    assert opacity_over(page, 160, 10) == 0

    page.hover("#tree > li[data-id='7'] .name")
    page.wait_for_timeout(200)
    assert (opacity_over(page, 270, 90), opacity_over(page, 160, 10) > 100) == (0, True)
    page.hover("#tree > li[data-id='3'] ul > li[data-id='2']")
    page.wait_for_timeout(200)
    over = canvas(page, "overlay", cv2.IMREAD_UNCHANGED)[..., 3]
    assert (over[30:60] > 100).all(), "of object 3, part 2 alone is lit up, not part 1 above it"
    assert (over[80:110] == 0).any(1).all()


def test_rows_have_a_picture_and_the_colour_of_their_object(page: Any) -> None:
    row = page.locator("#tree > li[data-id='7']")
    thumbnail = row.locator("canvas").evaluate(
        "canvas => Array.from(canvas.getContext('2d').getImageData(40, 20, 1, 1).data)"
    )
    colour = row.evaluate(
        "item => getComputedStyle(item).borderLeftColor.match(/\\d+/g).map(Number)"
    )
    hues = [
        cv2.cvtColor(np.array([[rgb[:3]]], np.uint8), cv2.COLOR_RGB2HSV)[0, 0, 0]
        for rgb in (thumbnail, colour)
    ]
    assert abs(int(hues[0]) - int(hues[1])) < 12


def test_a_name_goes_with_the_id_into_everything(page: Any, run: Run, tmp_path: Path) -> None:
    name = "<b>Anna</b> & Co"
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=true]")
    before = canvas(page)[:, 210:]
    point(page, 270, 90, click=True)
    field = page.locator("#tree > li.chosen input")
    field.click()
    page.keyboard.type(name)
    assert page.locator("#keys").is_hidden(), "letters are no keys while a name is written"
    assert run.live.recorder.is_recording
    page.keyboard.press("Enter")
    page.wait_for_selector("#tree > li.chosen .name:has-text('Anna')")
    assert page.inner_text("#tree > li.chosen .name") == f"{name} (7)", "and it is no markup"
    page.mouse.move(1, 1)
    page.wait_for_timeout(400)
    assert np.abs(canvas(page)[:, 210:].astype(int) - before).max() > 60, "it is in the picture"
    status, _, packed = ask(run.port, "GET", "/snapshot.zip")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        about = json.loads(archive.read(next(n for n in archive.namelist() if n.endswith("json"))))
    assert {item["id"]: item["given_name"] for item in about["objects"]} == {3: "", 7: name}
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=false]")
    page.wait_for_timeout(500)
    with next(tmp_path.glob("live*.csv")).open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["given_name"]]
    assert {(row["id"], row["level"], row["given_name"]) for row in rows} == {("7", "object", name)}


def test_a_name_that_is_none_is_refused_with_a_reason(page: Any, run: Run) -> None:
    status, _, content = ask(run.port, "POST", "/marks", {"id": 7, "name": "a\nb"})
    assert (status, b"can be printed" in content) == (422, True)
    assert ask(run.port, "POST", "/marks", {"id": 7, "name": "x" * 3000})[0] == 413
    assert (
        ask(run.port, "POST", "/marks", {"id": 7, "name": "x"}, Origin="http://evil.example")[0]
        == 403
    )
    assert run.live.marks.names.by_id == {}


def test_letters_that_no_picture_shows_are_told(page: Any, run: Run) -> None:
    assert ask(run.port, "POST", "/marks", {"id": 7, "name": "Кот 猫"})[0] == 204
    page.wait_for_selector(".name:has-text('Кот 猫 (7)')")
    assert page.locator("#notices > li").count() == 0
    assert ask(run.port, "POST", "/marks", {"id": 7, "name": "Кот 😀"})[0] == 204
    page.wait_for_selector("#notices > li:has-text('no font has 😀: pictures show ? instead')")
    assert page.inner_text(".name >> nth=1") == "Кот 😀 (7)"


def test_a_hidden_object_is_not_drawn_until_it_is_shown_again(page: Any, run: Run) -> None:
    page.click("#tree > li[data-id='7'] .name")
    page.mouse.move(1, 1)
    drawn = canvas(page)[50:130, 250:290]
    page.get_by_role("button", name="Hide").click()
    page.wait_for_selector("#tree > li.undrawn[data-id='7']")
    page.wait_for_timeout(300)
    camera = noise(*SIZE)[50:130, 250:290, ::-1] // 3
    assert np.abs(canvas(page)[50:130, 250:290].astype(int) - camera).mean() < 25
    assert np.abs(drawn.astype(int) - camera).mean() > 40
    page.get_by_role("button", name="Hide").click()
    page.wait_for_selector("#tree > li:not(.undrawn)[data-id='7']")
    assert run.live.marks.hidden == frozenset()


def test_a_pinned_object_comes_first_and_stays_while_it_is_away(
    browser: Any, tmp_path: Path
) -> None:
    is_away = False

    def leaving(index: int) -> LivePercept:
        found = seen(index)
        tracks = tracks_of({3: (10, 20, 90, 120)}, *SIZE)
        gone = {"object": tracks, "part": tracks_of({}, *SIZE)}
        return replace(found, percept=replace(found.percept, tracks=gone)) if is_away else found

    with running(tmp_path, percept=leaving) as run, opened(browser, run.view.url) as page:
        page.click("#tree > li[data-id='7'] .name")
        page.get_by_role("button", name="Pin").click()
        page.click("#tree > li[data-id='7'] .name")  # chosen no longer
        page.wait_for_selector("#tree > li:first-child[data-id='7']")
        is_away = True
        page.wait_for_selector("#tree > li.away[data-id='7']")
        assert page.locator("#tree > li").count() == 2
        assert "away" in page.inner_text("#tree > li[data-id='7'] .node")
        assert page.inner_text("#count") == "1, with 0 parts"


def test_a_followed_object_is_shown_large_beside_the_picture(page: Any) -> None:
    page.click("#tree > li[data-id='7'] .name")
    page.get_by_role("button", name="Follow").click()
    page.mouse.move(1, 1)
    page.wait_for_selector("#closeup:not([hidden])")
    page.wait_for_timeout(500)
    assert page.inner_text("#closeup-label") == "Object 7"
    page.locator("body").press(" ")
    page.wait_for_selector("#status:has-text('held')")
    large, whole = canvas(page, "closeup-picture"), canvas(page)
    assert large.shape == (480, 480, 3)
    centre = whole[70:110, 250:290].mean((0, 1))
    assert np.abs(large[200:280, 200:280].mean((0, 1)) - centre).max() < 12
    page.get_by_role("button", name="Follow").click()
    page.wait_for_selector("#closeup", state="hidden")
    page.click("#tree > li[data-id='3'] .name")
    page.get_by_role("button", name="Follow").click()
    page.wait_for_selector("#closeup-label:has-text('Object 3')")
    assert (canvas(page, "closeup-picture") != large).any(), "of a picture that is held, too"
