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
from PIL import Image

from glom_video.formats import (
    AnnotatedFrame,
    CocoWriter,
    DavisWriter,
    FrameWriter,
    MotsWriter,
    TableWriter,
    YtvisWriter,
    annotated_frame,
    read_annotations,
    read_rows,
)
from glom_video.structures import (
    LEVEL_NAMES,
    GivenNames,
    InvalidInput,
    Percept,
    SourceInfo,
    Tracks,
    id_image,
)

HEIGHT, WIDTH = 60, 100
INFO = SourceInfo("walk", "walk.mp4", HEIGHT, WIDTH, Fraction(1, 25), Fraction(25))


def percepts() -> list[Percept]:
    """Frames 0, 1 and 3 (2 was dropped): object 3 with parts 1 and 2 in all; object 7 from frame 1
    on, to which part 2 has passed in frame 3."""
    boxes = {3: (10, 10, 50, 50), 7: (60, 10, 90, 40)}
    parts = {1: (10, 10, 30, 50), 2: (30, 10, 50, 50)}
    clip = []
    for index in (0, 1, 3):
        objects = {3: boxes[3]} if index == 0 else boxes
        in_parts = {1: parts[1], 2: boxes[7]} if index == 3 else parts
        parents = {1: 3, 2: 7 if index == 3 else 3}
        percept = percept_of(
            noise(HEIGHT, WIDTH),
            tracks_of(objects, HEIGHT, WIDTH),
            tracks_of(in_parts, HEIGHT, WIDTH, parents),
            index,
        )
        clip.append(replace(percept, frame=replace(percept.frame, is_corrupt=index == 1)))
    return clip


def frames(height: int = HEIGHT, width: int = WIDTH) -> list[AnnotatedFrame]:
    return [
        annotated_frame(percept, LEVEL_NAMES, height, width, f"{percept.frame.index:05d}")
        for percept in percepts()
    ]


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


def test_names_are_in_every_format_that_has_rows(tmp_path: Path) -> None:
    """Two objects that are seen as one for a while, and a part of the one that is named second."""
    named = [
        replace(p, tracks={"part": _named(p, "part", "7.1"), "object": _named(p, "object", "3+7")})
        for p in percepts()[:1]
    ]
    written = [annotated_frame(percept, LEVEL_NAMES, HEIGHT, WIDTH, "00000") for percept in named]
    writers = {
        "a.csv": TableWriter(tmp_path / "a.csv", "a", INFO),
        "a.parquet": TableWriter(tmp_path / "a.parquet", "a", INFO),
        "a.coco.json": CocoWriter(tmp_path / "a.coco.json", "a", INFO, Fraction(25)),
        "a.ytvis.json": YtvisWriter(tmp_path / "a.ytvis.json", "a", INFO, Fraction(25)),
    }
    for writer in writers.values():
        with writer as out:
            out.write(written[0])
    expected = {
        ("part", named[0].tracks["part"].names),
        ("object", named[0].tracks["object"].names),
    }
    for table in ("a.csv", "a.parquet"):
        rows = list(read_rows(tmp_path / table))
        assert {
            (level, tuple(row["name"] for row in rows if row["level"] == level))
            for level in LEVEL_NAMES
        } == expected
    for file in ("a.coco.json", "a.ytvis.json"):
        tracks = read_annotations(tmp_path / file).tracks(0)
        assert {(level, tracks[level].names) for level in LEVEL_NAMES} == expected


