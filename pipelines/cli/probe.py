"""``glom-video probe``."""

from typing import Annotated

import typer

from glom_video_pipelines.cli.app import AsJson, app


@app.command(short_help="Print what is in a video, and how much of it is damaged.")
def probe(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Video file, URL or image folder. All of it is decoded."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Print what is in a video: codec, size, rotation, rate, sound, and how much of it is damaged.

    Exits with 1 if it is damaged or cannot be read.
    """
    from glom_video_pipelines.probe import run_probe

    raise typer.Exit(run_probe(source, as_json=as_json))
