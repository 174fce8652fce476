"""Help in groups: a command's options by stage, in the order of the stages."""

from enum import StrEnum
from typing import Any

from glom_video_pipelines.cli.no_empty import CheckedCommand


class Heading(StrEnum):
    """Given to an option as its ``rich_help_panel``. In the order in which help lists them."""

    INPUT = "Input"
    MOTION = "Motion"
    MODEL = "Model"
    ISLANDS = "Objects and parts"
    TRACKING = "Tracking"
    DRAWING = "Drawing"
    OUTPUT = "Output"
    DISPLAY = "Display"
    COMPARISON = "Comparison"
    MEASUREMENTS = "Measurements"
    MACHINE = "Machine"


class GroupedCommand(CheckedCommand):
    """A command whose help has a section per heading; options without one come last.

    Typer does so only with rich, which takes twice as long to appear.
    """

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {
            heading: [] for heading in ("Arguments", *Heading, "Options")
        }
        for parameter in self.get_params(ctx):
            is_argument = parameter.param_type_name == "argument"
            heading = getattr(parameter, "rich_help_panel", None) or "Options"
            if record := parameter.get_help_record(ctx):
                sections["Arguments" if is_argument else heading].append(record)
        for heading, records in sections.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
