"""What evaluate takes as predictions: masks, YouTube-VIS json of any system, tables; where their
pictures come from; and truth that is partial."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli, MakeVideo, write_video
from labels import runs
from percepts import percept_of, tracks_of
from PIL import Image
from pycocotools import mask as coco

from glom_video.formats import RleMask, TableWriter, annotated_frame, read_ytvis
from glom_video.structures import InvalidInput, SourceInfo
from glom_video_pipelines.evaluate import Methods, find_clips, find_truth, score_clip
from glom_video_pipelines.evaluate.from_table import score_table
from glom_video_pipelines.evaluate.peers import CLASSICAL

FRAMES, HEIGHT, WIDTH = 10, 60, 80


def scene(t: int) -> np.ndarray:
    """Two squares that move apart."""
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    labels[10:30, 30 - 2 * t : 50 - 2 * t], labels[35:55, 20 + 2 * t : 40 + 2 * t] = 1, 2
    return labels


def rle(mask: np.ndarray) -> dict[str, object]:
    packed = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": packed["size"], "counts": packed["counts"].decode()}


VIDEO = {
    "id": 7,
    "height": HEIGHT,
    "width": WIDTH,
    "length": FRAMES,
    "file_names": [f"squares/{t:05d}.jpg" for t in range(FRAMES)],
}


def instance(
    number: int, encode: Callable[[np.ndarray], dict[str, object]] = rle, **more: object
) -> dict[str, object]:
    masks = [encode(scene(t) == number) for t in range(FRAMES)]
    return {"video_id": 7, "category_id": 1, "segmentations": masks, **more}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    for t in range(FRAMES):
        path = tmp_path / "truth" / "Annotations" / "object" / "squares" / f"{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene(t).astype(np.uint8)).save(path)
    return tmp_path / "truth"


def scored(path: Path, truth: Path | None = None, clip: str = "squares") -> dict[str, float]:
    (found,) = find_clips([path], truth)
    (score,) = score_clip(found, find_truth(truth, clip) if truth is not None else None)
    return dict(score.figures)


def test_a_data_set_of_another_system_is_scored(tmp_path: Path, truth: Path) -> None:
    annotations = [instance(1, id=31), instance(2, runs, id=32)]
    (tmp_path / "theirs.json").write_text(
        json.dumps(
            {
                "videos": [VIDEO],
                "annotations": annotations,
                "categories": [{"id": 1, "name": "person"}],
            }
        )
    )
    figures = scored(tmp_path / "theirs.json", truth)
    assert figures["J&F"] == figures["HOTA"] == figures["fg_ari_video"] == 1.0
    (clip,) = find_clips([tmp_path / "theirs.json"], None)
    assert (clip.method, clip.name) == ("theirs", "squares")


def test_clips_of_a_folder_in_several_formats_are_all_scored(tmp_path: Path, truth: Path) -> None:
    """Those of runs with other formats were in no mean."""
    for name in ("squares", "others"):
        video = {**VIDEO, "file_names": [f"{name}/{t:05d}.jpg" for t in range(FRAMES)]}
        (truth / f"{name}.ytvis.json").write_text(
            json.dumps({"videos": [video], "annotations": [instance(1)]})
        )
    clips = find_clips([truth], None)
    assert [clip.name for clip in clips] == ["squares", "others"]
    found = [set(score_clip(clip, None)[0].figures) for clip in clips]
    assert [clip.method for clip in clips] == ["truth", "truth"]
    assert found[0] == found[1]
    first = clips[0].masks
    assert first is not None
    assert set(np.unique(first["object"]["00000"].labels())) == {0, 1, 2}, "of the DAVIS tree"


def test_two_clips_of_one_name_are_refused(tmp_path: Path) -> None:
    """The second one took the place of the first, as would any after it."""
    videos = [
        {**VIDEO, "id": number, "file_names": [f"{clip}/rgb/{t}.jpg" for t in range(FRAMES)]}
        for number, clip in ((7, "squares"), (8, "circles"))
    ]
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps({"videos": videos, "annotations": [instance(1)]}))
    with pytest.raises(InvalidInput, match="holds 2 clips called rgb"):
        find_clips([path], None)


def test_a_bare_list_of_results_is_scored(tmp_path: Path) -> None:
    """As the data set's server takes it: no names, so frames are numbered; ids from 0 do not become
    background."""
    both = [instance(1, score=0.9, track_id=0), instance(2, score=0.8, track_id=1)]
    (tmp_path / "results.json").write_text(json.dumps(both))
    masks = read_ytvis(tmp_path / "results.json")["7"]["object"]
    assert list(masks) == [f"{t:05d}" for t in range(FRAMES)]
    assert np.array_equal(masks["00004"].labels(), np.array([0, 1, 2])[scene(4)])


def test_the_surer_instance_lies_on_top(tmp_path: Path) -> None:
    whole = {
        "video_id": 7,
        "category_id": 1,
        "segmentations": [rle(np.ones((HEIGHT, WIDTH), bool))],
    }
    part = {"video_id": 7, "category_id": 1, "segmentations": [rle(scene(0) == 1)]}
    for score, on_top in ((0.2, 1), (0.9, 2)):
        (tmp_path / "results.json").write_text(
            json.dumps([{**whole, "score": 0.5}, {**part, "score": score}])
        )
        labels = read_ytvis(tmp_path / "results.json")["7"]["object"]["00000"].labels()
        assert (labels[scene(0) == 1] == on_top).all()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param("nonsense", "is no YouTube-VIS json", id="no json"),
        pytest.param("[]", "holds no videos", id="empty"),
        pytest.param('{"images": []}', "is no YouTube-VIS json", id="another json"),
        pytest.param(
            '[{"video_id": 1, "segmentations": [null]}, {"video_id": 1, "segmentations": []}]',
            "has 0 masks for 1 frames",
            id="another length",
        ),
    ],
)
def test_json_that_is_none_is_one_clear_line(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(InvalidInput, match=cause):
        read_ytvis(tmp_path / "results.json")


@pytest.mark.parametrize(
    ("segment", "cause"),
    [
        pytest.param(
            {"size": [2, 2], "counts": "?"},
            "2x2 in a clip of 3x2|no run-length mask",
            id="of another size",
        ),
        pytest.param([[0, 0, 1, 1]], "no run-length mask", id="a polygon"),
    ],
)
def test_masks_that_are_none_are_one_clear_line(segment: dict[str, object], cause: str) -> None:
    with pytest.raises(InvalidInput, match=cause):
        RleMask("clip 00000", (2, 3), [(1, segment)]).labels()


def test_exports_of_one_run_say_the_same(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """Masks, run lengths and table of one annotated clip, none of which needs the model or is told
    where the pictures are."""
    clip, formats = make_video("clip.mp4", frames=9), ("davis", "ytvis", "parquet")
    ran = annotate(clip, out=tmp_path / "out", formats=formats)
    assert ran.code == 0, ran.err
    masks, json_, table = (
        find_clips([tmp_path / "out" / name], None)[0]
        for name in ("", "clip.ytvis.json", "clip.parquet")
    )
    assert masks.pictures == json_.pictures == tmp_path / "clip.mp4", "annotate noted it"
    by_masks, by_json = score_clip(masks, None), score_clip(json_, None)
    assert [score.figures for score in by_masks] == [score.figures for score in by_json]
    assert "warp_agreement" in by_masks[0].figures
    assert table.table is not None
    for by_mask, by_table in zip(by_masks, score_table("out", "clip", table.table), strict=True):
        assert (by_table.level, by_table.frames) == (by_mask.level, by_mask.frames)
        told = {name: by_mask.figures[name] for name in by_table.figures}
        assert by_table.figures == pytest.approx(told)
        assert {"coverage", "islands", "life", "births", "deaths"} <= told.keys()
        assert "parent_switches" not in told, "rows hold parents that stay for life"


@pytest.mark.parametrize("suffix", [".ytvis.json", ".parquet"])
def test_what_was_not_written_to_its_end_is_no_prediction(tmp_path: Path, suffix: str) -> None:
    """As in DAVIS trees: the frames up to an interruption would be scored as the whole clip."""
    document = {"videos": [VIDEO], "annotations": [instance(1)]}
    for name in (f"squares{suffix}", f"half.partial{suffix}"):
        (tmp_path / name).write_text(json.dumps(document))
    assert [clip.name for clip in find_clips([tmp_path], None)] == ["squares"]
    (tmp_path / f"squares{suffix}").unlink()
    with pytest.raises(InvalidInput):
        find_clips([tmp_path], None)


def test_controls_beside_a_table_are_not_promised_for_pictures(
    annotate: Cli, glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """--pictures was the remedy, and then changed nothing."""
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    assert annotate(clip, out=out, formats=("parquet",)).code == 0
    ran = glom_video("evaluate", out, "--controls")
    assert ran.code == 0, ran.err
    assert "clip is a table without masks" in ran.err
    assert "--pictures" not in ran.err


def test_a_table_counts_frames_without_islands(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    # six frames of 10 pixels; part 1 in frames 0 and 1, nothing in 2, part 1 again in 3, nothing
    # after
    rows = {
        "frame": [0, 1, 3],
        "level": ["part"] * 3,
        "id": [1] * 3,
        "area": [5, 5, 2],
    }
    table = pa.table(rows).replace_schema_metadata({"frames": "6", "height": "2", "width": "5"})
    parquet.write_table(table, tmp_path / "clip.parquet")
    (score,) = score_table("out", "clip", tmp_path / "clip.parquet")
    assert (score.level, score.frames) == ("part", 6)
    figures = score.figures
    assert figures["coverage"] == pytest.approx(12 / 60)
    assert figures["islands"] == pytest.approx(3 / 6)
    assert (figures["life"], figures["births"]) == (4, 0)
    assert figures["deaths"] == pytest.approx(100 / 6)
    (score,) = score_table("out", "clip", tmp_path / "clip.parquet", first_frames=3)
    assert score.frames == 3
    assert score.figures["islands"] == pytest.approx(2 / 3)
    assert score.figures["coverage"] == pytest.approx(10 / 30)


def test_a_table_in_which_nothing_was_found_counts_as_masks_do(tmp_path: Path) -> None:
    """Without it, the mean over clips would be that of the clips in which something was found."""
    info = SourceInfo("walk", "walk.mp4", HEIGHT, WIDTH, Fraction(1, 25), Fraction(25))
    nothing = percept_of(
        np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        tracks_of({}, HEIGHT, WIDTH),
        tracks_of({}, HEIGHT, WIDTH),
        0,
    )
    with TableWriter(tmp_path / "walk.parquet", "walk", info) as out:
        out.write(annotated_frame(nothing, ["object"], HEIGHT, WIDTH, "00000"))
    (score,) = score_table("out", "walk", tmp_path / "walk.parquet")
    assert (score.level, score.frames) == ("object", 1)
    assert score.figures == {"coverage": 0, "islands": 0}


@pytest.mark.parametrize("said", [{}, {"frames": "six", "height": "2", "width": "5"}])
def test_a_table_that_does_not_say_what_it_is_about_is_refused(
    tmp_path: Path, said: dict[str, str]
) -> None:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"frame": [0]}).replace_schema_metadata(said)
    parquet.write_table(table, tmp_path / "clip.parquet")
    with pytest.raises(InvalidInput, match="does not say how many frames"):
        score_table("out", "clip", tmp_path / "clip.parquet")


@pytest.mark.parametrize("name", ["clip.csv", "manifest.jsonl", "clip.events.jsonl"])
def test_tables_of_text_are_not_taken_for_videos(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("frame,id\n0,1\n")
    with pytest.raises(InvalidInput, match=f"{name} is no table that evaluate reads"):
        find_clips([tmp_path / name], None)


def test_tables_that_are_none_and_truth_over_a_table_are_one_clear_line(
    glom_video: Cli, tmp_path: Path, truth: Path
) -> None:
    (tmp_path / "clip.parquet").write_bytes(b"nonsense")
    for options, cause in (
        ([], "cannot be read as a table"),
        (["--truth", truth], "holds no masks that could be held against the truth"),
    ):
        ran = glom_video("evaluate", tmp_path / "clip.parquet", *options)
        assert ran.code == 1
        assert cause in ran.err
        assert "Traceback" not in ran.err


def test_pictures_under_predictions_can_be_named(tmp_path: Path, truth: Path) -> None:
    assert "warp_agreement" not in scored(truth, truth)
    ground = np.random.default_rng(0).integers(0, 128, (HEIGHT, WIDTH, 3), np.uint8)
    write_video(
        tmp_path / "squares.mp4",
        np.stack([np.where(scene(t)[..., None] > 0, 200, ground) for t in range(FRAMES)]).astype(
            np.uint8
        ),
    )
    (clip,) = find_clips([truth], None, tmp_path / "squares.mp4")
    (score,) = score_clip(clip, None)
    assert score.figures["warp_agreement"] > 0.8


def test_noted_pictures_are_found_from_any_folder(
    tmp_path: Path, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Noted as it was given, a path led to nothing from elsewhere, or to another video."""
    line = {"name": "squares", "source": "in.mp4", "outputs": ["truth/Annotations/object/squares"]}
    (truth / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "elsewhere").mkdir()
    for folder in (tmp_path, tmp_path / "elsewhere"):
        (folder / "in.mp4").touch()
    for folder, named in ((tmp_path, "truth"), (tmp_path / "elsewhere", "../truth")):
        monkeypatch.chdir(folder)
        (clip,) = find_clips([named], None)
        assert clip.pictures is not None
        assert clip.pictures.samefile(tmp_path / "in.mp4")


