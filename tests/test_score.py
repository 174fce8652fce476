"""The score of a track says how likely it shows a true object, and decides what is shown."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blobs import Blob, ids, islands_of, motion_of, see
from column_scenes import THREE
from conftest import moving_square
from percepts import tracks_of

from glom_video.evaluate.calibration import area_under_curve, reliability
from glom_video.glom import Glom
from glom_video.islands.cues import measured_cues
from glom_video.islands.poses import Moved
from glom_video.islands.regions import Region
from glom_video.perceive import Perceiver, Settings
from glom_video.structures import CUES, Frame, InvalidInput, Motion, Parse, Tracks, id_image
from glom_video.track import (
    Objectness,
    Tracker,
    TrackSettings,
    inputs,
    load_objectness,
    shipped,
    shown,
)
from glom_video.track.objectness import INPUTS
from glom_video_pipelines.study.score import run_score
from glom_video_pipelines.study.score_fit import fitted, write_objectness
from glom_video_pipelines.study.score_masks import Masks, cues_of_objects

# Cues


def box(top: int, left: int, bottom: int, right: int, shape: tuple[int, int] = (12, 20)) -> Region:
    columns = np.zeros(shape, bool)
    columns[top:bottom, left:right] = True
    return Region(0, columns, int(columns.sum()), 1.0)


def test_cues_tell_a_sharp_mover_from_a_blurred_piece_of_the_ground() -> None:
    """One box moves by a twentieth of the frame's width a second against still surroundings; the
    other is nearly background, has .6 of its cells and stands still."""
    regions = [box(2, 2, 8, 8), box(3, 12, 9, 18)]
    ground = np.full((12, 20), 0.9, np.float32)
    memberships = np.zeros((3, 24, 40), np.float32)
    residual = np.zeros((48, 80, 2), np.float32)
    for row, (region, likeness, share) in enumerate(
        zip(regions, (0.1, 0.4), (1.0, 0.6), strict=True)
    ):
        ground[region.columns] = likeness
        memberships[row + 1][region.columns.repeat(2, 0).repeat(2, 1)] = share
    residual[regions[0].columns.repeat(4, 0).repeat(4, 1)] = (-0.4, 0)  # backward, of 80 pixels
    memberships[0] = 1 - memberships[1:].sum(0)
    motion = Motion(residual, residual, np.ones((48, 80), np.float32), np.eye(3))
    moved = Moved(motion, np.zeros((24, 40, 2), np.float32), 0.1)
    found = measured_cues(memberships, ground, regions, moved)
    by_name = dict(zip(CUES, found.T, strict=True))
    assert by_name["groundness"] == pytest.approx([0.1, 0.4])
    assert by_name["sharpness"] == pytest.approx([1.0, 0.6])
    assert by_name["motion"] == pytest.approx([np.log1p(10 * 0.05), 0], abs=1e-3)


def test_motion_that_the_surroundings_share_is_none() -> None:
    shared = THREE.parse(flow=(3.0, -2.0)).islands["object"].cues
    assert shared is not None
    assert shared.shape == (3, len(CUES))
    assert shared[:, CUES.index("motion")] == pytest.approx(0, abs=1e-4)
    assert THREE.parse().islands["part"].cues is None


# Objectness


def seen(groundness: float, sharpness: float, motion: float, age: float) -> np.ndarray:
    cues = np.array([[groundness, sharpness, motion]], np.float32)
    return inputs(cues, np.array([age]))


def test_an_object_that_stands_still_stays_and_a_piece_of_the_ground_is_hidden() -> None:
    """With the objectness that is shipped: values as they are found on people and on bushes."""
    objectness = shipped()
    still = objectness(seen(0.0, 0.9, 0.0, 5.0))[0]
    bush = objectness(seen(0.4, 0.5, 0.0, 5.0))[0]
    assert bush < objectness.min_score < still
    assert bush < 0.3
    assert still > 0.7


def test_objectness_is_a_logistic_regression_of_means_and_the_log_of_age() -> None:
    objectness = Objectness((-2.0, 3.0, 0.5, 1.0), -1.0, 0.5)
    odds = -2 * 0.1 + 3 * 0.8 + 0.5 * 0.4 + np.log(0.1 + 1.9) - 1
    assert objectness(seen(0.1, 0.8, 0.4, 1.9)) == pytest.approx([1 / (1 + np.exp(-odds))])


def test_what_is_no_objectness_says_how_to_get_one(tmp_path: Path) -> None:
    path = tmp_path / "objectness.json"
    for text in ("", "[]", json.dumps({"weights": {"area": 1}, "bias": 0, "min_score": 0})):
        path.write_text(text)
        with pytest.raises(InvalidInput, match="no objectness") as caught:
            load_objectness(path)
        assert "study score --fit" in caught.value.remedy


def scored(tracker: Tracker, index: int, cues: list[list[float]]) -> dict[str, Tracks]:
    """A frame with an object per row of cues, each with a part."""
    blobs = [Blob(x=10 + 20 * row, look=row) for row in range(len(cues))]
    objects = replace(islands_of(blobs), cues=np.array(cues, np.float32))
    parent = np.arange(1, len(cues) + 1, dtype=np.int32)
    parse = Parse({"part": islands_of(blobs), "object": objects}, parent)
    return tracker.update(parse, motion_of(blobs), index, index / 25)


def test_a_score_goes_by_all_that_was_seen_of_a_track_and_parts_have_that_of_their_object() -> None:
    tracker, sharpness = Tracker(), [0.9, 0.5, 0.1]
    for index, value in enumerate(sharpness):
        tracks = scored(tracker, index, [[0.1, value, 0.0], [0.5, 0.4, 0.0]])
        mean = float(np.mean(sharpness[: index + 1]))
        expected = shipped()(seen(0.1, mean, 0.0, index / 25))[0]
        assert tracks["object"].score[0] == pytest.approx(expected, abs=1e-5)
        assert tracks["object"].score[1] < tracks["object"].score[0]
        assert tracks["part"].score.tolist() == tracks["object"].score.tolist()


def test_what_is_remembered_of_a_score_outlasts_saving() -> None:
    tracker = Tracker()
    for index in range(3):
        scored(tracker, index, [[0.1, 0.9 - 0.2 * index, 0.0]])
    restored = Tracker.from_arrays(*tracker.to_arrays())
    one, other = (scored(each, 3, [[0.1, 0.9, 0.0]])["object"] for each in (tracker, restored))
    assert one.score.tolist() == other.score.tolist()


def test_a_hidden_track_keeps_its_id_and_nobody_else_gets_it() -> None:
    tracker = Tracker()
    for index in range(4):
        piece = [[0.8, 0.3, 0.0]] if index % 2 == 0 else [[0.0, 1.0, 3.0]]
        tracks = shown(scored(tracker, index, [*piece, [0.0, 1.0, 0.0]]), 0.5)
        assert tracks["object"].ids.tolist() in ([2], [1, 2])
    assert tracker.ids.next_id == {"part": 3, "object": 3}


# What is shown


@pytest.fixture
def tracks() -> dict[str, Tracks]:
    """Objects 3, of score .8, and 7, of .5, with two parts each."""
    objects = tracks_of({3: (20, 20, 90, 100), 7: (90, 20, 180, 100)}, 120, 200)
    parts = tracks_of(
        {1: (20, 20, 90, 60), 2: (20, 60, 90, 100), 4: (90, 20, 145, 100), 9: (145, 20, 180, 100)},
        120,
        200,
        {1: 3, 2: 3, 4: 7, 9: 7},
    )
    return {"part": parts, "object": objects}


def test_what_is_below_the_least_score_is_not_shown_with_its_parts(
    tracks: dict[str, Tracks],
) -> None:
    visible = shown(tracks, 0.6)
    assert visible["object"].ids.tolist() == [3]
    assert visible["part"].ids.tolist() == [1, 2]
    assert visible["object"].score == pytest.approx([0.8])
    for level, of_level in visible.items():
        assert of_level.memberships.sum(0) == pytest.approx(1)
        before = id_image(tracks[level], 120, 200)
        kept = np.where(np.isin(before, of_level.ids), before, 0)
        assert (id_image(of_level, 120, 200) == kept).all()


def test_neighbours_do_not_get_the_pixels_of_what_is_hidden(tracks: dict[str, Tracks]) -> None:
    """Even where the picture says that there is an object."""
    objects = tracks["object"]
    shares = objects.memberships.copy()
    shares[1], shares[2] = 0.9 * shares[1] + 0.1 * shares[2], 0.9 * shares[2] + 0.1 * shares[1]
    inside = np.where(objects.memberships[0] > 0.5, -1, 1).astype(np.float32)
    soft = {**tracks, "object": replace(objects, memberships=shares, inside=inside)}
    left = id_image(shown(soft, 0.6)["object"], 120, 200)
    assert (left[30:90, 30:80] == 3).all()
    assert not left[30:90, 95:170].any()


def test_a_member_hides_and_shows_with_the_island_that_it_is_seen_in(
    tracks: dict[str, Tracks],
) -> None:
    """Part 4 belongs to 9, which is seen as one with 3; part 9 to 7."""
    objects = replace(tracks["object"], names=("3+9", "7"))
    parts = replace(tracks["part"], parent_ids=np.array([3, 3, 9, 7], np.int32))
    visible = shown({"object": objects, "part": parts}, 0.6)
    assert visible["part"].ids.tolist() == [1, 2, 4]


def test_a_least_score_of_0_shows_all_and_of_1_nothing(tracks: dict[str, Tracks]) -> None:
    assert shown(tracks, 0.0) == tracks
    nothing = shown(tracks, 1.0)
    assert not id_image(nothing["object"], 120, 200).any()
    assert not id_image(nothing["part"], 120, 200).any()


# Calibration


def test_calibration_error_is_the_mean_distance_of_score_and_share_of_right_ones() -> None:
    """Four masks of score .75, of which three are right, are calibrated; of two of .15 one is
    right: .35 off, for a third of the masks."""
    scores = np.array([0.75] * 4 + [0.15] * 2)
    right = np.array([True, True, True, False, True, False])
    found = reliability(scores, right)
    assert found.counts.tolist() == [0, 2, 0, 0, 0, 0, 0, 4, 0, 0]
    assert found.right[7] == pytest.approx(0.75)
    assert found.error == pytest.approx(0.35 / 3)
    assert reliability(np.ones(3), np.ones(3, bool)).error == 0  # 1 is of the last bin
    assert reliability(np.zeros(0), np.zeros(0, bool)).error == 0


def test_area_under_the_curve_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    positive = random.random(200) < 0.3
    scores = (random.random(200) + 0.5 * positive).round(1)  # with ties
    expected = metrics.roc_auc_score(positive, scores)
    assert area_under_curve(scores, positive) == pytest.approx(expected)
    assert area_under_curve(np.array([0.2, 0.9]), np.array([False, True])) == 1
    assert area_under_curve(scores, np.zeros(200, bool)) is None


# The study


def test_a_score_is_learnt_from_clips_whose_truth_is_known(
    tmp_path: Path, tiny_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options: dict[str, Any] = {
        "trees": (),
        "only_main": (),
        "clips": 1,
        "frames": 3,
        "size": (72, 96),
        "photos": (),
        "weights": str(tiny_weights),
        "device": "cpu",
        "as_json": True,
    }
    assert run_score(**options, fit=None) == 0
    found = json.loads(capsys.readouterr().out)
    figures = found["groups"]["rendered"]
    assert sum(found["reliability"]["masks"]) == figures["masks"] > 0
    assert figures["beside_shown"] <= figures["beside_all"]
    assert found["min_score"] == shipped().min_score
    with pytest.raises(InvalidInput):
        run_score(**options | {"clips": 0}, fit=None)


def test_an_object_whose_own_track_is_forgotten_has_the_cues_of_what_is_left_of_it() -> None:
    """A hand that came out of an object before it hid behind something stays its piece."""
    tracker = Tracker()
    body, hand = Blob(x=20, look=1, size=16), Blob(x=20, look=2, size=5)
    for index in range(40):
        see(tracker, index, [hand, body] if index > 30 else [body])
    for index in range(40, 120):
        tracks = see(tracker, index, [hand])
    assert (ids(tracks), [track.id for track in tracker.objects.live]) == ([1], [2])
    assert set(cues_of_objects(tracker.objects)) == {1, 2}


def masks(sharpness: float, right: bool, count: int, seed: int) -> Masks:
    """Of about such a sharpness; where they are wrong they lie beside all objects."""
    random = np.random.default_rng(seed)
    made_of = random.normal(0, 0.1, (count, len(INPUTS))).astype(np.float32)
    made_of[:, INPUTS.index("sharpness")] += sharpness
    share = np.full(count, 0.8 * right)
    return Masks(made_of, share, share, np.ones(count, bool))


def test_what_is_learnt_tells_right_masks_from_wrong_ones_and_leaves_most(tmp_path: Path) -> None:
    clips = [
        Masks.joined([masks(0.9, True, 60, seed), masks(0.5, False, 40, 9 - seed)])
        for seed in range(4)
    ]
    unknown = replace(masks(0.9, False, 500, 5), has_label=np.zeros(500, bool))
    objectness, scores = fitted([*clips, unknown])
    assert all(
        score[each.right].mean() > score[~each.right].mean() + 0.2
        for each, score in zip(clips, scores, strict=False)
    )
    kept = np.concatenate([score[:60] for score in scores[:4]]) >= objectness.min_score
    assert 0.94 < kept.mean() < 1
    write_objectness(objectness, tmp_path / "objectness.json")
    assert load_objectness(tmp_path / "objectness.json") == objectness
    with pytest.raises(InvalidInput, match="nothing is learnt"):
        fitted([masks(0.9, True, 5, 0), masks(0.9, True, 5, 1)])


def test_what_a_perceiver_hides_it_follows_all_the_same(tiny_weights: Path) -> None:
    glom = Glom.from_pretrained(str(tiny_weights))
    frames = [Frame(image, t, t / 25) for t, image in enumerate(moving_square(3, 72, 96))]
    every, none = (
        Perceiver(glom, Settings(track=TrackSettings(min_score=least))) for least in (0.0, 1.0)
    )
    for frame in frames:
        seen_by_one, seen_by_other = every(frame).tracks, none(frame).tracks
        assert len(seen_by_one["object"].ids)
        assert not len(seen_by_other["object"].ids)
        assert not np.isin(seen_by_other["part"].parent_ids, seen_by_one["object"].ids).any()
    live = [[track.id for track in each.tracker.objects.live] for each in (every, none)]
    assert live[0] == live[1]
