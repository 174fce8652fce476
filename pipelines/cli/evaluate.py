"""``glom-video evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.app import AsJson, Device, Iters, Weights, app


@app.command()
def evaluate(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Videos, image folders, DAVIS trees of pictures or of masks, outputs of annotate.")
    ],
    truth: Annotated[Path | None, typer.Option(metavar="ROOT", help="DAVIS tree of true masks. Without it: self-consistency only.")] = None,
    controls: Annotated[bool, typer.Option("--controls", help="Score the controls beside it: one island, a fixed grid and others.")] = False,
    peers: Annotated[bool, typer.Option("--peers", help="Score the classical peers beside it.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="REPORT_DIR", help="Folder for metrics.json.")] = None,
    iters: Iters = None,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how stable the islands are and, with --truth, how right."""
    from pipelines.evaluate import run_evaluate

    code = run_evaluate(paths, truth=truth, controls=controls, peers=peers, out=out, as_json=as_json, weights=weights, device=device, iters=iters)
    raise typer.Exit(code)
