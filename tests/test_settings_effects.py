"""Each field of the settings has an effect that a user notices."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blobs import Blob, ids, see
from column_scenes import THREE, numbers
from conftest import Cli, MakeVideo, Options, moving_square, small_glom
from percepts import noise
from setting_fields import FIELDS, another_value, with_field

import glom_video as gv
from glom_video.perceive import FramePreparation
from glom_video_pipelines.cli.settings import PERCEPTION
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS


def seen_by(settings: gv.Settings) -> list[gv.Percept]:
    """Three frames, the last after a second, by a small model that has learnt nothing."""
    glom = small_glom(3)
    images = moving_square(3, 72, 96)
    frames = [
        gv.Frame(image, index, seconds)
        for index, (image, seconds) in enumerate(zip(images, (0.0, 0.04, 1.04), strict=True))
    ]
    return list(gv.perceive(frames, glom, settings, warm_start=False))


def last(settings: gv.Settings) -> gv.Percept:
    return seen_by(settings)[-1]


def ticks_of_a_still_scene(settings: gv.Settings) -> list[bool]:
    preparation = FramePreparation(settings.motion)
    frames = [gv.Frame(noise(72, 96), index, index / 25) for index in range(20)]
    return [preparation.prepare(frame).drift is None for frame in frames]


def parts_found(settings: gv.Settings) -> int:
    return len(last(settings).tracks["part"].ids)


def ids_after_a_second_out_of_sight(settings: gv.Settings) -> list[int]:
    tracker = gv.Tracker(settings.track)
    for frame in range(10):
        see(tracker, frame, [Blob(x=10, look=1)])
    for frame in range(10, 35):
        see(tracker, frame, [])
    return ids(see(tracker, 35, [Blob(x=10, look=1)]))


EFFECTS: dict[tuple[str, str], tuple[Any, Callable[[gv.Settings], object]]] = {
    ("motion", "working_pixels"): (
        72 * 96,
        lambda settings: last(settings).parse.islands["part"].labels.shape,
    ),
    ("motion", "reset_gap_seconds"): (
        0.5,
        lambda settings: [percept.reset for percept in seen_by(settings)],
    ),
    ("motion", "tick_seconds"): (0.0, ticks_of_a_still_scene),
    ("glom", "iters"): (3, lambda settings: last(settings).iterations),
    ("islands", "min_area"): (1.0, parts_found),
    ("islands", "min_agreement"): (1.0, parts_found),
    ("islands", "max_objects"): (1, lambda settings: numbers(THREE.parse(settings.islands))),
    ("track", "max_missed_seconds"): (0.5, ids_after_a_second_out_of_sight),
    ("track", "min_score"): (1.0, lambda settings: len(last(settings).tracks["object"].ids)),
}
"""A value, and what is another thing with it than with the default."""


def test_the_effect_of_each_setting_is_tested() -> None:
    assert set(EFFECTS) == {place for place in FIELDS if place[0] in PERCEPTION}


@pytest.mark.parametrize("place", EFFECTS, ids=".".join)
def test_a_setting_changes_what_a_user_sees(place: tuple[str, str]) -> None:
    value, observed = EFFECTS[place]
    assert observed(with_field(gv.Settings(), place, value)) != observed(gv.Settings())


@pytest.mark.parametrize("place", [place for place in FIELDS if place[0] == "draw"], ids=".".join)
def test_a_setting_changes_the_picture(place: tuple[str, str], two_objects: gv.Percept) -> None:
    changed = with_field(gv.Settings(), place, another_value(FIELDS[place])).draw
    usual, other = (gv.render(two_objects, draw) for draw in (gv.DrawSettings(), changed))
    assert not np.array_equal(usual, other)


def test_an_option_changes_what_annotate_writes(
    glom_video: Cli, make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    clip, rows = make_video("clip.mp4", frames=2), {}
    for options in ((), ("--min-agreement", "1"), ("--level", "part")):
        out = tmp_path / "-".join(["out", *options])
        ran = glom_video("annotate", clip, "-o", out, *small_model, "--format", "csv", *options)
        assert ran.code == 0, ran.err
        rows[options] = (out / "clip.csv").read_text().splitlines()[1:]
    everything, surest, parts = rows.values()
    assert len(everything) > len(surest)
    assert parts == [row for row in everything if ",part," in row]
    assert 0 < len(parts) < len(everything)


def test_a_layout_of_two_pictures_leaves_recorded_masks_in_the_size_of_the_source(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path
) -> None:
    options = StreamOptions(
        view="none",
        policy="every",
        record=tmp_path / "live.mp4",
        formats=("ytvis",),
        settings=with_field(LIVE_SETTINGS, ("draw", "layout"), "side-by-side"),
        weights=str(tiny_weights),
    )
    assert run_stream(str(make_video("clip.mp4", frames=3)), options) == 0
    [video] = json.loads((tmp_path / "live.ytvis.json").read_text())["videos"]
    assert (video["height"], video["width"]) == (96, 128)
    shown = gv.describe(tmp_path / "live.mp4")
    assert (shown.height, shown.width) == (96, 256)
