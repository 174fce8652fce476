"""What is written is read by the tools of others: pycocotools, TrackEval, and readers of MOTS."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from walk_clip import HEIGHT, INFO, WIDTH, frames, percepts

from glom_video.formats import (
    CocoWriter,
    MotsWriter,
    YtvisWriter,
    annotated_frame,
)
from glom_video.structures import (
    LEVEL_NAMES,
    InvalidInput,
    id_image,
)


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
    ] == [(0, 0.0, False), (1, 0.04, True), (3, 0.12, False)]
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
        "source_fingerprint": "",
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