def test_names_that_a_user_gave_are_in_every_format_that_has_rows(tmp_path: Path) -> None:
    """Given while the clip ran, to one of two objects that are seen as one in the last frame."""
    names, clip = GivenNames({7: 'Anna, "<b>"'}), percepts()
    last = replace(
        clip[-1], tracks={**clip[-1].tracks, "object": _named(clip[-1], "object", "3+7")}
    )
    first = annotated_frame(clip[0], LEVEL_NAMES, HEIGHT, WIDTH, "00000")
    written = [first, annotated_frame(last, LEVEL_NAMES, HEIGHT, WIDTH, "00001", names=names)]
    for suffix in ("csv", "parquet"):
        with TableWriter(tmp_path / f"a.{suffix}", "a", INFO) as table:
            for frame in written:
                table.write(frame)
        rows = [row for row in read_rows(tmp_path / f"a.{suffix}") if row["given_name"]]
        assert {row["given_name"] for row in rows} == {'Anna, "<b>"'}
        assert {(row["frame"], row["level"], row["name"]) for row in rows} == {
            (last.frame.index, "object", name) for name in ("3+7", *last.tracks["object"].names[1:])
        }
    for kind, suffix in ((CocoWriter, "coco"), (YtvisWriter, "ytvis")):
        path = tmp_path / f"a.{suffix}.json"
        with kind(path, "a", INFO, Fraction(25)) as out:
            for frame in written:
                out.write(frame)
        assert read_annotations(path).given_names(last.frame.index).by_id[3] == 'Anna, "<b>"'


def test_names_are_bounded_and_printable() -> None:
    names = GivenNames().renamed(3, " Anna ").renamed(4, "Bob").renamed(3, "Eve")
    assert names.by_id == {4: "Bob", 3: "Eve"}
    assert [names.given(name) for name in ("3", "1+4", "3+4", "5", "3.2")] == [
        "Eve",
        "Bob",
        "Eve+Bob",
        "",
        "",
    ]
    assert names.renamed(3, "  ").by_id == {4: "Bob"}
    for wrong in ("a\nb", "x" * 41, "\x1b[2J"):
        with pytest.raises(InvalidInput, match="no name for object 3"):
            names.renamed(3, wrong)
    with pytest.raises(InvalidInput, match="no object's id"):
        names.renamed(0, "nobody")
    with pytest.raises(InvalidInput, match="have names already"):
        GivenNames(dict.fromkeys(range(1, 202), "x"))


def _named(percept: Percept, level: str, first: str) -> Tracks:
    tracks = percept.tracks[level]
    return replace(tracks, names=(first, *tracks.names[1:]))


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


def test_coco_is_read_by_pycocotools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pycocotools.coco import COCO

    with CocoWriter(tmp_path / "walk.coco.json", "walk", INFO, Fraction(25)) as out:
        for frame in frames():
            out.write(frame)
        assert not (tmp_path / "walk.coco.json").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["walk.coco.json"]
    coco = COCO(str(tmp_path / "walk.coco.json"))
    images = coco.loadImgs(coco.getImgIds())
    assert [
        (image["source_frame"], image["pts_seconds"], image["is_corrupt"]) for image in images
    ] == [*((0, 0.0, False), (1, 0.04, True), (3, 0.12, False))]
    for image, percept in zip(images, percepts(), strict=True):
        for level in LEVEL_NAMES:
            found = coco.loadAnns(
                coco.getAnnIds(imgIds=image["id"], catIds=coco.getCatIds(catNms=[level]))
            )
            truth = id_image(percept.tracks[level], HEIGHT, WIDTH)
            parents = dict(
                zip(
                    percept.tracks[level].ids.tolist(),
                    percept.tracks[level].parent_ids.tolist(),
                    strict=True,
                )
            )
            assert {each["track_id"]: each["parent_id"] for each in found} == parents
            for each in found:
                mask = coco.annToMask(each)
                assert np.array_equal(mask, truth == each["track_id"])
                assert each["area"] == mask.sum()
                assert each["bbox"] == _box(mask)
    assert coco.dataset["info"]["format_version"] == 2


def _box(mask: np.ndarray) -> list[int]:
    y, x = np.nonzero(mask)
    return [int(x.min()), int(y.min()), int(np.ptp(x)) + 1, int(np.ptp(y)) + 1]


