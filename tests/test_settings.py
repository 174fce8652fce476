"""What a user may turn: each field of the settings has a range that is kept, an option of the
command line that changes it to the same value, and an effect."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import Field, astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blobs import Blob, ids, see
from column_scenes import THREE, numbers
from conftest import Cli, MakeVideo, Options, is_one_error, moving_square, small_glom
from percepts import noise
from typer.main import get_command

import glom_video as gv
from glom_video.perceive import FramePreparation
from glom_video.perceive.settings import STAGES
from glom_video.structures import ALLOWED, Range, check_values
from glom_video_pipelines.cli import app
from glom_video_pipelines.cli.settings import DRAWING, HEADINGS, OPTIONS, PERCEPTION
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS
from glom_video_pipelines.study.options import STUDY_SETTINGS

FIELDS: dict[tuple[str, str], Field[Any]] = {
    (stage, item.name): item for stage, kind in STAGES.items() for item in fields(kind)
}
RANGES = {
    place: item for place, item in FIELDS.items() if isinstance(item.metadata[ALLOWED], Range)
}
TYPED = {(option.stage, option.field): option.option for option in OPTIONS}
EVERYTHING = (*PERCEPTION, *DRAWING)
STUDY = "glom_video_pipelines.study"
COMMANDS: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {
    ("annotate", "a.mp4", "-o", "out"): ("glom_video_pipelines.annotate.run_annotate", EVERYTHING),
    ("stream", "0"): ("glom_video_pipelines.stream.run_stream", EVERYTHING),
    ("evaluate", "a.mp4"): ("glom_video_pipelines.evaluate.run_evaluate", PERCEPTION),
    ("bench",): ("glom_video_pipelines.bench.run_bench", PERCEPTION),
    ("study", "pose"): (f"{STUDY}.pose.run_pose", PERCEPTION),
    ("study", "time"): (f"{STUDY}.time.run_time", PERCEPTION),
    ("study", "families"): (f"{STUDY}.families.run_families", PERCEPTION),
    ("render", "a.coco.json", "a.mp4", "-o", "b.mp4"): (
        "glom_video_pipelines.render.run_render",
        DRAWING,
    ),
}
"""What is typed: the function that it calls, and the stages whose settings it takes."""

DEFAULTS = {"stream": LIVE_SETTINGS, "study": STUDY_SETTINGS}
"""Those of commands that have their own."""


def another_value(item: Field[Any]) -> Any:
    """Allowed, and not the default."""
    within = item.metadata[ALLOWED]
    candidates = (within.least, within.least + 1) if isinstance(within, Range) else within.values
    return next(each for each in candidates if each in within and each != item.default)


def as_typed(place: tuple[str, str], value: object) -> list[str]:
    return [TYPED[place]] if isinstance(value, bool) else [TYPED[place], str(value)]


def with_field(settings: gv.Settings, place: tuple[str, str], value: object) -> gv.Settings:
    stage, name = place
    changed = replace(getattr(settings, stage), **{name: value})
    return replace(settings, **{stage: changed})


def test_every_field_has_one_option() -> None:
    assert len(OPTIONS) == len(TYPED)
    assert set(TYPED) == set(FIELDS)
    assert set(EVERYTHING) == set(STAGES)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_option_makes_of_a_field_what_python_makes_of_it(
    command: tuple[str, ...], glom_video: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, stages = COMMANDS[command]
    seen: list[gv.Settings] = []

    def take(*arguments: Any, **_: object) -> int:
        for argument in arguments:
            if isinstance(argument, gv.DrawSettings):
                seen.append(gv.Settings(draw=argument))
            elif hasattr(argument, "settings"):
                seen.append(argument.settings)
        return 0

    monkeypatch.setattr(called, take)
    unchanged = expected = DEFAULTS.get(command[0], gv.Settings())
    typed: list[str] = []
    for place, item in FIELDS.items():
        if place[0] in stages:
            value = another_value(item)
            typed += as_typed(place, value)
            expected = with_field(expected, place, value)
    assert glom_video(*command).code == 0
    ran = glom_video(*command, *typed)
    assert ran.code == 0, ran.err
    assert seen == [unchanged, expected]


def test_help_says_the_default_and_the_range_of_each_option() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    helps = {
        parameter.opts[0]: parameter.help
        for name in ("annotate", "stream")
        for parameter in commands[name].params
        if parameter.opts[0] in TYPED.values()
    }
    for place, item in FIELDS.items():
        said = helps[TYPED[place]]
        within = item.metadata[ALLOWED]
        if isinstance(within, Range):
            assert str(within) in said, place
        if isinstance(item.default, (int, float)) and not isinstance(item.default, bool):
            assert f"Default: {item.default:,}" in said, place
        assert "Default: " in said, place
    assert f"{LIVE_SETTINGS.motion.working_pixels:,}" in helps["--working-pixels"]


def sections(help_text: str) -> dict[str, set[str]]:
    """The options that help lists, by heading."""
    found: dict[str, set[str]] = {}
    for line in help_text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            listed = found.setdefault(line[:-1], set())
        elif line.startswith("  -"):
            listed.add(re.findall(r"--[\w-]+", line)[0])
    return found


def test_help_lists_options_under_the_stage_that_they_concern(glom_video: Cli) -> None:
    listed = sections(glom_video("annotate", "--help").out)
    for (stage, _), option in TYPED.items():
        assert option in listed[HEADINGS[stage]], option
    assert listed["Input"] == {"--start", "--end", "--stride", "--size", "--max-corrupt"}
    assert {"--out", "--format", "--overwrite"} <= listed["Output"]
    assert listed["Machine"] == {"--device", "--workers", "--ray-address", "--threads"}
    stages = [heading for heading in listed if heading in HEADINGS.values()]
    assert stages == list(HEADINGS.values()), "in the order in which a frame passes them"
    assert listed["Options"] == {"--config", "--help"}


def beyond(within: Range) -> list[float]:
    """The numbers next to a range, and none that lies in every range or in none."""
    whole = isinstance(within.least, int)
    nearly = 1 if whole else 0.001
    outside = [within.least - nearly]
    outside += [] if math.isinf(within.most) else [within.most + nearly]
    return outside if whole else [*outside, math.nan]


@pytest.mark.parametrize("place", RANGES, ids=".".join)
def test_what_is_out_of_range_is_a_usage_error(
    place: tuple[str, str], glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    within = RANGES[place].metadata[ALLOWED]
    for value in beyond(within):
        with pytest.raises(gv.InvalidInput, match=place[1]) as refused:
            with_field(gv.Settings(), place, value)
        assert str(within) in refused.value.remedy
        ran = glom_video(
            "annotate", make_video("a.mp4", 2), "-o", tmp_path / "out", *as_typed(place, value)
        )
        assert ran.code == 2
        assert is_one_error(ran.err), ran.err
        assert TYPED[place] in ran.err
        assert not (tmp_path / "out").exists()
    for value in (within.least, within.most):
        if not math.isinf(value):
            with_field(gv.Settings(), place, value)


@pytest.mark.parametrize(
    "values",
    [
        {"layout": "cubist"},
        {"level": "scene"},
        {"with_ids": 1},
        {"opacity": "1"},
        {"opacity": True},
    ],
    ids=str,
)
def test_what_is_no_choice_is_refused(values: dict[str, object]) -> None:
    (name,) = values
    with pytest.raises(gv.InvalidInput, match=name):
        check_values(gv.DrawSettings, values)


def test_settings_of_another_stage_are_refused() -> None:
    with pytest.raises(TypeError):
        gv.Settings(islands=gv.TrackSettings())  # type: ignore[arg-type]


def test_settings_come_back_from_a_dictionary() -> None:
    changed = gv.Settings()
    for place, item in FIELDS.items():
        changed = with_field(changed, place, another_value(item))
    stored = {
        stage: dict(
            zip((f.name for f in fields(kind)), astuple(getattr(changed, stage)), strict=True)
        )
        for stage, kind in STAGES.items()
    }
    assert gv.Settings.from_dict(stored) == changed


# What a user notices


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
        ran = glom_video(*("annotate", clip, "-o", out, *small_model, "--format", "csv"), *options)
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
