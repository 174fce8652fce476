"""The DAVIS tree: what stands in its masks, beside what is read back in test_round_trips."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glom_video.formats import DavisWriter, annotated_frame
from glom_video.formats.palette import palette
from glom_video.structures import InvalidInput, Percept, Tracks, id_image


def test_davis_masks_hold_the_ids(tmp_path: Path, two_objects: Percept) -> None:
    with DavisWriter(tmp_path, "walk", ["part", "object"]) as out:
        out.write(annotated_frame(two_objects, ["part", "object"], 90, 161, "00000"))
        out.write(annotated_frame(two_objects, ["part", "object"], 90, 161, "img_7"))
        assert {path.name for path in (tmp_path / "Annotations" / "object").iterdir()} == {
            "walk.partial"
        }
    for level in ("part", "object"):
        folder = tmp_path / "Annotations" / level / "walk"
        assert {path.name for path in folder.iterdir()} == {"00000.png", "img_7.png"}
        mask = Image.open(folder / "img_7.png")
        assert (mask.mode, mask.size) == ("P", (161, 90))
        assert np.array_equal(np.array(mask), id_image(two_objects.tracks[level], 90, 161))
        assert set(np.unique(np.array(mask))) == {0, *two_objects.tracks[level].ids.tolist()}
        assert np.array_equal(np.array(mask.getpalette()).reshape(-1, 3)[:22], palette()[:22])


def test_davis_ids_beyond_a_palette(tmp_path: Path, two_objects: Percept) -> None:
    count = len(two_objects.tracks["object"].ids)
    objects: Tracks = replace(
        two_objects.tracks["object"], ids=np.arange(300, 300 + count, dtype=np.int32)
    )
    percept = replace(two_objects, tracks={**two_objects.tracks, "object": objects})
    with DavisWriter(tmp_path, "walk", ["object"]) as out:
        out.write(annotated_frame(percept, ["object"], 90, 160, "00000"))
    mask = Image.open(tmp_path / "Annotations/object/walk/00000.png")
    assert mask.mode == "I;16"
    assert np.array_equal(np.array(mask), id_image(objects, 90, 160))
    huge = replace(percept, tracks={"object": replace(objects, ids=objects.ids + 70_000)})
    with (
        pytest.raises(InvalidInput, match="16-bit"),
        DavisWriter(tmp_path, "huge", ["object"]) as out,
    ):
        out.write(annotated_frame(huge, ["object"], 90, 160, "00000"))
    assert [path.name for path in (tmp_path / "Annotations/object").glob("huge*")] == [
        "huge.partial"
    ]


def test_davis_replaces_what_an_earlier_run_left(tmp_path: Path, two_objects: Percept) -> None:
    for stem in ("00000", "00001"):
        with DavisWriter(tmp_path, "walk", ["part"]) as out:
            out.write(annotated_frame(two_objects, ["part"], 48, 64, stem))
    assert [path.name for path in (tmp_path / "Annotations/part/walk").iterdir()] == ["00001.png"]


def test_the_palette_is_that_of_pascal_voc() -> None:
    colours = palette()
    assert colours.shape == (256, 3)
    assert colours[:9].tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
        [128, 0, 128],
        [0, 128, 128],
        [128] * 3,
        [64, 0, 0],
    ]
    assert len(np.unique(colours, axis=0)) == 256
