"""The way out and back of every format: what is read is what was written."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from percepts import noise, percept_of, tracks_of

from glom_video.events import Event
from glom_video.formats import (
    FORMATS,
    AnnotatedFrame,
    ClipMasks,
    ClipWriter,
    CocoWriter,
    DavisWriter,
    FrameWriter,
    MotsWriter,
    Mp4Writer,
    Outputs,
    TableWriter,
    YtvisWriter,
    annotated_frame,
    merge_annotations,
    read_annotations,
    read_davis,
    read_events,
    read_frames,
    read_joints,
    read_mots,
    read_parents,
    read_rows,
    read_table_info,
    read_ytvis,
    write_davis,
)
from glom_video.read import read
from glom_video.structures import LEVEL_NAMES, InvalidInput, Joint, Percept, SourceInfo, id_image
from glom_video_pipelines.evaluate import find_clips

MakeWriter = Callable[..., FrameWriter]
HEIGHT, WIDTH = 40, 72
RATE = Fraction(25)
INFO = SourceInfo("walk", "walk.mp4", HEIGHT, WIDTH, Fraction(1, 25), RATE)


def percepts() -> list[Percept]:
    """Frames 0, 1, 2 and 4 (3 was dropped): object 3 with its parts 1 and 2, which leave in 2."""
    objects, parts = {3: (8, 8, 40, 32)}, {1: (8, 8, 24, 32), 2: (24, 8, 40, 32)}
    clip = []
    for index in (0, 1, 2, 4):
        whole = tracks_of({} if index == 2 else objects, HEIGHT, WIDTH)
        inside = tracks_of({} if index == 2 else parts, HEIGHT, WIDTH, {1: 3, 2: 3})
        clip.append(percept_of(noise(HEIGHT, WIDTH), whole, inside, index))
    return clip


def frames() -> list[AnnotatedFrame]:
    stems = [f"{percept.frame.index:05d}" for percept in percepts()]
    named = zip(percepts(), stems, strict=True)
    return [annotated_frame(percept, LEVEL_NAMES, HEIGHT, WIDTH, stem) for percept, stem in named]


def write(writer: FrameWriter) -> None:
    with writer as out:
        for frame in frames():
            out.write(frame)


def assert_same(masks: ClipMasks) -> None:
    assert set(masks) == set(LEVEL_NAMES)
    for level in LEVEL_NAMES:
        assert list(masks[level]) == ["00000", "00001", "00002", "00004"]
        for mask, frame in zip(masks[level].values(), frames(), strict=True):
            np.testing.assert_array_equal(mask.labels(), frame.ids[level])


def test_davis(tmp_path: Path) -> None:
    write(DavisWriter(tmp_path, "walk", LEVEL_NAMES))
    clips = read_davis(tmp_path)
    assert list(clips) == ["walk"]
    assert_same(clips["walk"])
    assert read_parents(tmp_path, "walk") == {1: 3, 2: 3}
    assert read_parents(tmp_path, "another") == {}


def test_a_clip_with_a_partial_name_is_no_clip_of_davis_or_mots(tmp_path: Path) -> None:
    for make in (DavisWriter, MotsWriter):
        writer = make(tmp_path, "half", LEVEL_NAMES)
        writer.write(frames()[0])
        writer.abort()
    assert read_davis(tmp_path) == read_davis(str(tmp_path)) == {}
    with pytest.raises(InvalidInput, match="no MOTS masks"):
        read_mots(tmp_path)


def test_davis_of_a_data_set(tmp_path: Path) -> None:
    ids = np.zeros((2, HEIGHT, WIDTH), np.uint8)
    ids[0, 4:20, 4:30], ids[1, 6:22, 8:34] = 1, 200
    grey = np.full((2, HEIGHT, WIDTH, 3), 90, np.uint8)
    write_davis(tmp_path, "one", grey, {"object": ids, "part": ids // 2}, {1: 1, 100: 200})
    masks = read_davis(tmp_path)["one"]
    for t, name in enumerate(("00000", "00001")):
        np.testing.assert_array_equal(masks["object"][name].labels(), ids[t])
        np.testing.assert_array_equal(masks["part"][name].labels(), ids[t] // 2)
    assert read_parents(tmp_path, "one") == {1: 1, 100: 200}
    pictures = list(read(tmp_path / "JPEGImages" / f"{HEIGHT}p" / "one"))
    assert [abs(int(frame.image.mean()) - 90) < 2 for frame in pictures] == [True, True]


def test_a_clip_of_a_data_set_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """Frames of an older, longer clip of its name would be truth of another clip."""
    masks = np.ones((3, HEIGHT, WIDTH), np.int32)
    grey = np.full((3, HEIGHT, WIDTH, 3), 90, np.uint8)
    write_davis(tmp_path, "one", grey, {"object": masks}, {})
    write_davis(tmp_path, "one", grey[:2], {"object": masks[:2]}, {})
    assert list(read_davis(tmp_path)["one"]["object"]) == ["00000", "00001"]
    assert len(list((tmp_path / "JPEGImages").rglob("*.jpg"))) == 2
    for name in ("one", "two"):
        with pytest.raises(InvalidInput, match="does not fit"):
            write_davis(tmp_path, name, grey, {"object": masks * 70_000}, {})
    assert list(read_davis(tmp_path)) == ["one"]
    assert [clip.name for clip in find_clips([tmp_path], None)] == ["one"]


def test_a_clip_of_another_size_takes_its_older_pictures_place(tmp_path: Path) -> None:
    """Two sets of pictures of one clip would have ended the scoring of the whole tree."""
    masks = np.ones((1, HEIGHT, WIDTH), np.int32)
    grey = np.full((1, HEIGHT, WIDTH, 3), 90, np.uint8)
    for name in ("one", "two"):
        write_davis(tmp_path, name, grey, {"object": masks}, {})
    for name, left in (("one", {"two"}), ("two", set())):
        write_davis(tmp_path, name, grey[:, :-8], {"object": masks[:, :-8]}, {})
        older = tmp_path / "JPEGImages" / f"{HEIGHT}p"
        assert {path.name for path in older.glob("*")} == left
    assert [path.name for path in (tmp_path / "JPEGImages").iterdir()] == [f"{HEIGHT - 8}p"]
    assert {path.parent.name for path in tmp_path.rglob("*.jpg")} == {"one", "two"}


def test_parents_that_are_none_are_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "Parents").mkdir()
    (tmp_path / "Parents" / "one.json").write_text("[1, 2]")
    with pytest.raises(InvalidInput, match="does not say which part"):
        read_parents(tmp_path, "one")


def test_joints_are_scaled_to_the_masks(tmp_path: Path) -> None:
    (tmp_path / "Joints" / "80p").mkdir(parents=True)
    joints = '{"frames": {"00003": [["jaw", 10.0, 20.0]]}}'
    (tmp_path / "Joints" / "80p" / "dog.json").write_text(joints)
    found = read_joints(tmp_path, "dog", HEIGHT, WIDTH)
    assert found == {"00003": [Joint("jaw", 5.0, 10.0)]}
    assert read_joints(tmp_path, "cat", HEIGHT, WIDTH) == {}


@pytest.mark.parametrize(("make", "suffix"), [(CocoWriter, ".coco"), (YtvisWriter, ".ytvis")])
def test_annotations_of_several_clips_are_not_read_as_one(
    tmp_path: Path, make: MakeWriter, suffix: str
) -> None:
    """Tracks of one clip would lie in the frames of the other."""
    paths = [tmp_path / f"{name}{suffix}.json" for name in ("walk", "run")]
    for path in paths:
        write(make(path, path.name.split(".")[0], INFO, RATE))
    merge_annotations(paths[:1], tmp_path / "one.json")
    assert list(read_annotations(tmp_path / "one.json").source_frames) == [0, 1, 2, 4]
    merge_annotations(paths, tmp_path / "all.json")
    with pytest.raises(InvalidInput, match=r"all\.json holds 2 clips"):
        read_annotations(tmp_path / "all.json")


def test_mots(tmp_path: Path) -> None:
    write(MotsWriter(tmp_path, "walk", LEVEL_NAMES))
    clips = read_mots(tmp_path)
    assert list(clips) == ["walk"]
    assert_same(clips["walk"])


def test_ytvis(tmp_path: Path) -> None:
    write(YtvisWriter(tmp_path / "walk.ytvis.json", "walk", INFO, RATE))
    clips = read_ytvis(tmp_path / "walk.ytvis.json")
    assert list(clips) == ["walk"]
    assert_same(clips["walk"])


@pytest.mark.parametrize(("kind", "name"), [(CocoWriter, "coco"), (YtvisWriter, "ytvis")])
def test_annotations_become_tracks_again(tmp_path: Path, kind: MakeWriter, name: str) -> None:
    path = tmp_path / f"walk.{name}.json"
    write(kind(path, "walk", INFO, RATE))
    clip = read_annotations(path)
    assert (clip.height, clip.width) == (HEIGHT, WIDTH)
    assert list(clip.source_frames) == [0, 1, 2, 4]
    for percept, frame in zip(percepts(), frames(), strict=True):
        tracks = clip.tracks(percept.frame.index)
        for level in LEVEL_NAMES:
            written, found = percept.tracks[level], tracks[level]
            assert found.ids.tolist() == written.ids.tolist()
            assert found.parent_ids.tolist() == written.parent_ids.tolist()
            np.testing.assert_allclose(found.score, written.score, atol=1e-6)
            np.testing.assert_array_equal(id_image(found, HEIGHT, WIDTH), frame.ids[level])


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_table(tmp_path: Path, suffix: str) -> None:
    write(TableWriter(tmp_path / f"walk{suffix}", "walk", INFO))
    rows = list(read_rows(tmp_path / f"walk{suffix}"))
    assert list(read_rows(str(tmp_path / f"walk{suffix}"))) == rows, "a path may be text"
    written = [(frame, instance) for frame in frames() for instance in frame.instances]
    assert len(rows) == len(written) == 9
    for row, (frame, instance) in zip(rows, written, strict=True):
        assert (row["frame"], row["pts_seconds"]) == (frame.index, frame.pts_seconds)
        assert (row["is_corrupt"], row["reset"]) == (False, frame.reset or "")
        assert (row["level"], row["id"]) == (instance.level, instance.id)
        assert (row["parent_id"], row["area"]) == (instance.parent_id, instance.area)
        box = [row[f"box_{side}"] for side in ("left", "top", "width", "height")]
        assert tuple(box) == instance.box
        assert (row["centroid_x"], row["centroid_y"]) == instance.centroid
        assert row["score"] == pytest.approx(instance.score)
        assert row["agreement"] == pytest.approx(instance.agreement)


@pytest.mark.parametrize(
    ("kept", "found"),
    [
        pytest.param([0, 1, 2, 3], [3, 3, 0, 3], id="frame 3 was dropped, frame 2 is empty"),
        pytest.param([2, 3], [0, 3], id="empty at the beginning"),
        pytest.param([1, 2], [3, 0], id="empty at the end"),
        pytest.param([2], [0], id="nothing at all"),
    ],
)
def test_a_table_gives_the_frames_that_were_annotated_and_no_others(
    tmp_path: Path, kept: list[int], found: list[int]
) -> None:
    with TableWriter(tmp_path / "walk.parquet", "walk", INFO) as out:
        for place in kept:
            out.write(frames()[place])
    info = read_table_info(tmp_path / "walk.parquet")
    assert (info.frames, info.height, info.width) == (len(kept), HEIGHT, WIDTH)
    assert info.levels == LEVEL_NAMES
    rows = read_frames(tmp_path / "walk.parquet", ("frame", "id"))
    assert [len(of_frame) for of_frame in rows] == found


def test_a_table_of_a_clip_without_islands_stays_small(tmp_path: Path) -> None:
    """Its frames without rows are named by ranges: every third, a hole, and on."""
    empty = frames()[2]
    with TableWriter(tmp_path / "walk.parquet", "walk", INFO) as out:
        for index in [*range(0, 300, 3), *range(600, 900, 3)]:
            out.write(replace(empty, index=index))
    info = read_table_info(tmp_path / "walk.parquet")
    assert info.empty_frames == [range(0, 298, 3), range(600, 898, 3)]


def test_texts_that_another_program_saved_again_are_read(tmp_path: Path) -> None:
    """Spreadsheets and editors of Windows begin UTF-8 with a mark."""
    write(TableWriter(tmp_path / "walk.csv", "walk", INFO))
    write(CocoWriter(tmp_path / "walk.coco.json", "walk", INFO, RATE))
    write(DavisWriter(tmp_path, "walk", LEVEL_NAMES))
    events = tmp_path / "walk.events.jsonl"
    told = Event("appeared", 3, 0, 0.0)
    events.write_text(json.dumps(told.to_plain()) + "\n")
    for name in ("walk.csv", "walk.coco.json", "Parents/walk.json", events.name):
        path = tmp_path / name
        path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert len(list(read_rows(tmp_path / "walk.csv"))) == 9
    assert list(read_annotations(tmp_path / "walk.coco.json").source_frames) == [0, 1, 2, 4]
    assert read_parents(tmp_path, "walk") == {1: 3, 2: 3}
    assert list(read_events(events)) == [told]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param("frame,id\n1,2\n", "has no column", id="columns"),
        pytest.param("frame\nfirst\n", "cannot be read as a table", id="no number"),
    ],
)
def test_a_csv_that_is_none_is_one_clear_line(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "walk.csv").write_text(text)
    columns = ("frame",) if cause != "has no column" else ("frame", "area")
    with pytest.raises(InvalidInput, match=cause):
        list(read_rows(tmp_path / "walk.csv", columns))


def test_mp4(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.2]
    shape = (tmp_path / "walk.mp4", HEIGHT, WIDTH)
    with Mp4Writer(*shape, time_base=Fraction(1, 100), frame_rate=RATE) as out:
        for number, seconds in enumerate(times):
            out.write(np.full((HEIGHT, WIDTH, 3), 40 + 60 * number, np.uint8), seconds)
    found = list(read(tmp_path / "walk.mp4"))
    assert [frame.pts_seconds for frame in found] == pytest.approx(times)
    assert [frame.image.mean() for frame in found] == pytest.approx([40, 100, 160], abs=3)


def write_all(outputs: Outputs, clip: Sequence[Percept], *, fails: bool = False) -> None:
    def open_mp4(path: Path, height: int, width: int) -> Mp4Writer:
        return Mp4Writer(path, height, width, time_base=INFO.time_base, frame_rate=RATE)

    with ClipWriter(outputs, INFO, open_mp4) as out:
        for percept in clip:
            out.write(percept, percept.frame.image)
        if fails:
            raise ZeroDivisionError


def test_all_formats_of_a_clip_at_once(tmp_path: Path) -> None:
    outputs = Outputs(
        tmp_path,
        "walk",
        ("mp4", "gif", "webm", "sheet", "alpha", "png-sequence", "davis", "ytvis", "csv"),
    )
    write_all(outputs, percepts())
    assert all(path.exists() for path in outputs.paths)
    assert not any(path.exists() for path in outputs.partial_paths)
    assert_same(read_davis(tmp_path)["walk"])
    assert_same(read_ytvis(tmp_path / "walk.ytvis.json")["walk"])
    assert len(list(read(tmp_path / "walk.mp4"))) == 4


def test_an_error_leaves_every_format_partial(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path, "walk", tuple(FORMATS))
    with pytest.raises(ZeroDivisionError):
        write_all(outputs, percepts(), fails=True)
    assert not any(path.exists() for path in outputs.paths)
    assert all(path.exists() for path in outputs.partial_paths)
    assert len(list(read(tmp_path / "walk.partial.mp4"))) == 4
    assert list(read_annotations(tmp_path / "walk.partial.coco.json").source_frames) == [0, 1, 2, 4]


def test_a_format_that_cannot_be_opened_leaves_the_others_partial(tmp_path: Path) -> None:
    (tmp_path / "walk.partial.csv").mkdir()
    outputs = Outputs(tmp_path, "walk", ("davis", "csv"))
    with pytest.raises(InvalidInput, match=r"walk\.csv cannot be written"):
        write_all(outputs, percepts())
    assert not (tmp_path / "Annotations" / "object" / "walk").exists()
