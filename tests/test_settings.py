"""What a user may turn: each field of the settings has a range that is kept, and an option of the
command line that changes it to the same value."""

import math
import re
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, MakeVideo, is_one_error
from setting_fields import FIELDS, another_value, with_field
from typer.main import get_command

import glom_video as gv
from glom_video.perceive.settings import STAGES
from glom_video.structures import ALLOWED, Range, check_values
from glom_video_pipelines.cli import app
from glom_video_pipelines.cli.settings import DRAWING, HEADINGS, OPTIONS, PERCEPTION
from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS
from glom_video_pipelines.study.options import STUDY_SETTINGS

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


def as_typed(place: tuple[str, str], value: object) -> list[str]:
    return [TYPED[place]] if isinstance(value, bool) else [TYPED[place], str(value)]


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
