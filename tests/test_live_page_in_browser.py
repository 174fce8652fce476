"""The live page in a browser: the picture, its switches, keys and buttons."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import decoded
from live_browser import CONTRAST, canvas, opened
from live_page_run import SIZE, Run, Viewer, run, running
from percepts import noise
from PIL import Image

from glom_video.read import LiveFrame
from glom_video.structures import Frame
from glom_video_pipelines.stream.controls import Controls

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

__all__ = ["run"]


def test_a_camera_is_seen_as_it_is_while_the_model_is_loaded(browser: Any, tmp_path: Path) -> None:
    def captured(index: int) -> LiveFrame:
        return LiveFrame(Frame(noise(*SIZE) // 3, index, index / 25), time.monotonic())

    with running(tmp_path, percept=captured) as run:
        run.live.is_loading = True
        viewer = Viewer(run.port)
        states = [viewer.look() for _ in range(3)]
        viewer.close()
        state, picture = next((state, jpeg) for state, jpeg in states if jpeg is not None)
        assert (state["frame"], state["objects"], state["is_loading"]) == (None, [], True)
        assert picture is not None
        shown = np.asarray(Image.open(io.BytesIO(picture)), np.int64)
        assert np.abs(shown - noise(*SIZE) // 3).mean() < 20
        with opened(browser, run.view.url, until="#status[data-state=waiting]") as page:
            page.wait_for_function("() => document.querySelector('#picture').width === 320")
            assert page.inner_text("#status") == "loading the model"


@pytest.fixture
def page(browser: Any, run: Run) -> Iterator[Any]:
    run.live.controls.display = Controls().display
    with opened(browser, run.view.url) as page_:
        yield page_


def settled(page: Any) -> np.ndarray:
    """The picture once a change of what is drawn has arrived. Only its right third, where nothing
    moves."""
    page.wait_for_selector("body[data-settled=true]")
    page.wait_for_timeout(500)
    return canvas(page)[:, 210:]


def test_page_shows_a_moving_picture_and_the_tree(page: Any) -> None:
    first = canvas(page)
    assert first.shape == (*SIZE, 3)
    page.wait_for_timeout(500)
    assert np.abs(canvas(page).astype(int) - first).mean() > 1
    assert page.locator("#tree > li .node > :first-child").all_inner_texts() == [
        "Object 3",
        "part 1",
        "part 2",
        "Object 7",
        "part 4",
    ]
    assert page.inner_text("#status") == "live"
    assert page.inner_text("#source") == "rtsp://***@camera/live"
    assert float(page.inner_text("#fps")) > 5
    assert 0 <= int(page.inner_text("#stability").removesuffix(" %")) <= 100
    assert re.fullmatch(r", background \d+ %", page.inner_text("#background"))


def test_switches_and_keys_change_the_picture(page: Any, run: Run) -> None:
    both = settled(page)
    page.get_by_role("radio", name="Parts").check(force=True)
    parts = settled(page)
    assert np.abs(parts.astype(int) - both).mean() > 1
    page.locator("#opacity").fill("0")
    without_fill = settled(page)
    assert run.live.controls.display.opacity == 0
    assert np.abs(without_fill.astype(int) - parts).mean() > 1
    page.get_by_role("checkbox", name="Ids").uncheck()
    assert np.abs(settled(page).astype(int) - without_fill).mean() > 0.02
    page.locator("body").press("l")
    page.locator("body").press("i")
    settled(page)
    assert (run.live.controls.display.level, run.live.controls.display.with_ids) == (None, True)
    assert page.get_by_role("radio", name="Both").is_checked(), "the page follows"
    page.locator("body").press("h")
    assert page.locator("#keys").is_visible()


def test_a_switch_stays_as_it_was_put_until_the_server_knows(page: Any, run: Run) -> None:
    """States from before the change go on arriving meanwhile."""

    def delayed(route: Any) -> None:
        time.sleep(1.0)
        route.continue_()

    page.route("**/display", delayed)
    page.get_by_role("radio", name="Parts").check(force=True)
    assert page.get_by_role("radio", name="Parts").is_checked()
    page.unroute("**/display")
    settled(page)
    assert page.get_by_role("radio", name="Parts").is_checked()
    assert run.live.controls.display.level == "part"


def test_snapshot_is_downloaded(page: Any) -> None:
    with page.expect_download() as download:
        page.locator("body").press("s")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        names = sorted(name.partition("-")[2][6:] for name in archive.namelist())
        assert names == ["-camera.png", "-object.png", "-part.png", ".json", ".png"]
        about = json.loads(
            archive.read(next(name for name in archive.namelist() if name.endswith(".json")))
        )
    assert [item["id"] for item in about["objects"]] == [3, 7]


def test_record_and_reset_buttons(page: Any, run: Run) -> None:
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=true]")
    page.wait_for_timeout(1000)
    page.click("#record")
    with page.expect_download() as download:
        page.click("#recording")
    assert len(decoded(download.value.path())) > 5
    assert run.live.recorder.finished
    assert not run.live.controls.take_reset()
    page.click("#reset")
    page.wait_for_timeout(300)
    assert run.live.controls.take_reset()
    assert "recorded live.mp4" in page.inner_text("#notices")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_page_is_usable_on_a_phone_and_by_keyboard(browser: Any, run: Run, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto(run.view.url)
    page.wait_for_selector("#tree > li")
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth"), (
        "nothing sticks out"
    )
    for text in (
        "#source",
        "#fps",
        "dt >> nth=0",
        "#tree li li .node > span >> nth=0",
        "#snapshot",
        "#status",
    ):
        assert page.locator(text).first.evaluate(CONTRAST) >= 4.5, text
    reached = set()
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.id || document.activeElement.name"))
    assert {
        "picture",
        "level",
        "opacity",
        "ids",
        "snapshot",
        "record",
        "reset",
        "help",
        "tree",
    } <= reached
    page.close()