def test_pictures_of_no_prediction_are_refused(tmp_path: Path, truth: Path) -> None:
    """They would be passed over in silence, for those of the truth or for none."""
    write_video(tmp_path / "other.mp4", np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8))
    with pytest.raises(InvalidInput, match=r"other\.mp4 holds no pictures of the clip squares"):
        find_clips([truth], None, tmp_path / "other.mp4")


def test_pictures_beside_videos_alone_are_refused(tmp_path: Path) -> None:
    """They were passed over in silence: the model was run on what was named."""
    write_video(tmp_path / "clip.mp4", np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8))
    with pytest.raises(InvalidInput, match="are for results on disk"):
        find_clips([tmp_path / "clip.mp4"], None, tmp_path / "clip.mp4")


def test_what_is_named_twice_is_scored_once(
    tmp_path: Path, truth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would count twice in every mean."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    write_video(tmp_path / "in" / "clip.mp4", np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8))
    again = tmp_path / "in" / ".." / truth.relative_to(tmp_path)
    clips = find_clips([truth, again, "in", "in/../in/clip.mp4"], None)
    assert [clip.name for clip in clips] == ["squares", "clip"]


def test_frames_without_pictures_come_in_the_order_in_which_people_count(
    tmp_path: Path, truth: Path
) -> None:
    """In that of the alphabet, frames 10 and 11 would follow frame 1, and ids that go on end."""
    masks = truth / "Annotations" / "object" / "squares"
    for t in range(12):
        labels = np.full((HEIGHT, WIDTH), 5 if t < 6 else 7, np.uint8)
        Image.fromarray(labels).save(masks / f"{t}.png")
    for path in masks.glob("0000?.png"):
        path.unlink()
    (clip,) = find_clips([truth], None)
    assert clip.frame_names() == [str(t) for t in range(12)]
    (score,) = score_clip(clip, None)
    assert score.figures["life"] == 6
    (masks / "9.png").unlink()
    (masks / "10.png").unlink()
    (other,) = find_clips([truth], None)
    for t in (9, 10):
        Image.fromarray(labels).save(masks / f"{t}.png")
    with pytest.raises(InvalidInput, match="2 are not in the clip, the first 9"):
        score_clip(other, find_truth(truth, "squares"))


def test_masks_named_after_other_frames_are_refused(tmp_path: Path, truth: Path) -> None:
    write_video(tmp_path / "squares.mp4", np.zeros((FRAMES, HEIGHT, WIDTH, 3), np.uint8))
    folder = truth / "Annotations" / "object" / "squares"
    for path in folder.glob("*.png"):
        path.rename(folder / f"frame-{path.name}")
    (clip,) = find_clips([truth], None, tmp_path / "squares.mp4")
    with pytest.raises(InvalidInput, match="no mask of squares is named after a frame"):
        score_clip(clip, None)


def test_every_other_frame_is_a_pace_and_one_missing_is_a_gap(tmp_path: Path, truth: Path) -> None:
    """Steps are measured between the frames that are there, as far apart as the first two; not
    across a hole."""
    write_video(tmp_path / "squares.mp4", np.full((FRAMES, HEIGHT, WIDTH, 3), 90, np.uint8))
    folder = truth / "Annotations" / "object" / "squares"
    for path in folder.glob("*.png"):
        if int(path.stem) % 2 or path.stem == "00004":
            path.unlink()
    (clip,) = find_clips([truth], None, tmp_path / "squares.mp4")
    steps: list[bool] = []
    score_clip(
        clip, None, on_frame=lambda observed, scorer: steps.append(observed.step is not None)
    )
    assert steps == [False, True, False, True], "frames 0, 2, 6, 8"


def test_truth_of_a_level_that_a_frame_lacks_is_not_passed_over(tmp_path: Path) -> None:
    """Objects would be as accurate as in the frames that have some, parts being in all."""
    for root, level in (("truth", "object"), ("theirs", "object"), ("theirs", "part")):
        for t in range(FRAMES):
            path = tmp_path / root / "Annotations" / level / "squares" / f"{t:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            if (root, level, t) != ("theirs", "object", 7):
                Image.fromarray(scene(t).astype(np.uint8)).save(path)
    (clip,) = find_clips([tmp_path / "theirs"], None)
    with pytest.raises(InvalidInput, match="1 are not in the clip, the first 00007"):
        score_clip(clip, find_truth(tmp_path / "truth", "squares"))


def test_truth_of_every_fifth_frame_is_scored_on_what_there_is(tmp_path: Path, truth: Path) -> None:
    (tmp_path / "theirs.json").write_text(
        json.dumps({"videos": [VIDEO], "annotations": [instance(1), instance(2)]})
    )
    for path in (truth / "Annotations" / "object" / "squares").glob("*.png"):
        if int(path.stem) % 5:
            path.unlink()
    (clip,) = find_clips([tmp_path / "theirs.json"], truth)
    (score,) = score_clip(clip, find_truth(truth, "squares"))
    assert (score.frames, score.true_frames) == (10, 2)
    assert score.figures["J&F"] == score.figures["IDF1"] == 1.0


def test_peers_without_pictures_are_left_out(truth: Path) -> None:
    (clip,) = find_clips([truth], None)
    assert {score.method for score in score_clip(clip, None, Methods(peers=CLASSICAL))} == {"truth"}
