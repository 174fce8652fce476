"""``glom-video render``."""

from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import app
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.settings import DRAWING, GivenSettings, takes_settings


@app.command(
    cls=GroupedCommand, short_help="Draw saved tracks over their source again, without the model."
)
@takes_settings(*DRAWING)
def render(
    tracks: Annotated[
        Path,
        typer.Argument(metavar="TRACKS", help="A .coco.json or .ytvis.json that annotate wrote."),
    ],
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The video or image folder that was annotated.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="OUT.mp4",
            help="The video to write.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ],
    settings: GivenSettings,
    no_audio: Annotated[
        bool,
        typer.Option("--no-audio", help="Leave the sound out.", rich_help_panel=Heading.OUTPUT),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace the output if it exists.", rich_help_panel=Heading.OUTPUT
        ),
    ] = False,
) -> None:
    """Draw saved tracks and masks over their source again, without the model.

    The layout "levels" cannot be drawn, since saved tracks do not hold the agreement of columns.
    """
    from glom_video_pipelines.render import run_render

    run_render(
        tracks,
        source,
        out,
        settings.over().draw,
        with_sound=not no_audio,
        overwrite=overwrite,
    )
    print(out)
