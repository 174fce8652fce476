"""Names are in every format that has rows, and are bounded and printable."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from walk_clip import HEIGHT, INFO, WIDTH, percepts

from glom_video.formats import (
    CocoWriter,
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
    Tracks,
)


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


def test_a_name_is_of_its_object_and_of_no_other_that_is_seen_as_one_with_it(
    tmp_path: Path,
) -> None:
    """Drawn again from either file, the clip shows the same names in each frame."""
    names, clip = GivenNames({7: "Anna"}), percepts()
    last = replace(
        clip[-1], tracks={**clip[-1].tracks, "object": _named(clip[-1], "object", "3+7")}
    )
    shown = []
    for kind, suffix in ((CocoWriter, "coco"), (YtvisWriter, "ytvis")):
        path = tmp_path / f"a.{suffix}.json"
        with kind(path, "a", INFO, Fraction(25)) as out:
            for percept in (clip[0], last):
                out.write(annotated_frame(percept, LEVEL_NAMES, HEIGHT, WIDTH, "0", names=names))
        read = read_annotations(path)
        shown.append([read.given_names(each.frame.index).by_id for each in (clip[0], last)])
    assert shown[0] == shown[1] == [{}, {3: "Anna", 7: "Anna"}], "7 comes later"
    tracks = json.loads((tmp_path / "a.ytvis.json").read_text())["annotations"]
    assert [each["track_id"] for each in tracks if each["given_name"]] == [7]


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
