"""``glom-video train``."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import Device, app


@app.command()
def train(
    config: Annotated[Path | None, typer.Argument(metavar="CONFIG", help="TOML file. Default: the first of the two behind the weights here.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Run folder. Default: runs/<name of the config>.")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Continue the run in this folder.")] = None,
    device: Device = "auto",
) -> None:
    """Train a model on rendered clips; prints the path of its weights.

    Ctrl-C and SIGTERM save a checkpoint and exit with 130; a run that cannot come to anything any more exits with 1 and keeps its last one.
    """
    from pipelines.train import TrainingFailed, run_train

    config = config or Path(__file__).parents[2] / "glom_video" / "weights" / "begin.toml"
    out = resume or out or Path("runs") / config.stem
    try:
        weights = run_train(config if resume is None else resume / "config.toml", out, resume=resume is not None, device=device)
    except TrainingFailed as error:
        print(f"error: {error.cause}\nfix: {error.remedy}", file=sys.stderr)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") == "0":
        print(weights)
