"""The evaluate command from paths to report: predictions on disk, the model, controls and peers."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import noise, write_clip
from conftest import SMALL, Cli, small_glom
from evaluated_trees import Tree, fake_model, scene, tree, write_mask

from glom_video.evaluate import (
    ClipScore,
    association_quality,
    count_overlaps,
    mean_best_overlap,
    segments,
)
from glom_video_pipelines.evaluate import (
    Clip,
    EvaluateOptions,
    Methods,
    find_clips,
    find_truth,
    run_evaluate,
    score_clip,
)
from glom_video_pipelines.evaluate.peers import CLASSICAL

__all__ = ["tree"]


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


def test_what_was_scored_before_an_interruption_is_told(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night's work was lost with the last clip."""
    shutil.copytree(tree.predictions, tmp_path / "again")
    begun: list[str] = []

    def score(clip: Clip, *given: Any, **further: Any) -> list[ClipScore]:
        begun.append(clip.method)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return score_clip(clip, *given, **further)

    monkeypatch.setattr("glom_video_pipelines.evaluate.score_clip", score)
    out = tmp_path / "report"
    options = EvaluateOptions((tree.predictions, tmp_path / "again"), truth=tree.root, out=out)
    assert run_evaluate(replace(options, as_json=True)) == 130
    (failed,) = json.loads(capsys.readouterr().out)["failed"]
    assert (failed["method"], failed["clip"]) == ("again", "squares")
    begun[:] = []
    assert run_evaluate(options) == 130
    shown = capsys.readouterr()
    assert "object level: accuracy against truth" in shown.out
    assert "interrupted: 1 of 2 clips are scored" in shown.err
    assert not out.exists()
    begun[:] = ["one that is not of this run"]
    with pytest.raises(KeyboardInterrupt):
        run_evaluate(options)


def test_options_of_the_model_are_not_ignored_in_silence(
    tree: Tree, glom_video: Cli, tmp_path: Path
) -> None:
    """--min-score 0 on masks seemed to score all that had been tracked."""
    for options, is_said in (
        (("--min-score", 0), True),
        (("--weights", tmp_path / "none"), True),
        (("--first-frames", 2, "--working-pixels", 20_000), False),
    ):
        ran = glom_video("evaluate", tree.predictions, "--truth", tree.root, *options)
        assert ran.code == 0, ran.err
        assert ("are scored as they stand" in ran.err) is is_said


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


def test_each_prediction_that_cannot_be_scored_is_told(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two predictions of one clip, only the last one's error was in the report."""
    for name in ("one", "two"):
        shutil.copytree(tree.predictions, tmp_path / name)
        (tmp_path / name / "Annotations" / "object" / "squares" / "00000.png").write_text("none")
    options = EvaluateOptions(
        (tree.predictions, tmp_path / "one", tmp_path / "two"), out=tmp_path / "report"
    )
    assert run_evaluate(replace(options, as_json=True)) == 1
    failed = json.loads(capsys.readouterr().out)["failed"]
    assert [(each["method"], each["clip"]) for each in failed] == [
        ("one", "squares"),
        ("two", "squares"),
    ]
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Not scored to the end:" in page
    assert "<li>one, squares: " in page


def test_a_report_of_nothing_replaces_no_earlier_one(tree: Tree, tmp_path: Path) -> None:
    """A mistyped --truth left an empty report in its place."""
    options = EvaluateOptions((tree.predictions,), out=tmp_path / "report")
    assert run_evaluate(options) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "report").iterdir()}
    shutil.copytree(tree.root / "Annotations", tmp_path / "other" / "Annotations")
    for folder in (tmp_path / "other" / "Annotations").glob("*/*"):
        folder.rename(folder.with_name("another"))
    assert run_evaluate(replace(options, truth=tmp_path / "other")) == 1
    assert {path: path.read_bytes() for path in (tmp_path / "report").iterdir()} == before


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

    def figures_beside(*beside: str) -> dict[str, Any]:
        options = EvaluateOptions(
            (tree.root,),
            truth=tree.root,
            weights=this,
            beside=beside,
            as_json=True,
            settings=SMALL,
        )
        assert run_evaluate(options) == 0
        levels: dict[str, Any] = json.loads(capsys.readouterr().out)["levels"]
        return dict(levels["part"]["self-consistency"])

    figures = figures_beside(this, that)
    assert list(figures)[1:] == ["beside: this", "beside: that"]
    own, same, other = figures.values()
    assert same["islands"]["mean"] == own["islands"]["mean"] != other["islands"]["mean"]
    assert list(figures_beside(that, that))[1:] == ["beside: that", "beside: that_2"]


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


def test_j_best_of_the_only_part_is_not_shown_as_an_objects(
    tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Truth of one part and of two objects."""
    for t in range(tree.frames):
        for level, ids in zip(("part", "object"), scene(t), strict=True):
            path = tmp_path / "one" / "Annotations" / level / "squares" / f"{t:05d}.png"
            write_mask(path, ids * (ids == 1) if level == "part" else ids)
    assert run_evaluate(EvaluateOptions((tree.predictions,), truth=tmp_path / "one")) == 0
    shown = capsys.readouterr().out
    assert "J-best" in shown
    assert "clip by clip" not in shown


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
