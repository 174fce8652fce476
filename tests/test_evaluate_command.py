"""The evaluate command from paths to report: predictions on disk, the model, controls and peers,
and truth that does not fit."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from clips import noise, write_clip
from conftest import SMALL, small_glom
from percepts import percept_of, tracks_from_ids
from PIL import Image

from glom_video.evaluate import association_quality, count_overlaps, mean_best_overlap, segments
from glom_video.perceive import PreparedFrame
from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.evaluate import (
    EvaluateOptions,
    Methods,
    find_clips,
    find_truth,
    run_evaluate,
    score_clip,
)
from glom_video_pipelines.evaluate.peers import CLASSICAL

SHARED = Path(__file__).parents[2] / "shared"


@dataclass(frozen=True)
class Tree:
    """A DAVIS tree of one rendered clip: two squares, one of two parts, that cross noise."""

    root: Path
    predictions: Path
    frames: int


def write_mask(path: Path, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels.astype(np.uint8)).save(path)


def scene(t: int) -> tuple[np.ndarray, np.ndarray]:
    """True parts and objects of one frame."""
    parts = np.zeros((60, 80), np.int32)
    (
        parts[10:40, 5 + 2 * t : 15 + 2 * t],
        parts[10:40, 15 + 2 * t : 25 + 2 * t],
        parts[45:57, 60 - 2 * t : 75 - 2 * t],
    ) = 1, 2, 3
    return parts, np.array([0, 1, 1, 2], np.int32)[parts]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    ground = cv2.resize(
        np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8),
        (80, 60),
        interpolation=cv2.INTER_CUBIC,
    )
    colours = np.random.default_rng(1).integers(0, 256, (4, 3), np.uint8)
    for t in range(6):
        parts, objects = scene(t)
        picture = np.where(parts[..., None] > 0, colours[parts], ground)
        path = tmp_path / "truth" / "JPEGImages" / "60p" / "squares" / f"{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        for root, offset in (("truth", 0), ("ours", 6)):
            write_mask(
                tmp_path / root / "Annotations" / "part" / "squares" / f"{t:05d}.png",
                np.where(parts, parts + offset, 0),
            )
            write_mask(
                tmp_path / root / "Annotations" / "object" / "squares" / f"{t:05d}.png",
                np.where(objects, objects + offset, 0),
            )
    return Tree(tmp_path / "truth", tmp_path / "ours", 6)


def fake_model() -> Callable[[PreparedFrame], Percept]:
    """A model that sees the scene as it is, one track per segment."""

    def see(prepared: PreparedFrame) -> Percept:
        frame = prepared.frame
        parts, objects = scene(frame.index)
        return percept_of(
            frame.image,
            tracks_from_ids(objects, [1, 2]),
            tracks_from_ids(parts, [1, 2, 3]),
            frame.index,
        )

    return see


def test_predictions_on_disk_with_controls_and_peers(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    methods = Methods(peers=CLASSICAL, controls=True)
    code = run_evaluate(
        EvaluateOptions(
            (tree.predictions,), truth=tree.root, out=tmp_path / "report", as_json=True
        ),
        methods,
    )
    written = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert code == 0
    assert json.loads(capsys.readouterr().out) == written
    accuracies = written["levels"]["object"]["accuracy"]
    assert list(accuracies) == [
        "ours",
        "ours, ids unlinked",
        *CLASSICAL,
        "one island",
        "every column",
        "fixed grid",
        "ours, last map frozen",
        "truth, ids shuffled",
    ]
    assert accuracies["ours"]["fg_ari_video"]["mean"] == accuracies["ours"]["J&F"]["mean"] == 1.0
    assert accuracies["one island"]["fg_ari_video"]["mean"] == 0.0
    for control in ("ours, ids unlinked", "truth, ids shuffled"):
        assert (
            accuracies[control]["fg_ari_image"]["mean"]
            == 1.0
            > accuracies[control]["fg_ari_video"]["mean"]
        )
    assert written["levels"]["part"]["accuracy"]["ours"]["edges_f1"]["mean"] == 1.0
    stable = written["levels"]["object"]["self-consistency"]
    assert (
        stable["one island"]["warp_agreement"]["mean"]
        == 1.0
        > stable["ours"]["warp_agreement"]["mean"]
        > 0.8
    )
    assert not accuracies["ours"].keys() & stable["ours"].keys(), (
        "accuracy and stability share no column"
    )
    assert all("coverage" in figures for figures in stable.values())


def test_tables_for_people(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_evaluate(EvaluateOptions((tree.predictions,), truth=tree.root, controls=True)) == 0
    shown = capsys.readouterr()
    assert "object level: accuracy against truth" in shown.out
    assert "part level: self-consistency, which is not accuracy" in shown.out
    assert "truth, ids shuffled" in shown.out
    assert "ours, squares: 6 frames" in shown.err


def test_a_video_that_breaks_off_is_scored_up_to_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_clip(
        tmp_path / "whole.mkv", range(25), size=(60, 80), pictures=noise(25, (60, 80))
    )
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    assert (
        run_evaluate(
            EvaluateOptions((whole, cut), as_json=True, settings=SMALL),
            Methods(fake_model, controls=True),
        )
        == 1
    )
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    frames = {
        clip["clip"]: clip["frames"] for clip in result["clips"] if clip["method"] == "glom-video"
    }
    assert frames["whole"] == 25
    assert 10 < frames["cut"] < 20
    assert [failed["clip"] for failed in result["failed"]] == ["cut"]
    assert "breaks off after" in result["failed"][0]["cause"]
    assert "it is scored up to there" in shown.err


def test_the_model_is_run_on_pictures(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run_evaluate(
            EvaluateOptions((tree.root,), truth=tree.root, as_json=True, settings=SMALL),
            Methods(fake_model),
        )
        == 0
    )
    levels = json.loads(capsys.readouterr().out)["levels"]
    assert levels["object"]["accuracy"]["glom-video"]["HOTA"]["mean"] > 0.95
    assert levels["part"]["self-consistency"]["glom-video"]["drift_1"]["mean"] == 0.0
    assert (
        run_evaluate(
            EvaluateOptions(
                (tree.root / "JPEGImages" / "60p" / "squares",), as_json=True, settings=SMALL
            ),
            Methods(fake_model),
        )
        == 0
    )
    alone = json.loads(capsys.readouterr().out)["levels"]["object"]
    assert alone["accuracy"]["glom-video"] == {}
    assert alone["self-consistency"]["glom-video"]["life"]["mean"] == tree.frames


def test_other_weights_are_scored_beside_the_model(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, seed in (("this", 0), ("that", 1)):
        (tmp_path / name).mkdir()
        small_glom(seed).save_pretrained(str(tmp_path / name / "glom.safetensors"))
    this, that = (str(tmp_path / name / "glom.safetensors") for name in ("this", "that"))
    assert (
        run_evaluate(
            EvaluateOptions(
                (tree.root,),
                truth=tree.root,
                weights=this,
                beside=(this, that),
                as_json=True,
                settings=SMALL,
            )
        )
        == 0
    )
    figures = json.loads(capsys.readouterr().out)["levels"]["part"]["self-consistency"]
    assert list(figures)[1:] == ["beside: this", "beside: that"]
    own, same, other = figures.values()
    assert same["islands"]["mean"] == own["islands"]["mean"] != other["islands"]["mean"]
    assert (
        run_evaluate(
            EvaluateOptions(
                (tree.root,),
                truth=tree.root,
                weights=this,
                beside=(that, that),
                as_json=True,
                settings=SMALL,
            )
        )
        == 0
    )
    assert list(json.loads(capsys.readouterr().out)["levels"]["part"]["self-consistency"])[1:] == [
        "beside: that",
        "beside: that_2",
    ]


def test_one_object_truth_gives_j_best_and_j_fg(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for t in range(tree.frames):
        write_mask(
            tmp_path / "one" / "Annotations" / "60p" / "squares" / f"{t:05d}.png",
            255 * (scene(t)[1] == 1),
        )
    joints = {
        "frames": {
            "00000": [["tail_0", 6, 20], ["jaw", 22, 20]],
            "00001": [["tail_0", 8, 20], ["jaw", 24, 20]],
        }
    }
    (tmp_path / "one" / "Joints" / "60p").mkdir(parents=True)
    (tmp_path / "one" / "Joints" / "60p" / "squares.json").write_text(json.dumps(joints))
    assert run_evaluate(EvaluateOptions((tree.predictions,), truth=tmp_path / "one")) == 0
    assert "object level, clip by clip" in capsys.readouterr().out
    assert (
        run_evaluate(EvaluateOptions((tree.predictions,), truth=tmp_path / "one", as_json=True))
        == 0
    )
    levels = json.loads(capsys.readouterr().out)["levels"]
    figures = levels["object"]["accuracy"]["ours"]
    assert figures["J_best"]["mean"] == 1.0 > figures["J_fg"]["mean"] > 0.7
    assert {
        name: levels["part"]["accuracy"]["ours"][name]["mean"]
        for name in ("part_kept", "limbs_apart", "one_object")
    } == {
        "part_kept": 1.0,
        "limbs_apart": 1.0,
        "one_object": 1.0,
    }


def test_partial_truth_is_scored_on_what_there_is(tree: Tree) -> None:
    for level in ("part", "object"):
        for t in range(tree.frames):
            if t % 2:
                (tree.root / "Annotations" / level / "squares" / f"{t:05d}.png").unlink()
    clip = find_clips([tree.predictions], tree.root)[0]
    scores = score_clip(clip, find_truth(tree.root, "squares"), Methods(controls=True))
    assert (scores[0].frames, scores[0].true_frames) == (6, 3)
    assert scores[0].figures["fg_ari_video"] == 1.0


def test_streaming_equals_the_whole_clip(tree: Tree) -> None:
    score = score_clip(
        find_clips([tree.predictions], tree.root)[0], find_truth(tree.root, "squares")
    )[0]
    truth, predicted = (np.concatenate([scene(t)[1] for t in range(tree.frames)]) for _ in range(2))
    assert score.level == "part"
    whole = segments(count_overlaps(truth, predicted))
    assert score.figures["mbo_video"] == mean_best_overlap(whole)
    assert score.figures["AQ"] == association_quality(whole)


def damage(tree: Tree, how: str) -> None:
    objects = tree.root / "Annotations" / "object" / "squares"
    if how == "longer":
        write_mask(objects / "00006.png", scene(0)[1])
    elif how == "other size":
        for path in tree.root.glob("Annotations/*/squares/*.png"):
            write_mask(path, np.zeros((30, 40)))
    elif how == "one of another size":
        write_mask(objects / "00003.png", np.zeros((30, 40)))
    elif how == "unreadable":
        (objects / "00003.png").write_bytes(b"not a picture")
    elif how == "colours":
        Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(objects / "00003.png")
    elif how == "missing":
        (tree.root / "Annotations" / "object" / "squares").rename(
            tree.root / "Annotations" / "object" / "circles"
        )
        (tree.root / "Annotations" / "part" / "squares").rename(
            tree.root / "Annotations" / "part" / "circles"
        )


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        (
            "longer",
            "the truth of squares has 7 frames, of which 1 are not in the clip, the first 00006",
        ),
        ("other size", "squares is predicted at 80x60, its truth is 40x30"),
        ("one of another size", "00003.png is 40x30, the clip's first mask 80x60"),
        ("unreadable", "00003.png cannot be read as a mask"),
        ("colours", "00003.png holds colours, not ids"),
        ("missing", "has no truth for the clip squares"),
    ],
)
def test_truth_that_does_not_fit_is_one_clear_line(
    tree: Tree, how: str, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(tree, how)
    assert run_evaluate(EvaluateOptions((tree.predictions,), truth=tree.root)) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert cause in errors[0]


@pytest.mark.parametrize(
    ("levels", "cause"),
    [
        pytest.param(["part", "scene"], "unknown levels: scene", id="a level that does not exist"),
        pytest.param([], "holds no masks", id="no annotations"),
    ],
)
def test_truth_without_known_levels_is_refused(
    tree: Tree, tmp_path: Path, levels: list[str], cause: str
) -> None:
    for level in levels:
        write_mask(
            tmp_path / "other" / "Annotations" / level / "squares" / "00000.png", scene(0)[0]
        )
    (tmp_path / "other").mkdir(exist_ok=True)
    with pytest.raises(InvalidInput, match=cause):
        run_evaluate(EvaluateOptions((tree.predictions,), truth=tmp_path / "other"))


def test_levels_without_common_ground_are_refused(tree: Tree, tmp_path: Path) -> None:
    write_mask(tmp_path / "parts" / "Annotations" / "part" / "squares" / "00000.png", scene(0)[0])
    clip = find_clips([tmp_path / "parts"], None)[0]
    (tree.root / "Annotations" / "part").rename(tmp_path / "away")
    with pytest.raises(InvalidInput, match="predicted at the level part, its truth is object"):
        score_clip(clip, find_truth(tree.root, "squares"))


@pytest.mark.skipif(
    not (SHARED / "rendered").is_dir(),
    reason="needs the frozen rendered benchmark beside the repository",
)
def test_the_benchmark_s_own_truth_scores_full_marks(tmp_path: Path) -> None:
    truth = find_truth(SHARED / "rendered", "r00")
    for level in truth.masks:
        (tmp_path / "copy" / "Annotations" / level).mkdir(parents=True)
        (tmp_path / "copy" / "Annotations" / level / "r00").symlink_to(
            SHARED.resolve() / "rendered" / "Annotations" / level / "r00"
        )
    by_level = {
        score.level: score.figures
        for score in score_clip(find_clips([tmp_path / "copy"], None)[0], truth)
    }
    for figures in by_level.values():
        assert all(
            figures[name] == pytest.approx(1.0)
            for name in ("fg_ari_video", "ari_video", "mbo_video", "J&F", "HOTA", "IDF1", "AQ")
        )
    assert by_level["part"]["containment"] == 1.0
