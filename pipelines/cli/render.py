"""``glom-video render``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import app

Layout = Literal["overlay", "side-by-side", "mask"]
"""Those that need no agreement of columns, which saved tracks do not hold."""


@app.command()
def render(
    tracks: Annotated[
        Path,
        typer.Argument(metavar="TRACKS", help="A .coco.json or .ytvis.json that annotate wrote."),
    ],
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The video or image folder that was annotated.")
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="OUT.mp4", help="The video to write.")
    ],
    layout: Annotated[Layout, typer.Option(help="overlay, side-by-side or mask.")] = "overlay",
    level: Annotated[
        Literal["part", "object"] | None,
        typer.Option(help="The only level to draw. Default: both."),
    ] = None,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Leave the sound out.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the output if it exists.")
    ] = False,
) -> None:
    """Draw saved tracks and masks over their source again, without the model."""
    from glom_video_pipelines.render import run_render

    run_render(
        tracks,
        source,
        out,
        layout=layout,
        level=level,
        with_sound=not no_audio,
        overwrite=overwrite,
    )
    print(out)
