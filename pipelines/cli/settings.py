"""The options of the settings of all stages, declared once for the commands that take them.

Defaults and ranges are those of ``glom_video.Settings``, which is not imported before a command
runs. So an option that is not given is None here, and says its default and range in its help.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from glom_video_pipelines.cli.expanded import Command, expanded, keyword
from glom_video_pipelines.cli.headings import Heading

if TYPE_CHECKING:
    from glom_video.perceive import Settings

Layout = Literal["overlay", "side-by-side", "levels", "mask"]


class Level(StrEnum):
    """Repeatable options need an Enum, typer takes Literal for single ones only."""

    part = "part"
    object = "object"


def _only_level(given: Sequence[Level]) -> str | None:
    """None where both are."""
    return None if set(given) == set(Level) else given[0].value


@dataclass(frozen=True, slots=True)
class SettingOption:
    """One field of the settings of a stage as an option of the command line."""

    stage: str
    field: str
    option: str
    """As it is typed."""
    kind: Any
    """Of what is typed."""
    help: str
    value: Callable[[Any], object] = lambda given: given
    """What is typed -> the field's value."""


OPTIONS = (
    SettingOption(
        "motion",
        "working_pixels",
        "--working-pixels",
        int,
        "Area, 2,304 to 4,000,000 pixels, to which the picture is scaled for the model:"
        " more shows smaller things and takes longer. Default: 126,720; of a live "
        "stream 82,944.",
    ),
    SettingOption(
        "motion",
        "reset_gap_seconds",
        "--reset-gap",
        float,
        "Seconds, 0 or more, without a frame, after which the model begins anew; ids go"
        " on. Default: 2.0.",
    ),
    SettingOption(
        "motion",
        "tick_seconds",
        "--tick",
        float,
        "Longest time, 0 or more seconds, between two updates of the model where little"
        " moves; between them masks are moved along the flow. More is faster and less "
        "exact; 0 updates with every frame. Default: 0.125.",
    ),
    SettingOption(
        "glom",
        "iters",
        "--iters",
        int,
        "Updates of all columns per frame, 1 or more: more takes longer. Default: as it"
        " was trained.",
    ),
    SettingOption(
        "islands",
        "min_area",
        "--min-area",
        float,
        "Smallest object or part kept, as a share of the frame from 0 to 1. Default: 0.002.",
    ),
    SettingOption(
        "islands",
        "min_agreement",
        "--min-agreement",
        float,
        "Least agreement, 0 to 1, of the columns of an object or part that is kept: "
        "more leaves only what is clear-cut. Default: 0.0.",
    ),
    SettingOption(
        "islands",
        "max_objects",
        "--max-objects",
        int,
        "Most objects in a frame, 1 or more; the largest are kept. Default: 16.",
    ),
    SettingOption(
        "track",
        "max_missed_seconds",
        "--max-missed",
        float,
        "Seconds, 0 to 600, that an object may be out of sight and come back with its "
        "id; later it gets a new one. Default: 3.0.",
    ),
    SettingOption(
        "track",
        "min_score",
        "--min-score",
        float,
        "Least score, 0 to 1, of an object that is shown, with its parts: more hides "
        "what is less likely a thing, 0 shows all. Default: as fitted for the default "
        "weights.",
    ),
    SettingOption(
        "draw",
        "layout",
        "--layout",
        Layout,
        "overlay: colours over the picture; side-by-side: the source and that; levels: "
        "each level beside its agreement; mask: flat colours on black. Default: "
        "overlay.",
    ),
    SettingOption(
        "draw",
        "level",
        "--level",
        list[Level],
        "Level, part or object, to draw and to export; repeatable. Default: both.",
        _only_level,
    ),
    SettingOption(
        "draw",
        "object_id",
        "--object",
        int,
        "Id, 1 or more, of the only object to draw and to export, with its parts. Default: all.",
    ),
    SettingOption(
        "draw",
        "opacity",
        "--opacity",
        float,
        "Opacity, 0 to 1, of the colour that an object is filled with: at 0 only its outline is "
        "drawn, at 1 nothing of the picture is left in it. Default: 0.5.",
    ),
    SettingOption(
        "draw",
        "with_ids",
        "--no-ids",
        bool,
        "Write no ids and scores into the picture. Default: they are written.",
        lambda given: not given,
    ),
)
PERCEPTION = ("motion", "glom", "islands", "track")
"""Stages whose settings change what is seen."""
DRAWING = ("draw",)
HEADINGS = {
    "motion": Heading.MOTION,
    "glom": Heading.MODEL,
    "islands": Heading.ISLANDS,
    "track": Heading.TRACKING,
    "draw": Heading.DRAWING,
}
"""Under which help lists the options of a stage."""


@dataclass(frozen=True, slots=True)
class GivenSettings:
    """What was typed, by option."""

    values: Mapping[SettingOption, object]

    def over(self, defaults: "Settings | None" = None) -> "Settings":
        """With ``defaults`` (those of the library without) for what was not given. Raises
        InvalidInput, which names the option, for a value outside of its range."""
        from dataclasses import replace

        from glom_video.perceive import Settings
        from glom_video.structures import InvalidInput

        settings = defaults or Settings()
        for option, given in self.values.items():
            value = option.value(given)
            try:
                changed = replace(getattr(settings, option.stage), **{option.field: value})
            except InvalidInput as error:
                raise InvalidInput(f"{option.option}: {error.cause}", error.remedy) from None
            settings = replace(settings, **{option.stage: changed})
        return settings


def takes_settings(*stages: str) -> Callable[[Command], Command]:
    """A command whose parameter ``settings``, which is GivenSettings, stands for the options of
    these stages."""
    return lambda command: expanded(
        command, "settings", parameters(stages), lambda **typed: given(stages, typed)
    )


def given(stages: Sequence[str], typed: Mapping[str, object]) -> GivenSettings:
    """What was typed of the options of these stages. ``typed``: by field; others may be there."""
    return GivenSettings(
        {
            option: typed[option.field]
            for option in OPTIONS
            if option.stage in stages and typed[option.field] is not None
        }
    )


def parameters(stages: Sequence[str]) -> list[Any]:
    """The options of these stages, for ``expanded``."""
    return [
        keyword(
            option.field,
            Annotated[
                option.kind | None,
                typer.Option(
                    option.option, help=option.help, rich_help_panel=HEADINGS[option.stage]
                ),
            ],
            None,
        )
        for option in OPTIONS
        if option.stage in stages
    ]
