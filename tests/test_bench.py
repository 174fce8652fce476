"""``glom-video bench`` times every stage of what annotate does, and says how the time grows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

STAGES = ["decode", "motion", "encode-columns", "glom", "islands", "track", "draw", "encode"]


def test_every_stage_is_timed_and_the_whole_beside_them(
    glom_video: Callable[..., Ran], tiny_weights: Path
) -> None:
    ran = glom_video(
        "bench",
        "--frames",
        10,
        "--repeat",
        1,
        "--size",
        "96x72",
        "--weights",
        tiny_weights,
        "--json",
    )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    stages = result["stages"]
    assert list(stages) == STAGES
    assert all(0 < row["p50_ms"] <= row["p95_ms"] for row in stages.values())
    assert sum(row["share"] for row in stages.values()) == pytest.approx(1, abs=0.02)
    assert result["end_to_end"]["fps"] > 0
    assert result["peak_memory_mib"] > 100


def test_growth_is_measured_over_columns_frames_objects_and_streams(
    glom_video: Callable[..., Ran], tiny_weights: Path
) -> None:
    few = (
        "--columns",
        16,
        "--columns",
        64,
        "--objects",
        1,
        "--objects",
        3,
        "--streams",
        1,
        "--streams",
        2,
        "--last-frame",
        8,
    )
    ran = glom_video(
        "bench",
        "--growth",
        *few,
        "--frames",
        10,
        "--repeat",
        1,
        "--size",
        "96x72",
        "--weights",
        tiny_weights,
        "--json",
    )
    assert ran.code == 0, ran.err
    points = {growth["over"]: growth["ms"] for growth in json.loads(ran.out)["growth"]}
    assert set(points) == {"columns", "frames", "objects", "streams"}
    assert list(points["columns"]) == ["16", "64"]
    assert all(milliseconds > 0 for each in points.values() for milliseconds in each.values())


def test_a_source_that_is_not_there_is_one_clear_line(
    glom_video: Callable[..., Ran], tiny_weights: Path
) -> None:
    ran = glom_video("bench", "nowhere.mp4", "--weights", tiny_weights)
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "nowhere.mp4" in ran.err
