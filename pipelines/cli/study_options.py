"""The options that the commands of ``glom-video study`` share, declared once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Photos, Weights, sides
from glom_video_pipelines.cli.expanded import Command, expanded, keyword
from glom_video_pipelines.cli.headings import Heading
from glom_video_pipelines.cli.settings import PERCEPTION, GivenSettings, given, parameters

if TYPE_CHECKING:
    from glom_video_pipelines.study.options import StudyOptions

Clips = Annotated[
    int, typer.Option(min=1, help="Rendered clips of each kind.", rich_help_panel=Heading.INPUT)
]
Frames = Annotated[int, typer.Option(min=3, help="Frames per clip.", rich_help_panel=Heading.INPUT)]
Size = Annotated[
    str,
    typer.Option(metavar="WxH", help="Size of the clips in pixels.", rich_help_panel=Heading.INPUT),
]
UNCHANGED = ("clips", "frames", "weights", "device", "as_json")
"""Options that are fields of StudyOptions as they are."""


@dataclass(frozen=True, slots=True)
class GivenStudy:
    """What was typed."""

    clips: dict[str, Any]
    """Fields of StudyOptions beside the settings."""
    settings: GivenSettings

    def options(self) -> "StudyOptions":
        """Raises InvalidInput, which names the option, for a setting outside of its range."""
        from glom_video_pipelines.study.options import STUDY_SETTINGS, StudyOptions

        return StudyOptions(**self.clips, settings=self.settings.over(STUDY_SETTINGS))


def takes_study(**defaults: object) -> Callable[[Command], Command]:
    """A command whose parameter ``study``, which is GivenStudy, stands for the shared options.

    ``defaults``: of ``clips``, ``size`` and, where clips may have any length, ``frames``.
    """
    kinds = {"clips": Clips, "frames": Frames, "size": Size}
    shared = [
        *(keyword(name, kinds[name], default) for name, default in defaults.items()),
        keyword("photos", Photos, None),
        *parameters(PERCEPTION),
        keyword("weights", Weights, None),
        keyword("device", Device, "auto"),
        keyword("as_json", AsJson, False),
    ]

    def made(*, size: str, photos: list[Path] | None, **others: Any) -> GivenStudy:
        settings = given(PERCEPTION, others)
        clips = {name: value for name, value in others.items() if name in UNCHANGED}
        return GivenStudy({**clips, "size": sides(size), "photos": tuple(photos or ())}, settings)

    return lambda command: expanded(command, "study", shared, made)
