"""Studies say what is true where the truth is known."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import SMALL_GRID, Cli, Options
from percepts import noise

from glom_video.evaluate import ClipScore
from glom_video.glom import Glom
from glom_video.islands import in_units
from glom_video.learn.pose import true_poses
from glom_video.motion import MotionSettings
from glom_video.perceive import perceive
from glom_video.synth import FAMILIES
from glom_video_pipelines.study import pose_measurements
from glom_video_pipelines.study.equivariance import MOVES, Move, moved_ids, moved_pictures
from glom_video_pipelines.study.families import FIGURES, run_families
from glom_video_pipelines.study.held_out_clips import frames_of
from glom_video_pipelines.study.matching import at_cells, matched
from glom_video_pipelines.study.options import STUDY_SETTINGS, StudyOptions
from glom_video_pipelines.study.pose_errors import TruePoses, constant_pose, pose_error
from glom_video_pipelines.study.pose_measurements import measure_poses
from glom_video_pipelines.study.scoring import by_level
from glom_video_pipelines.study.time import switched

# Matching and poses


def test_islands_are_matched_to_the_segments_that_they_show() -> None:
    truth, found = np.zeros((4, 12), int), np.zeros((4, 12), int)
    truth[:, :4], truth[:, 4:8], truth[:, 8:] = 1, 2, 3
    found[:, :4], found[:, 5:8], found[:3, 8:9] = 7, 5, 9
    assert matched(truth, found) == {1: 7, 2: 5}
    assert matched(truth, np.zeros_like(truth)) == {}


def test_cells_take_the_id_at_their_middle() -> None:
    ids = np.arange(36).reshape(6, 6)
    assert at_cells(ids, (2, 2)).tolist() == [[7, 10], [25, 28]]
    assert at_cells(np.stack([ids, ids]), (6, 6)).shape == (2, 6, 6)


def known(*poses: tuple[float, ...], sides: tuple[int, int] = (40, 30)) -> TruePoses:
    return TruePoses(np.array(poses), np.ones(len(poses), bool), np.ones(len(poses), bool), sides)


def test_errors_of_poses_are_in_their_units() -> None:
    true = known((0.5, 0.5, 0.2, 1.5, 0.0, 0.0))
    error = pose_error(np.array([[0.6, 0.5, 0.2 * np.e, -1.5, 0.0, 0.1]]), true)
    assert error.centre == pytest.approx(0.1 * 40 / 50, abs=1e-4)
    assert error.scale == pytest.approx(1, abs=1e-4)
    assert error.orientation == pytest.approx(np.degrees(np.pi - 3.0), abs=1e-3), (
        "half a turn changes nothing"
    )
    assert error.velocity == pytest.approx(0.1 * 30 / 50, abs=1e-4)


def test_a_segment_without_an_orientation_says_nothing_of_it() -> None:
    true = TruePoses(np.zeros((1, 6)) + 0.1, np.zeros(1, bool), np.zeros(1, bool), (10, 10))
    error = pose_error(true.poses, true)
    assert (error.orientation, error.velocity) == (None, None)
    assert error.cells() == ["0.00%", "0.000", "-", "-"]


def test_the_constant_pose_is_the_mean_one_and_angles_are_those_of_axes() -> None:
    mean = constant_pose(known((0.2, 0.4, 0.1, 1.5, 0.2, 0.0), (0.4, 0.4, 0.4, -1.5, 0.0, 0.0)))
    assert mean[0, :3] == pytest.approx([0.3, 0.4, 0.2])
    assert abs(mean[0, 3]) == pytest.approx(np.pi / 2)
    assert mean[1, 4:] == pytest.approx([0.1, 0.0])
    appeared = TruePoses(np.zeros((2, 6)), np.zeros(2, bool), np.zeros(2, bool), (10, 10))
    assert constant_pose(appeared)[0, 3:].tolist() == [0.0, 0.0, 0.0]


def ellipse(height: int = 90, width: int = 120) -> np.ndarray:
    """Two frames of an oblong that lies aslant and moves to the right."""
    y, x = np.mgrid[:height, :width] + 0.5
    frames = []
    for centre in (54, 56):
        across, along = (x - centre) * 0.8 + (y - 48) * 0.6, (y - 48) * 0.8 - (x - centre) * 0.6
        frames.append(((across / 20) ** 2 + (along / 8) ** 2 < 1).astype(np.uint8))
    return np.stack(frames)


def pose_of(ids: np.ndarray) -> np.ndarray:
    return in_units(true_poses(torch.from_numpy(ids.astype(np.int64))[None])[0][0, -1].numpy(), 1.0)


@pytest.mark.parametrize(
    "move", [*MOVES, Move("all", (0.05, 0.1), -0.4, 0.8)], ids=lambda move: move.name
)
def test_a_pose_goes_where_the_picture_goes(move: Move) -> None:
    ids = ellipse()
    expected = move.poses(pose_of(ids).astype(np.float64), 90, 120)
    error = pose_error(pose_of(moved_ids(ids, move)), known(*map(tuple, expected), sides=(120, 90)))
    assert error.centre is not None
    assert error.scale is not None
    assert error.orientation is not None
    assert error.velocity is not None
    assert error.centre < 0.004
    assert error.scale < 0.02
    assert error.orientation < 1.5
    assert error.velocity < 0.004
    pictures = moved_pictures(np.repeat(ids[..., None] * np.uint8(200), 3, -1), move)
    assert ((pictures[..., 0] > 100) == moved_ids(ids, move)).mean() > 0.995, (
        "masks move with their pictures"
    )


def test_poses_are_measured_in_the_frames_whose_islands_they_are_of(
    glom: Glom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between ticks a percept holds the islands of the last tick, when things were elsewhere."""
    images = np.tile(noise(72, 96), (12, 1, 1, 1))
    ids = np.ones((12, 72, 96), np.uint8)
    settings = replace(STUDY_SETTINGS, motion=MotionSettings(working_pixels=72 * 96))
    ticks = [percept.is_tick for percept in perceive(frames_of(images), glom, settings)]
    assert not all(ticks)
    monkeypatch.setattr(pose_measurements, "matched", lambda truth, found: {1: 1})
    measured = measure_poses(glom, images, {"part": ids, "object": ids}, settings)
    assert {one.frame for one in measured} == {t for t, tick in enumerate(ticks) if tick and t}


