"""Islands themselves on the live page: how alike every column is to the one that is pointed at."""

import base64
import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import moving_square

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import NO_REQUEST, SIZE, Viewer, running, seen, wsproto
from test_live_objects import point

from glom_video.glom import Glom
from glom_video.perceive import Perceiver
from glom_video.structures import ColumnStates, Frame
from glom_video_pipelines.stream.objects.similarity import column_at, island_at, similarity
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.web.viewer_request import ViewerRequest, request_of

GRID = 9, 16
NAMES = ("patch", "part", "object", "scene")


def halves() -> ColumnStates:
    """Of every level but the object's all columns are alike; there the left half is one vector, the
    right half another whose cosine to it is 0.6. Contributions tell the levels apart."""
    levels = np.zeros((4, GRID[0] * GRID[1], 2), np.float32)
    levels[..., 0] = 3.0
    is_right = np.tile(np.arange(GRID[1]) >= GRID[1] // 2, GRID[0])
    levels[2, is_right] = (1.2, 1.6)
    contributions = np.zeros((4, GRID[0] * GRID[1], 4), np.float32)
    contributions[:] = (0.1, 0.2, 0.3, 0.4)
    contributions[2, is_right] = (0.7, 0.1, 0.15, 0.05)
    return ColumnStates(GRID, NAMES, levels, contributions)


def with_columns(index: int) -> LivePercept:
    return replace(seen(index), columns=halves())


def test_similarity_is_the_cosine_to_one_column() -> None:
    columns = halves()
    assert column_at(columns, 0, 0) == 0
    assert column_at(columns, 1, 1) == GRID[0] * GRID[1] - 1
    found = similarity(columns, 2, column_at(columns, 0.1, 0.5)).reshape(GRID)
    np.testing.assert_allclose(found[:, :8], 1, rtol=1e-6)
    np.testing.assert_allclose(found[:, 8:], 0.6, rtol=1e-6)
    np.testing.assert_allclose(similarity(columns, 0, 5), 1, rtol=1e-6)
    told = island_at(columns, 2, 0.9, 0.5)
    values = np.frombuffer(base64.b64decode(told["similarity"]), np.uint8).reshape(GRID)
    assert (values[0, 0], values[0, -1]) == (153, 255)
    assert told["contributions"] == {
        "carry": 0.7,
        "bottom-up": 0.1,
        "top-down": 0.15,
        "consensus": 0.05,
    }


def test_a_model_tells_the_contributions_to_each_column(tiny_weights: Path) -> None:
    glom = Glom.from_pretrained(str(tiny_weights))
    perceiver = Perceiver(glom)
    for index, image in enumerate(moving_square(3)):
        prepared = perceiver.prepare(Frame(image, index, index / 25))
        output = perceiver.update_columns(prepared)
        assert output.columns is not None
        assert output.columns.level_names == NAMES
        assert output.columns.contributions.shape == (*output.columns.levels.shape[:2], 4)
        np.testing.assert_allclose(output.columns.contributions.sum(-1), 1, atol=1e-3)
        carried = output.columns.contributions[..., 0]
        # The first frame has no past.
        assert carried.max() < 1e-3 if index == 0 else carried.max() > 1e-3
        assert output.reading is not None
        own = output.reading.levels["object"].vectors.float().numpy()
        np.testing.assert_array_equal(output.columns.levels[2], own)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"point": null, "level": "x", "is_held": false}',
        '{"point": null, "level": -1, "is_held": false}',
        '{"point": null, "level": 0, "is_held": 1}',
        '{"point": [0.5], "level": 0, "is_held": false}',
        '{"point": [0.5, 2], "level": 0, "is_held": false}',
        '{"point": [0.5, NaN], "level": 0, "is_held": false}',
        f'{{"point": [0.5, 1{"0" * 400}], "level": 0, "is_held": false}}',
        '{"point": ["0", true], "level": 0, "is_held": false}',
        "[" * 900,
    ],
)
def test_an_invalid_viewer_request_is_refused(message: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        request_of(message)


def test_a_viewer_request_is_parsed() -> None:
    assert request_of(json.dumps(NO_REQUEST)) == ViewerRequest()
    told = {"point": [0, 0.25], "level": 2, "is_held": True}
    assert request_of(json.dumps(told)) == ViewerRequest((0.0, 0.25), 2, True)


def test_a_viewer_that_sends_no_request_is_closed_and_one_that_holds_is_answered(
    tmp_path: Path,
) -> None:
    with (
        running(tmp_path, percept=with_columns) as run,
        closing(Viewer(run.port)) as viewer,
    ):
        while viewer.look()[1] is None:
            pass  # joined before the first frame was drawn
        first, _ = viewer.look({**NO_REQUEST, "is_held": True})
        time.sleep(0.3)
        request = {"point": [0.9, 0.5], "level": 2, "is_held": True}
        held, picture = viewer.look(request)
        assert (held["frame"], held["island"], picture) == (first["frame"], None, None)
        asked, picture = viewer.look({**request, "is_held": False})
        assert (asked["frame"], picture) == (first["frame"], None)
        assert asked["island"]["contributions"]["carry"] == 0.7
        newer, picture = viewer.look({**request, "level": 99, "is_held": False})
        assert newer["frame"] > first["frame"]
        assert picture is not None
        assert viewer.look("{}")[0]["island"] is None, "there is no such level"
        event = viewer._event()
        assert isinstance(event, wsproto.events.CloseConnection)


def test_pointing_shows_how_alike_all_columns_are(browser: Any, tmp_path: Path) -> None:
    with running(tmp_path, percept=with_columns) as run, opened(browser, run.view.url) as page:
        assert page.locator("#column").is_hidden()
        page.select_option("#islands", label="object")
        assert page.locator("#pointing").is_visible()
        point(page, 280, 90)
        page.wait_for_selector("#contributions:not([hidden])")
        assert page.locator("#contributions > div").all_inner_texts() == [
            "carry\n70 %",
            "bottom-up\n10 %",
            "top-down\n15 %",
            "consensus\n5 %",
        ]
        heat = canvas(page, "overlay", cv2.IMREAD_UNCHANGED)
        assert heat.shape[:2] == SIZE
        assert (heat[..., 3] == 204).mean() > 0.95, "it covers all of the picture"
        alike, less = heat[20, 300, :3].astype(int), heat[20, 20, :3].astype(int)
        assert alike[2] > 240, "yellow where the vectors are the same"
        assert alike[0] < 90
        assert less[2] < 160
        point(page, 40, 90)
        page.wait_for_selector("#contributions > div:has-text('carry'):has-text('10 %')")
        heat = canvas(page, "overlay", cv2.IMREAD_UNCHANGED)
        assert heat[20, 20, 2] > 240 > 160 > heat[20, 300, 2], "the other half is alike now"
        page.select_option("#islands", label="patch")
        page.wait_for_timeout(500)
        assert canvas(page, "overlay", cv2.IMREAD_UNCHANGED)[20, 300, 2] > 240, "all alike there"
        page.select_option("#islands", label="off")
        page.wait_for_timeout(200)
        assert page.locator("#column").is_hidden()


def test_the_heat_map_goes_on_when_no_picture_comes(browser: Any, tmp_path: Path) -> None:
    is_paused = False

    def pausing(index: int) -> LivePercept | None:
        return None if is_paused else with_columns(index)

    with running(tmp_path, percept=pausing) as run, opened(browser, run.view.url) as page:
        is_paused = True
        page.wait_for_timeout(500)
        page.select_option("#islands", label="object")
        point(page, 280, 90)
        page.wait_for_selector("#contributions > div:has-text('carry'):has-text('70 %')")
        point(page, 40, 90)
        page.wait_for_selector("#contributions > div:has-text('carry'):has-text('10 %')")
