"""``glom-video doctor``."""

import typer

from glom_video_pipelines.cli.app import AsJson, app


@app.command(short_help="Print what this machine has, and why something is missing.")
def doctor(as_json: AsJson = False) -> None:
    """Print what this machine has: libraries, devices, encoders, threads, and why something is
    missing."""
    from glom_video_pipelines.doctor import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json))
