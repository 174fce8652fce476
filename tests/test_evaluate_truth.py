"""Truth that does not fit what is scored, and the truth of the benchmark itself."""

from pathlib import Path

import numpy as np
import pytest
from evaluated_trees import Tree, scene, tree, write_mask
from PIL import Image

from glom_video.structures import InvalidInput
from glom_video_pipelines.evaluate import (
    EvaluateOptions,
    find_clips,
    find_truth,
    run_evaluate,
    score_clip,
)

__all__ = ["tree"]

SHARED = Path(__file__).parents[2] / "shared"


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


def test_a_truth_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no folder .*nowhere"):
        find_truth(tmp_path / "nowhere", "a")
    with pytest.raises(InvalidInput, match="holds no masks"):
        find_truth(tmp_path, "a")


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
