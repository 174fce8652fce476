"""What other programs make of our exports: each is opened with the library that it is for, and its
figures are ours."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli, MakeVideo, Options, is_one_error
from labels import blobs, perturbed
from percepts import noise
from PIL import Image
from test_mask_properties import exported

import glom_video as gv
from glom_video.evaluate import count_overlaps, segments
from glom_video.evaluate.tracking import hota, id_switches, idf1, tracked_frame
from glom_video.formats import (
    ClipWriter,
    Format,
    MotsTextWriter,
    Mp4Writer,
    Outputs,
    read_davis,
    read_ytvis,
    to_supervision,
)
from glom_video.structures import LEVEL_NAMES, SourceInfo
from glom_video_pipelines.annotate.data_set import write_data_set

PICTURE = noise(120, 200)
CLIPS = ("a walk", "b")
INFO = SourceInfo("walk", "walk.mp4", 120, 200, Fraction(1, 25), Fraction(25))


def no_video(path: Path, height: int, width: int) -> Mp4Writer:
    raise AssertionError("no video was asked for")


@pytest.fixture
def data_set(tmp_path: Path, two_objects: gv.Percept) -> Path:
    """A folder with two clips of one frame and of two, as ``annotate --with-frames`` leaves it."""
    formats: tuple[Format, ...] = ("davis", "coco", "ytvis")
    for number, name in enumerate(CLIPS, 1):
        outputs = Outputs(tmp_path, name, formats, with_frames=True)
        with ClipWriter(outputs, INFO, no_video) as out:
            for index in range(number):
                frame = gv.Frame(two_objects.frame.image, index, index / 25)
                object.__setattr__(two_objects, "frame", frame)
                out.write(two_objects, None)
    lines = [json.dumps({"name": name, "status": "done"}) for name in (*CLIPS, "gone")]
    (tmp_path / "manifest.jsonl").write_text("\n".join(lines))
    write_data_set(tmp_path, formats)
    return tmp_path


def true_masks(root: Path, picture: str) -> dict[tuple[str, int], np.ndarray]:
    """By level and id, of a frame by the name that exports give it, as PNG masks hold them."""
    clip, stem = Path(picture).parent.name, Path(picture).stem
    levels = {level: read_davis(root)[clip][level][stem].labels() for level in LEVEL_NAMES}
    return {
        (level, int(number)): ids == number
        for level, ids in levels.items()
        for number in np.unique(ids)
        if number
    }


def test_pycocotools_reads_all_clips_with_their_pictures(
    data_set: Path, capsys: pytest.CaptureFixture[str], two_objects: gv.Percept
) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    path = data_set / "annotations" / "instances_all.json"
    coco = COCO(str(path))
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == [
        "a walk/00000.jpg",
        "b/00000.jpg",
        "b/00001.jpg",
    ]
    for image in coco.loadImgs(coco.getImgIds()):
        with Image.open(data_set / "images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"]) == (200, 120)
        wanted = true_masks(data_set, image["file_name"])
        found = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
        assert len(found) == len(wanted) == 6
        for each in found:
            level = coco.loadCats([each["category_id"]])[0]["name"]
            mask = coco.annToMask(each)
            np.testing.assert_array_equal(mask, wanted[level, each["track_id"]])
            assert each["area"] == mask.sum()
    scored = COCOeval(coco, coco.loadRes(coco.dataset["annotations"]), "segm")
    scored.evaluate()
    scored.accumulate()
    scored.summarize()
    assert scored.stats[0] == pytest.approx(1.0)
    capsys.readouterr()


def test_the_pictures_are_the_source_s(data_set: Path) -> None:
    with Image.open(data_set / "images" / "a walk" / "00000.jpg") as picture:
        there = np.array(picture)
    means = [image.reshape(15, 8, 25, 8, 3).mean((1, 3)) for image in (there, PICTURE)]
    assert np.abs(means[0] - means[1]).max() < 12  # single pixels of noise do not survive JPEG


def test_youtube_vis_of_all_clips_is_read(data_set: Path) -> None:
    path = data_set / "annotations" / "ytvis_all.json"
    document = json.loads(path.read_text())
    assert [video["id"] for video in document["videos"]] == [1, 2]
    numbers = [each["id"] for each in document["annotations"]]
    assert numbers == list(range(1, 13))
    clips = read_ytvis(path)
    assert list(clips) == list(CLIPS)
    for video in document["videos"]:
        for name in video["file_names"]:
            assert (data_set / "images" / name).exists()
            wanted = true_masks(data_set, name)
            for level in LEVEL_NAMES:
                ids = clips[video["name"]][level][Path(name).stem].labels()
                for number in np.unique(ids[ids > 0]):
                    np.testing.assert_array_equal(ids == number, wanted[level, int(number)])


def test_datumaro_reads_all_clips_with_their_pictures(data_set: Path) -> None:
    """It is what CVAT imports COCO with."""
    datumaro = pytest.importorskip("datumaro", reason="datumaro is not installed: it pins pillow")
    seen = 0
    for item in datumaro.Dataset.import_from(str(data_set), "coco"):
        assert item.media.data.shape == (120, 200, 3)
        wanted = true_masks(data_set, item.id)
        found = [each for each in item.annotations if each.type == datumaro.AnnotationType.mask]
        assert len(found) == len(wanted)
        for each in found:
            level = ("part", "object")[each.label]
            mask = wanted[level, each.attributes["track_id"]]
            np.testing.assert_array_equal(each.image.astype(bool), mask)
        seen += 1
    assert seen == 3


def test_fiftyone_reads_all_clips_with_their_pictures(data_set: Path) -> None:
    """By its importer of COCO, which needs no MongoDB, as its data sets do."""
    coco = pytest.importorskip("fiftyone.utils.coco", reason="fiftyone is not installed: too heavy")
    reader = coco.COCODetectionDatasetImporter(
        data_path=str(data_set / "images"),
        labels_path=str(data_set / "annotations" / "instances_all.json"),
        label_types="segmentations",
        extra_attrs=True,
    )
    seen = 0
    with reader:
        for picture, metadata, label in reader:
            assert (metadata.height, metadata.width) == (120, 200)
            wanted = true_masks(data_set, picture)
            assert len(label.detections) == len(wanted)
            for each in label.detections:
                mask = wanted[each.label, each["track_id"]]
                left, top, width, height = np.array(each.bounding_box) * [200, 120, 200, 120]
                rows = slice(round(top), round(top + height))
                cut = mask[rows, round(left) : round(left + width)]
                np.testing.assert_array_equal(each.mask.astype(bool), cut)
                assert mask.sum() == cut.sum()
            seen += 1
    assert seen == 3


@pytest.mark.parametrize("level", LEVEL_NAMES)
def test_supervision_sees_what_we_see(two_objects: gv.Percept, level: Any) -> None:
    sv = pytest.importorskip("supervision", reason="supervision is not installed")
    found = to_supervision(two_objects, level)
    tracks, masks = two_objects.tracks[level], two_objects.masks(level)
    assert found.tracker_id.tolist() == tracks.ids.tolist()
    assert found.confidence == pytest.approx(tracks.score)
    assert found.area.tolist() == masks.sum((1, 2)).tolist()
    np.testing.assert_array_equal(found.mask, masks)
    just_outside = sv.mask_to_xyxy(masks) + np.array([0, 0, 1, 1])
    np.testing.assert_array_equal(found.xyxy, just_outside)
    assert found.data["track_name"].tolist() == list(tracks.names)
    one = found[found.tracker_id == tracks.ids[1]]
    assert one.data["parent_id"].tolist() == [tracks.parent_ids[1]]
    picture = sv.MaskAnnotator().annotate(two_objects.frame.image.copy(), found)
    changed = (picture != two_objects.frame.image).any(2)
    assert not changed[~masks.any(0)].any()
    assert changed[masks.any(0)].mean() > 0.9


def test_supervision_takes_a_frame_without_objects(two_objects: gv.Percept) -> None:
    pytest.importorskip("supervision", reason="supervision is not installed")
    nothing = np.flatnonzero(np.zeros(2, bool))
    tracks = two_objects.tracks["object"]
    object.__setattr__(tracks, "ids", tracks.ids[nothing])
    for name in ("score", "parent_ids"):
        object.__setattr__(tracks, name, getattr(tracks, name)[nothing])
    object.__setattr__(tracks, "names", ())
    object.__setattr__(tracks, "memberships", tracks.memberships[:1])
    assert len(to_supervision(two_objects)) == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore::DeprecationWarning:trackeval")
def test_trackeval_scores_mots_as_we_do(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from trackeval.datasets import MOTSChallenge
    from trackeval.metrics.clear import CLEAR
    from trackeval.metrics.hota import HOTA
    from trackeval.metrics.identity import Identity

    truth = blobs(seed, frames=12, count=5)
    found = perturbed(truth, seed)
    for name, labels in (("truth", truth), ("found", found)):
        with MotsTextWriter(tmp_path / name, "walk", ("object",)) as out:
            for index, ids in enumerate(labels):
                out.write(exported(ids, index))
    gt = tmp_path / "gt" / "walk" / "gt"
    data = tmp_path / "trackers" / "ours" / "data"
    for folder, name, file in ((gt, "truth", "gt.txt"), (data, "found", "walk.txt")):
        folder.mkdir(parents=True)
        (tmp_path / name / "mots-txt" / "object" / "walk.txt").rename(folder / file)
    given = {
        "GT_FOLDER": str(tmp_path / "gt"),
        "TRACKERS_FOLDER": str(tmp_path / "trackers"),
        "SKIP_SPLIT_FOL": True,
        "SEQ_INFO": {"walk": 12},
        "PRINT_CONFIG": False,
    }
    read = MOTSChallenge(given)
    raw = read.get_raw_seq_data("ours", "walk")
    scored = read.get_preprocessed_seq_data(raw, "pedestrian")
    frames = [
        tracked_frame(segments(count_overlaps(true, labels)))
        for true, labels in zip(truth, found, strict=True)
    ]
    ours, theirs = hota(frames), HOTA().eval_sequence(scored)
    assert ours is not None
    assert pytest.approx(theirs["HOTA"].mean()) == ours.HOTA
    quiet = {"PRINT_CONFIG": False}
    assert idf1(frames) == pytest.approx(Identity(quiet).eval_sequence(scored)["IDF1"])
    assert id_switches(frames) == CLEAR(quiet).eval_sequence(scored)["IDSW"]
    capsys.readouterr()


def test_annotate_makes_a_data_set(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    clips = [make_video(name, frames=2) for name in ("a.mp4", "b.mp4")]
    given = ("-o", tmp_path / "out", "--format", "coco", *small_model)
    ran = glom_video("annotate", *clips, *given, "--with-frames")
    assert ran.code == 0, ran.err
    document = json.loads((tmp_path / "out" / "annotations" / "instances_all.json").read_text())
    names = [image["file_name"] for image in document["images"]]
    assert names == ["a/00000.jpg", "a/00001.jpg", "b/00000.jpg", "b/00001.jpg"]
    assert all((tmp_path / "out" / "images" / name).exists() for name in names)
    scaled = glom_video("annotate", *clips, *given, "--with-frames", "--size", 64)
    assert scaled.code == 2
    assert is_one_error(scaled.err)
