"""Every format gives back what was written into it, read by its own reader: masks, boxes, ids,
parents, times."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from percepts import noise, percept_of, tracks_of
from walk_clip import HEIGHT, INFO, WIDTH, frames, percepts

from glom_video.formats import (
    CocoWriter,
    DavisWriter,
    FrameWriter,
    TableWriter,
    YtvisWriter,
    annotated_frame,
)
from glom_video.structures import (
    LEVEL_NAMES,
    Percept,
)


def test_instances_measure_the_pixels_of_the_source() -> None:
    first, _, last = frames(2 * HEIGHT, 2 * WIDTH)
    (object_3,) = [instance for instance in first.instances if instance.level == "object"]
    assert (object_3.id, object_3.parent_id, object_3.box, object_3.area) == (
        3,
        0,
        (20, 20, 80, 80),
        6400,
    )
    assert object_3.centroid == (59.5, 59.5)
    assert object_3.agreement == pytest.approx(0.9)
    assert object_3.score == pytest.approx(0.8)
    assert [(instance.level, instance.id, instance.parent_id) for instance in last.instances] == [
        ("part", 1, 3),
        ("part", 2, 7),
        ("object", 3, 0),
        ("object", 7, 0),
    ]
    for instance in last.instances:
        assert np.array_equal(last.mask(instance), last.ids[instance.level] == instance.id)


def test_ids_that_have_grown_large_are_measured_as_well() -> None:
    percept = percepts()[1]
    late = replace(percept.tracks["object"], ids=np.array([2_000_000, 1_000_000], np.int32))
    instances = annotated_frame(
        replace(percept, tracks={**percept.tracks, "object": late}), ["object"], HEIGHT, WIDTH, "x"
    ).instances
    assert [(instance.id, instance.box) for instance in instances] == [
        (1_000_000, (60, 10, 30, 30)),
        (2_000_000, (10, 10, 40, 40)),
    ]


def test_tables_hold_a_row_per_frame_level_and_track(tmp_path: Path) -> None:
    from pyarrow import parquet

    for suffix in (".parquet", ".csv"):
        with TableWriter(tmp_path / f"walk{suffix}", "walk", INFO) as out:
            for frame in frames():
                out.write(frame)
    table = parquet.read_table(tmp_path / "walk.parquet")
    rows = table.to_pylist()
    assert [(row["frame"], row["level"], row["id"], row["parent_id"]) for row in rows] == [
        *((0, "part", 1, 3), (0, "part", 2, 3), (0, "object", 3, 0)),
        *((1, "part", 1, 3), (1, "part", 2, 3), (1, "object", 3, 0), (1, "object", 7, 0)),
        *((3, "part", 1, 3), (3, "part", 2, 7), (3, "object", 3, 0), (3, "object", 7, 0)),
    ]
    row = rows[-1]
    assert (row["pts_seconds"], row["is_corrupt"], row["area"]) == (0.12, False, 900)
    assert [row[f"box_{side}"] for side in ("left", "top", "width", "height")] == [60, 10, 30, 30]
    assert (row["centroid_x"], row["centroid_y"]) == (74.5, 24.5)
    assert (row["score"], row["agreement"]) == (pytest.approx(0.5), pytest.approx(0.6))
    assert [row["is_corrupt"] for row in rows] == [False] * 3 + [True] * 4 + [False] * 4
    said = {
        key.decode(): value.decode()
        for key, value in parquet.read_metadata(tmp_path / "walk.parquet").metadata.items()
    }
    assert {
        name: said[name] for name in ("format_version", "source", "height", "width", "frames")
    } == {
        "format_version": "2",
        "source": "walk.mp4",
        "height": "60",
        "width": "100",
        "frames": "3",
    }
    with (tmp_path / "walk.csv").open(newline="") as file:
        plain = list(csv.DictReader(file))
    assert [_typed(each, row) for each, row in zip(plain, rows, strict=True)] == [
        {
            name: pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def test_tables_hold_poses_and_where_the_model_began_anew(
    two_objects: Percept, tmp_path: Path
) -> None:
    objects = two_objects.tracks["object"]
    poses = np.arange(12, dtype=np.float32).reshape(2, 6)
    tracks = {**two_objects.tracks, "object": replace(objects, pose=poses, read_pose=-poses)}
    percept = replace(two_objects, tracks=tracks, reset="cut")
    height, width = percept.frame.image.shape[:2]
    with TableWriter(
        tmp_path / "a.csv", "a", replace(INFO, path="a.mp4", height=height, width=width)
    ) as out:
        out.write(annotated_frame(percept, ["object"], height, width, "00000"))
    with (tmp_path / "a.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert row["reset"] == "cut"
    first = poses[objects.ids.argmin()].tolist()
    names = ("x", "y", "scale", "orientation", "velocity_x", "velocity_y")
    assert [float(row[f"pose_{name}"]) for name in names] == first
    assert [float(row[f"read_pose_{name}"]) for name in names] == [-number for number in first]


def _typed(texts: dict[str, str], like: dict[str, Any]) -> dict[str, Any]:
    """Text of a csv as the types of the same row in a parquet file."""
    assert list(texts) == list(like)
    return {
        name: text if isinstance(like[name], str) else type(like[name])(float(text))
        for name, text in texts.items()
    }


def test_a_clip_without_tracks_is_still_a_file_of_each_format(tmp_path: Path) -> None:
    from pyarrow import parquet
    from pycocotools.coco import COCO

    nothing = tracks_of({}, HEIGHT, WIDTH)
    frame = annotated_frame(
        percept_of(noise(HEIGHT, WIDTH), nothing, nothing), LEVEL_NAMES, HEIGHT, WIDTH, "00000"
    )
    for format_ in ("coco", "ytvis", "parquet", "csv"):
        with _writer(tmp_path, format_) as out:
            out.write(frame)
    assert parquet.read_table(tmp_path / "walk.parquet").num_rows == 0
    assert len((tmp_path / "walk.csv").read_text().splitlines()) == 1
    assert len(COCO(str(tmp_path / "walk.coco.json")).getImgIds()) == 1
    assert json.loads((tmp_path / "walk.ytvis.json").read_text())["annotations"] == []


def test_davis_names_the_parent_of_most_frames(tmp_path: Path) -> None:
    with DavisWriter(tmp_path, "walk", LEVEL_NAMES) as out:
        for frame in frames():
            out.write(frame)
    assert json.loads((tmp_path / "Parents" / "walk.json").read_text()) == {"1": 3, "2": 3}


def _writer(root: Path, format_: str) -> FrameWriter:
    if format_ in ("coco", "ytvis"):
        return (CocoWriter if format_ == "coco" else YtvisWriter)(
            root / f"walk.{format_}.json", "walk", INFO, Fraction(25)
        )
    return TableWriter(root / f"walk.{format_}", "walk", INFO)


def _rows_of_parquet(path: Path) -> int:
    from pyarrow import parquet

    return int(parquet.read_table(path).num_rows)


@pytest.mark.parametrize(
    ("format_", "name", "count"),
    [
        (
            "coco",
            "walk.partial.coco.json",
            lambda path: len(json.loads(path.read_text())["annotations"]),
        ),
        (
            "ytvis",
            "walk.partial.ytvis.json",
            lambda path: len(json.loads(path.read_text())["annotations"]) + 3,
        ),
        ("parquet", "walk.partial.parquet", _rows_of_parquet),
        ("csv", "walk.partial.csv", lambda path: len(path.read_text().splitlines()) - 1),
    ],
)
def test_an_error_leaves_a_readable_partial(
    tmp_path: Path, format_: str, name: str, count: Callable[[Path], int]
) -> None:
    def fail() -> None:
        with _writer(tmp_path, format_) as out:
            for frame in frames()[:2]:
                out.write(frame)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count(tmp_path / name) == 7
    assert not (tmp_path / name.replace(".partial", "")).exists()
    assert not list(tmp_path.glob("*.spool"))
