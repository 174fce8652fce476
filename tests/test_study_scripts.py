"""Scripted clips show what they are called, and what became of an object in one is told rightly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glom_video.structures import Frame, InvalidInput, Tracks
from glom_video.synth import Textures
from glom_video_pipelines.study import time as time_study
from glom_video_pipelines.study.id_outcome import id_outcomes
from glom_video_pipelines.study.options import StudyOptions
from glom_video_pipelines.study.pairs import PAIRS, pair
from glom_video_pipelines.study.scripts import (
    BURST,
    HIDDEN,
    OTHER_SUBJECT,
    PAUSE,
    SCRIPTS,
    SUBJECT,
    ClipInputs,
    Script,
)


@pytest.fixture(scope="module")
def scripted() -> dict[str, Script]:
    given = ClipInputs(2, Textures.load(()), 108, 192)
    drawn = [draw(name, given) for name, draw in SCRIPTS.items()]
    return {script.name: script for script in drawn}


def test_pictures_too_narrow_for_the_scripts_are_refused() -> None:
    """It was an internal error."""
    with pytest.raises(InvalidInput, match="clips of 96x96"):
        time_study.run_time(StudyOptions(clips=1, size=(96, 96)), time_study.FEATURES, SCRIPTS)


def test_scripted_clips_show_what_they_are_called(scripted: dict[str, Script]) -> None:
    seen = {
        name: [int((ids == SUBJECT).sum()) for ids in script.truth]
        for name, script in scripted.items()
    }
    assert all(
        script.before >= 10 and len(script.frames) - script.after >= 10
        for script in scripted.values()
    )
    stop = scripted["stops for 2 s"]
    assert all(
        np.array_equal(ids, stop.truth[stop.before]) for ids in stop.truth[stop.before : stop.after]
    )
    assert stop.after - stop.before == PAUSE
    assert not np.array_equal(stop.truth[stop.after + 1], stop.truth[stop.before])
    assert abs(sum(area == 0 for area in seen["hidden for 15 frames"]) - HIDDEN) <= 1
    burst = scripted["10 frames dropped"]
    assert burst.frames[burst.after].index - burst.frames[burst.before - 1].index == BURST + 1
    cut = scripted["scene cut"]
    assert all(
        (cut.truth[t] == (SUBJECT if t < cut.after else OTHER_SUBJECT)).any()
        for t in range(len(cut.frames))
    )
    assert not (cut.truth[cut.after] == SUBJECT).any()
    away, post = scripted["leaves and returns"], scripted["passes behind a post"]
    assert 0 in seen[away.name][away.before : away.after]
    assert 0.3 * seen[post.name][0] < min(seen[post.name]) < 0.9 * seen[post.name][0]


def test_two_that_meet_change_sides_where_they_cross_and_keep_them_where_they_part() -> None:
    given = ClipInputs(2, Textures.load(()), 108, 192)
    drawn = [pair(name, given) for name in PAIRS]
    for script, swapped in zip(drawn, (True, False), strict=True):
        assert script.before >= 10
        assert len(script.frames) - script.after >= 10
        middles = [
            [np.nonzero(ids == subject)[1].mean() for subject in script.subjects]
            for ids in (script.truth[0], script.truth[-1])
        ]
        assert middles[0][0] < middles[0][1]
        assert bool(middles[1][0] > middles[1][1]) is swapped, script.name


def tracks(truth: np.ndarray, number: int | None) -> Tracks:
    """One track that covers the object, or another that covers the rest."""
    here = truth > 0 if number is not None else truth == 0
    none = np.zeros((1, 6), np.float32)
    whole = np.array([0 if number is None else number], np.int32)
    memberships = np.stack([~here, here]).astype(np.float32)
    return Tracks(
        whole,
        whole * 0,
        none[:, :4],
        none[0, :1],
        none[0, :1],
        none,
        none,
        memberships,
        whole,
        none[0, :1],
        whole * 0,
        (str(number),),
    )


def frame_ids(after: int, found: list[int | None], subject_after: int = SUBJECT) -> Any:
    truth = [np.zeros((4, 6), np.uint8) for _ in found]
    for t, ids in enumerate(truth):
        ids[1:3, 1:4] = SUBJECT if t < after else subject_after
    pictures = tuple(Frame(np.zeros((8, 12, 3), np.uint8), t, t / 15) for t in range(len(found)))
    script = Script(
        "", pictures, tuple(truth), before=after, after=after, subject_after=subject_after
    )
    return id_outcomes(
        script, truth, [tracks(ids, number) for ids, number in zip(truth, found, strict=True)]
    )[0]


def test_what_became_of_an_object() -> None:
    back = frame_ids(5, [4, 4, 4, None, 4, None, 7, 7, 4, 4, 4, 4, 4])
    assert (back.before, back.at_once, back.in_the_end, back.recovery) == (4, None, 4, 3)
    lost = frame_ids(5, [*[4] * 5, *[7] * 6])
    assert (lost.before, lost.at_once, lost.in_the_end, lost.recovery) == (4, 7, 7, 6)
    never = frame_ids(5, [None, None, None, *[4] * 7])
    assert never.before is None
    cut = frame_ids(5, [*[4] * 5, None, *[5] * 5], subject_after=OTHER_SUBJECT)
    assert (cut.in_the_end, cut.recovery) == (5, 1), "after a cut any id will do"


def test_shares_of_outcomes_leave_out_what_was_never_found() -> None:
    outcomes = [[frame_ids(5, [*[4] * 5, *ids])] for ids in ([4] * 5, [7] * 5)] + [
        [frame_ids(5, [None] * 10)]
    ]
    summed = time_study.summary(outcomes)
    assert (summed["clips"], summed["found_before"]) == (3, 0.667)
    assert (summed["same_at_once"], summed["same_in_the_end"], summed["recovery_frames"]) == (
        0.5,
        0.5,
        2.5,
    )
    assert time_study.summary(outcomes[2:]) == {"clips": 1, "found_before": 0.0}
    both = [
        [*outcomes[0], *outcomes[1]],
        [*outcomes[0], *outcomes[0]],
        [*outcomes[0], *outcomes[2]],
    ]
    assert time_study.summary(both)["same_in_the_end"] == 0.5, (
        "both have to be found, and to keep their ids"
    )


def test_time_has_a_row_for_each_script_and_feature(
    tiny_weights: Path, scripted: dict[str, Script], capsys: pytest.CaptureFixture[str]
) -> None:
    options = StudyOptions(1, (108, 192), weights=str(tiny_weights), as_json=True)
    features = [feature for feature in time_study.FEATURES if not feature.changes]
    chosen = time_study.chosen_scripts(["scene cut", "10 frames dropped"])
    scripts = {name: lambda name, *_: scripted[name] for name in chosen}
    assert time_study.run_time(options, features, scripts) == 0
    result = json.loads(capsys.readouterr().out)
    rows = result["rows"]
    assert {row["script"] for row in rows} == {"scene cut", "10 frames dropped"}
    assert (result["cuts_seen"], result["cuts"]) == (1, 1)
    of_script = {
        name: [row["features"] for row in rows if row["script"] == name]
        for name in ("10 frames dropped", "scene cut")
    }
    assert of_script == {
        "10 frames dropped": ["all on", "no memory of hidden tracks", "no true time step"],
        "scene cut": ["all on", "no memory of hidden tracks"],
    }, "no frames are missing at a cut"