def test_ytvis_is_read_by_trackeval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from pycocotools.mask import decode
    from trackeval.datasets import YouTubeVIS

    with YtvisWriter(tmp_path / "walk.ytvis.json", "walk", INFO, Fraction(25)) as out:
        for frame in frames():
            out.write(frame)
    stored = json.loads((tmp_path / "walk.ytvis.json").read_text())
    tracks = {(each["category_id"], each["track_id"]): each for each in stored["annotations"]}
    assert tracks[1, 2]["parent_ids"] == [3, 3, 7]
    assert tracks[1, 2]["parent_id"] == 3
    assert (
        tracks[2, 7]["segmentations"][0]
        is tracks[2, 7]["bboxes"][0]
        is tracks[2, 7]["parent_ids"][0]
        is None
    )
    assert tracks[2, 7]["areas"] == [None, 900, 900]
    assert stored["videos"][0] | {"file_names": 0} == {
        "id": 1,
        "name": "walk",
        "height": HEIGHT,
        "width": WIDTH,
        "length": 3,
        "fps": 25.0,
        "file_names": 0,
        "source_frames": [0, 1, 3],
        "pts_seconds": [0.0, 0.04, 0.12],
        "corrupt_frames": [1],
    }
    truth, results = (
        tmp_path / "truth" / "youtube_vis_all",
        tmp_path / "results" / "youtube_vis_all" / "glom" / "data",
    )
    for folder, content in (
        (truth, {**stored, "annotations": []}),
        (results, stored["annotations"]),
    ):  # results are the annotations alone
        folder.mkdir(parents=True)
        (folder / "walk.json").write_text(json.dumps(content))
    folders = {"GT_FOLDER": f"{truth.parent}/", "TRACKERS_FOLDER": f"{tmp_path}/results/"}
    reader = YouTubeVIS({**folders, "SPLIT_TO_EVAL": "all", "PRINT_CONFIG": False})
    assert reader.seq_list == ["walk"]
    raw = reader._load_raw_file("glom", "walk", is_gt=False)
    for place, percept in enumerate(percepts()):
        masks = sorted(decode(rle).tobytes() for rle in raw["tracker_dets"][place])
        shown = [
            id_image(tracks, HEIGHT, WIDTH) == id_
            for tracks in percept.tracks.values()
            for id_ in tracks.ids
        ]
        assert masks == sorted(mask.astype(np.uint8).tobytes() for mask in shown)


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


def test_mots_masks_hold_class_and_id(tmp_path: Path) -> None:
    with MotsWriter(tmp_path, "walk", LEVEL_NAMES) as out:
        for frame in frames():
            out.write(frame)
        assert [path.name for path in (tmp_path / "mots" / "part").iterdir()] == ["walk.partial"]
    for level in LEVEL_NAMES:
        folder = tmp_path / "mots" / level / "walk" / "instances"
        assert (folder / "labels.txt").read_text() == f"{level}\n"
        for percept in percepts():
            stored = np.array(Image.open(folder / f"{percept.frame.index:05d}.png"))
            assert stored.dtype == np.uint16
            classes, ids = np.divmod(stored, 1000)
            assert np.array_equal(ids, id_image(percept.tracks[level], HEIGHT, WIDTH))
            assert np.array_equal(classes, ids > 0)


def test_mots_refuses_ids_that_would_read_as_another_class(tmp_path: Path) -> None:
    percept = percepts()[0]
    late = replace(percept.tracks["object"], ids=np.array([1000], np.int32))
    frame = annotated_frame(
        replace(percept, tracks={**percept.tracks, "object": late}), ["object"], HEIGHT, WIDTH, "x"
    )
    with (
        pytest.raises(InvalidInput, match="1000 does not fit"),
        MotsWriter(tmp_path, "walk", ["object"]) as out,
    ):
        out.write(frame)
    assert [path.name for path in (tmp_path / "mots" / "object").iterdir()] == ["walk.partial"]


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
