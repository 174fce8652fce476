"""``glom-video demo``."""

from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import Device, Weights, app


@app.command(short_help="Render a clip, annotate it and open the page of the results.")
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")] = Path("demo"),
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the path of the page.")
    ] = False,
    weights: Weights = None,
    device: Device = "auto",
) -> None:
    """Render a short clip, annotate it and open the page of the results.

    Needs no file and no network. Writes OUT/clip (the clip with its true masks), OUT/demo.mp4,
    OUT/demo.sheet.jpg and OUT/index.html; a second run replaces the results.
    """
    from glom_video_pipelines.isolation import warm_up

    warm_up()
    from glom_video_pipelines.demo import run_demo

    raise typer.Exit(run_demo(out, browser=not no_browser, weights=weights, device=device))
