"""What a live run counts, and what its keys and controls do."""

import sys
import time
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import MakePercept
from percepts import noise

from glom_video.render import DrawSettings
from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.controls import Controls, changed
from glom_video_pipelines.stream.figures.stability import LiveStability
from glom_video_pipelines.stream.figures.tally import LiveTally, summary_line
from glom_video_pipelines.stream.objects.tree import tree_of
from glom_video_pipelines.stream.options import StreamOptions
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.views import opening
from glom_video_pipelines.stream.views.opening import available_view
from glom_video_pipelines.stream.views.window import Window


def test_tally_counts_gaps_as_dropped_and_latency_from_capture(moment: MakePercept) -> None:
    tally = LiveTally()
    for index in (4, 5, 9, 10):
        tally.add(LivePercept(moment(index), time.monotonic() - 10.0))
    results = tally.results()
    assert (results["frames"], results["dropped_frames"], results["dropped_share"]) == (
        4,
        3,
        round(3 / 7, 4),
    )
    assert results["latency_p50_ms"] == pytest.approx(10_000, rel=0.2)
    assert tally.recent()["dropped_share"] == round(3 / 7, 4)
    assert "4 frames" in summary_line(results)
    assert "3 dropped (43%)" in summary_line(results)
    assert summary_line(results | {"frames": 1}).startswith("1 frame, ")
    assert summary_line(results | {"frames": 0}) == "no frames"


def test_tree_holds_objects_with_their_own_parts(moment: MakePercept) -> None:
    first, second = tree_of(moment(0))
    assert (first["id"], [part["id"] for part in first["parts"]]) == (3, [1, 2])
    assert (second["id"], second["parts"]) == (7, [])
    assert [first["name"], *(part["name"] for part in first["parts"])] == ["3", "1", "2"]
    assert first["share"] == pytest.approx(60 * 80 / (120 * 200), abs=1e-3)


def test_objects_that_are_seen_as_one_keep_their_parts_in_the_tree(moment: MakePercept) -> None:
    percept = moment(0)
    objects, parts = percept.tracks["object"], percept.tracks["part"]
    told = replace(objects, names=("3+9", "7"))
    passed = replace(parts, parent_ids=np.array([3, 9], np.int32), names=("3.1", "9.1"))
    first, _ = tree_of(replace(percept, tracks={"object": told, "part": passed}))
    assert [first["name"], *(part["name"] for part in first["parts"])] == ["3+9", "3.1", "9.1"]


def test_stability_is_the_share_of_object_pixels_that_keep_their_id(
    moment: MakePercept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 7.5)  # all of it within one second
    measure = LiveStability()
    measure.add(moment(0))
    assert measure.run.share is None
    measure.add(moment(1))
    assert measure.run.share == 1.0
    before = measure.run
    # Nothing moves by the flow, but object 3 is now 30 to the right: 30 columns lost, 30 new, 30
    # kept, and the 30x40 of object 7.
    # Every other pixel is asked.
    measure.add(moment(2, left=50))
    assert (measure.run.kept - before.kept) / (measure.run.objects - before.objects) == (
        pytest.approx((30 * 80 + 30 * 40) / (90 * 80 + 30 * 40), abs=0.04)
    )
    assert measure.last_minute() == measure.run
    assert measure.seconds()[-1] == pytest.approx(measure.run.share, abs=1e-3)


# --- keys and controls


@pytest.mark.parametrize(
    "options",
    [
        None,
        [],
        "both",
        {"level": "scene"},
        {"opacity": 2},
        {"opacity": "1"},
        {"opacity": True},
        {"with_ids": 1},
        {"x": 1},
    ],
)
def test_invalid_display_options_are_refused(options: object) -> None:
    with pytest.raises(ValueError, match=r"level|opacity|with_ids"):
        changed(DrawSettings(), options)


def test_recording_asked_for_twice_is_no_recording() -> None:
    controls = Controls()
    controls.request_recording()
    controls.request_recording()
    assert controls.take_recording(False) is False
    controls.request_recording(True)
    assert controls.take_recording(True) is True


def test_a_reset_that_comes_while_it_is_asked_for_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controls = Controls()
    is_set = controls._reset.is_set

    def answered_just_before() -> bool:
        answer = is_set()
        controls.request_reset()  # from another thread
        return answer

    monkeypatch.setattr(controls._reset, "is_set", answered_just_before)
    assert not controls.take_reset()
    monkeypatch.undo()
    assert controls.take_reset()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is pressed next, one a call."""
    pressed: list[str] = []
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: None)
    monkeypatch.setattr(cv2, "waitKey", lambda wait: ord(pressed.pop(0)) if pressed else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 1.0)
    return pressed


def test_keys_of_the_window(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    controls, kept, shown = Controls(), list[str](), list[np.ndarray]()
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture))

    def keep() -> str:
        kept.append("snapshot")
        return "kept"

    view = Window("test", controls, keep, notice_seconds=0.0)
    first, second = noise(90, 160, 1), noise(90, 160, 2)

    def press(key: str, picture: np.ndarray = first) -> bool:
        keys.append(key)
        return view.show(picture, False)

    assert press("l")
    assert controls.display.level == "object"
    assert press("o")
    assert controls.display.opacity == 0.8
    assert press("i")
    assert not controls.display.with_ids
    assert press("x")
    assert controls.take_reset()
    assert press("r")
    assert controls.take_recording(False)
    assert press("s")
    assert kept == ["snapshot"]
    assert press("h")
    view.show(first, False)
    assert (shown[-1][:20] < first[:20, :, ::-1].astype(int) + 1).mean() > 0.5, (
        "help darkens the picture above"
    )
    assert press("h")
    assert press(" ")
    view.show(second, False)
    assert (shown[-1][60:] == first[60:, :, ::-1]).all(), "held"
    assert press(" ")
    view.show(second, False)
    assert (shown[-1] == second[..., ::-1]).all()
    assert not press("q")


def test_a_window_that_was_closed_ends_the_run(
    keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 0.0)
    view = Window("test", Controls(), lambda: "")
    assert view.show(None, False), "nothing was shown yet, so nothing was closed"
    assert not view.show(noise(9, 16), False)


def test_without_a_display_the_page_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert available_view(StreamOptions()) == "web"
    assert capsys.readouterr().err == "no window can be opened here: continuing with --view web\n"
    with pytest.raises(InvalidInput, match="no display"):
        available_view(StreamOptions(view="window"))


@pytest.mark.parametrize(
    "of_page",
    [{"host": "127.0.0.1"}, {"port": 0}, {"public_url": "https://example.org/glom/"}],
    ids=lambda given: next(iter(given)),
)
def test_an_option_of_the_page_asks_for_the_page(
    of_page: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "can_open_window", lambda: True)
    assert available_view(StreamOptions()) == "window"
    assert available_view(StreamOptions(**of_page)) == "web"
    assert capsys.readouterr().err == ""


def test_an_option_of_the_page_is_not_passed_over_where_none_is_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert available_view(StreamOptions(view="none", port=9000)) == "none"
    told = "--port is of the page, and --view none serves none"
    assert capsys.readouterr().err == f"{told}: it has no effect\n"
    with pytest.raises(InvalidInput, match="--public-url is of the page"):
        available_view(StreamOptions(view="none", public_url="https://example.org/glom/"))
