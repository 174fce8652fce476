"""``glom-video bench`` times every stage of what annotate does, and says how the time grows."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np
import pytest
from conftest import Cli, Options, is_one_error, moving_square, small_glom, write_video
from PIL import Image

from glom_video.formats import write_davis
from glom_video.perceive import Settings
from glom_video_pipelines.bench.stages import annotate_once

STAGES = ["decode", "motion", "encode-columns", "glom", "islands", "track", "draw", "encode"]


@pytest.fixture
def bench(glom_video: Cli, small_model: Options) -> Callable[..., dict[str, Any]]:
    """What ``glom-video bench`` says of a short small clip and the small model."""

    def run(*arguments: object) -> dict[str, Any]:
        short = ("--frames", 10, "--repeat", 1, "--size", "96x72", *small_model)
        ran = glom_video("bench", *short, "--json", *arguments)
        assert ran.code == 0, ran.err
        said: dict[str, Any] = json.loads(ran.out)
        return said

    return run


def test_every_stage_is_timed_and_the_whole_beside_them(
    bench: Callable[..., dict[str, Any]],
) -> None:
    result = bench()
    stages = result["stages"]
    assert list(stages) == STAGES
    # Frames between ticks take no time in the columns, and may be the half of them.
    assert all(0 <= row["p50_ms"] <= row["p95_ms"] > 0 for row in stages.values())
    assert sum(row["share"] for row in stages.values()) == pytest.approx(1, abs=0.02)
    assert result["end_to_end"]["fps"] > 0
    assert result["peak_memory_mib"] > 100


def test_a_clip_smaller_than_the_box_has_its_own_size(
    bench: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    write_video(tmp_path / "small.mp4", np.zeros((10, 48, 64, 3), np.uint8))
    assert bench(tmp_path / "small.mp4")["clip"]["size"] == "64x48"


def test_a_clip_of_the_frames_alone_that_do_not_count_is_refused(
    glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    write_video(tmp_path / "short.mp4", np.zeros((5, 48, 64, 3), np.uint8))
    ran = glom_video("bench", tmp_path / "short.mp4", "--repeat", 1, *small_model)
    assert ran.code == 2, ran.out
    assert "too short to be timed" in ran.err


def test_growth_is_measured_over_columns_frames_objects_and_streams(
    bench: Callable[..., dict[str, Any]],
) -> None:
    measured = {"columns": (16, 64), "objects": (1, 3), "streams": (1, 2), "last-frame": (8,)}
    few = [word for name, values in measured.items() for n in values for word in (f"--{name}", n)]
    result = bench("--growth", *few)
    points = {growth["over"]: growth["ms"] for growth in result["growth"]}
    assert set(points) == {"columns", "frames", "objects", "streams"}
    assert list(points["columns"]) == ["16", "64"]
    assert all(milliseconds > 0 for each in points.values() for milliseconds in each.values())


def test_a_source_that_is_not_there_is_one_clear_line(glom_video: Cli, tiny_weights: Path) -> None:
    ran = glom_video("bench", "nowhere.mp4", "--weights", tiny_weights)
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "nowhere.mp4" in ran.err


@pytest.mark.parametrize(
    ("option", "needed"),
    [
        ("--objects", "--growth"),
        ("--streams", "--growth"),
        ("--last-frame", "--growth"),
        ("--columns", "--growth or --peer"),
        ("--clips", "--quality"),
    ],
)
def test_options_of_a_measurement_ask_for_it(glom_video: Cli, option: str, needed: str) -> None:
    """Without it they were ignored, after minutes."""
    ran = glom_video("bench", option, 20)
    assert (ran.code, f"{option}: it is for {needed}:" in ran.err) == (2, True)


def test_trees_without_truth_are_refused_before_anything_is_measured(
    glom_video: Cli, tmp_path: Path
) -> None:
    """It took the minutes of all other measurements to say so."""
    ran = glom_video("bench", "--weights", "nowhere", "--quality", tmp_path)
    assert (ran.code, f"{tmp_path} holds neither" in ran.err) == (2, True)


def test_a_damaged_source_is_told_with_its_remedy(
    glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    """It was an internal error."""
    for index, picture in enumerate(moving_square(12, 72, 96)):
        Image.fromarray(picture).save(tmp_path / f"{index:02d}.png")
    cut = tmp_path / "03.png"
    cut.write_bytes(cut.read_bytes()[:-60])
    ran = glom_video("bench", tmp_path, "--frames", 10, "--repeat", 1, *small_model)
    assert (ran.code, is_one_error(ran.err)) == (2, True)
    assert "internal error" not in ran.err
    assert "corrupt" in ran.err


def test_an_interrupted_measurement_is_an_interruption(tmp_path: Path) -> None:
    """It was an internal error, with exit code 1."""
    write_video(tmp_path / "clip.mp4", moving_square(8, 72, 96))
    Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        annotate_many_times(tmp_path / "clip.mp4")


def annotate_many_times(clip: Path) -> None:
    glom = small_glom(0)
    for _ in range(1000):
        annotate_once(clip, glom, None, Settings(), clip.parent)


def test_people_read_tables_and_what_speed_costs_in_quality(
    glom_video: Cli, small_model: Options, tmp_path: Path
) -> None:
    images = moving_square(3, 72, 96)
    square = np.zeros((3, 72, 96), np.uint8)
    square[:, 24:48, 24:48] = 1
    write_davis(tmp_path, "walk", images, {"object": square}, {})
    short = ("--frames", 10, "--repeat", 1, "--size", "96x72", *small_model)
    ran = glom_video("bench", *short, "--quality", tmp_path, "--clips", 1)
    assert ran.code == 0, ran.err
    for words in ("each stage alone", *STAGES, "end to end", "median of 1 run:", "J-best"):
        assert words in ran.out
