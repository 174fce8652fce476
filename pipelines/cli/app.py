"""The command line app and options that its commands share. Nothing heavy is imported before a
command is known, so that help is instant."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.config_option import App
from glom_video_pipelines.cli.headings import Heading

app = App(
    help="Parses video into tracked objects and parts with a recurrent GLOM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help takes twice as long to appear
)


class Format(StrEnum):
    mp4 = "mp4"
    gif = "gif"
    webm = "webm"
    png_sequence = "png-sequence"
    alpha = "alpha"
    sheet = "sheet"
    davis = "davis"
    coco = "coco"
    ytvis = "ytvis"
    mots_png = "mots-png"
    mots_txt = "mots-txt"
    parquet = "parquet"
    csv = "csv"
    events = "events"


Weights = Annotated[
    str | None,
    typer.Option(
        help=(
            "Checkpoint: a .safetensors file, a folder with one, or a hub id. Default: the "
            "weights in the package."
        ),
        rich_help_panel=Heading.MODEL,
    ),
]
Device = Annotated[
    str, typer.Option(help="auto, cpu, cuda:N or mps.", rich_help_panel=Heading.MACHINE)
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object on stdout.", rich_help_panel=Heading.OUTPUT),
]
Zones = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.json",
        help=("Zones and lines for events, as drawn and saved on the page of stream."),
        rich_help_panel=Heading.OUTPUT,
    ),
]

Photos = Annotated[
    list[Path] | None,
    typer.Option(
        help=(
            "Folder of photographs for textures and backgrounds, used besides those of "
            "scikit-image; repeatable."
        ),
        rich_help_panel=Heading.INPUT,
    ),
]


def sides(size: str) -> tuple[int, int]:
    """Height and width of a ``--size`` that has to be WxH."""
    match = re.fullmatch(r"(\d+)x(\d+)", size)
    if not match:
        raise typer.BadParameter(f"{size!r} is not WxH", param_hint="--size")
    return int(match[2]), int(match[1])


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"glom-video {version('glom-video')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", help="Show the trace of an error. Allowed anywhere on the command line."
        ),
    ] = False,
) -> None:
    """Parses video into tracked objects and parts with a recurrent GLOM."""
    context.obj = debug
