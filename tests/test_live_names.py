"""Names in the live tree: as wide as they may be, and whole."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from live_browser import opened
from live_page_run import running, seen

from glom_video_pipelines.stream.perceiving import LivePercept


@pytest.mark.parametrize("width", [1280, 400])
def test_names_of_20_letters_have_one_line_and_longer_ones_are_not_cut(
    browser: Any, tmp_path: Path, width: int
) -> None:
    def merged(index: int) -> LivePercept:
        found = seen(index)
        objects = replace(found.percept.tracks["object"], names=("3+12+15+18+21", "7"))
        tracks = {**found.percept.tracks, "object": objects}
        return replace(found, percept=replace(found.percept, tracks=tracks))

    with (
        running(tmp_path, percept=merged) as run,
        opened(browser, run.view.url, width=width) as page,
    ):
        name = page.locator("#tree > li[data-id='3'] .name")
        assert name.inner_text() == "Object 3+12+15+18+21"
        one_line = page.locator("#tree > li[data-id='7'] .name").bounding_box()["height"]
        assert name.bounding_box()["height"] == one_line
        run.live.marks.change({"id": 7, "name": "W" * 40})
        page.wait_for_selector(".name:has-text('WWW')")
        for one in page.locator("#tree .name").all():
            assert one.evaluate("name => name.scrollWidth <= name.clientWidth"), "all of it is seen"
