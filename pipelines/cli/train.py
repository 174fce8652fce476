"""``glom-video train``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import Device, app
from glom_video_pipelines.error_lines import print_error


@app.command(short_help="Train a model on rendered clips, or adapt one to your own clips.")
def train(
    config: Annotated[
        Path | None,
        typer.Argument(
            metavar="CONFIG",
            help="TOML file. Default: run 1 of the default weights; with --adapt a short one.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Run folder. Default: runs/<name of the config>."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Continue the run in this folder.")
    ] = None,
    adapt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VIDEO", help="Also learn from these clips, without labels; repeatable."
        ),
    ] = None,
    device: Device = "auto",
) -> None:
    """Train a model on rendered clips, or adapt one to your own clips; prints the path of its
    weights.

    Ctrl-C and SIGTERM save a checkpoint and exit with 130; a run that has failed exits with 1 and
    keeps its last checkpoint.
    """
    from glom_video.structures import InvalidInput
    from glom_video_pipelines.train import TrainingFailed, run_train

    if resume is not None and (config is not None or out is not None):
        raise InvalidInput(
            f"a resumed run has its own {'folder' if config is None else 'config'}",
            f"Leave {'-o' if config is None else config} out; without --resume a new run begins.",
        )
    config = config or Path(__file__).parents[1] / "training" / (
        "adapt.toml" if adapt else "default.toml"
    )
    out = resume or out or Path("runs") / config.stem
    try:
        weights = run_train(
            config if resume is None else resume / "config.toml",
            out,
            resume=resume is not None,
            device=device,
            adapt=adapt or (),
        )
    except TrainingFailed as error:
        print_error(error.cause, error.remedy)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") == "0":
        print(weights)