# The commands, with a model that has learnt nothing


def asked(glom_video: Cli, *arguments: object) -> dict[str, Any]:
    ran = glom_video("study", *arguments, "--json")
    assert ran.code == 0, ran.err
    result: dict[str, Any] = json.loads(ran.out)
    assert {"command", "date", "machine"} <= result.keys()
    return result


def test_pose_is_a_command(glom_video: Cli, small_model: Options) -> None:
    few = ("--clips", 1, "--frames", 3, "--size", "96x96", *small_model)
    assert isinstance(asked(glom_video, "pose", *few)["accuracy"], list)
    assert glom_video("study", "pose", "--size", "96").code == 2


def test_a_script_that_does_not_exist_is_refused_with_those_that_do(
    glom_video: Cli, tiny_weights: Path
) -> None:
    ran = glom_video("study", "time", "--weights", tiny_weights, "--script", "two dance")
    assert ran.code != 0
    assert "there is no script 'two dance'" in ran.err
    assert "passes behind a post" in ran.err
    assert "two cross" in ran.err


def test_switches_change_what_weights_do_and_not_the_weights(tiny_weights: Path) -> None:
    glom = Glom.from_pretrained(str(tiny_weights))
    other = switched(glom, {"carry": False})
    assert (glom.config.carry, other.config.carry) == (True, False)
    assert all(
        torch.equal(value, other.state_dict()[name]) for name, value in glom.state_dict().items()
    )


# Families


def test_each_family_has_a_row_of_its_own(
    tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run_families(
            StudyOptions(
                clips=1,
                size=(48, 64),
                frames=3,
                weights=str(tiny_weights),
                device="cpu",
                as_json=True,
                settings=replace(STUDY_SETTINGS, motion=MotionSettings(SMALL_GRID)),
            )
        )
        == 0
    )
    found = json.loads(capsys.readouterr().out)["families"]
    assert set(found) == set(FAMILIES)
    assert all(set(levels) == {"part", "object"} for levels in found.values())
    assert set(found["crowd"]["object"]) >= {"fg_ari_video", "fg_ari_image", "ari_video"}


def test_a_mean_leaves_out_clips_that_do_not_define_it() -> None:
    scores = [
        ClipScore("m", "object", "a", 3, 3, {"fg_ari_video": 0.5, "ari_video": 0.2}),
        ClipScore("m", "object", "b", 3, 3, {"ari_video": 0.4}),
    ]
    assert by_level(scores, FIGURES)["object"] == {
        "fg_ari_video": 0.5,
        "ari_video": pytest.approx(0.3),
    }
