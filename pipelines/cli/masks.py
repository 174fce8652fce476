"""``glom-video masks``."""

from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import app


@app.command(short_help="Cut out the main objects of photographs, to train on them.")
def masks(
    photos: Annotated[
        list[Path],
        typer.Argument(
            metavar="PHOTOS", help="Folders of photographs, searched with their subfolders."
        ),
    ],
    network: Annotated[
        Path, typer.Option(metavar="ONNX", help="Saliency network: u2netp.onnx or u2net.onnx.")
    ],
    out: Annotated[
        Path,
        typer.Option("-o", "--out", metavar="FOLDER", help="Output folder for pictures and masks."),
    ],
) -> None:
    """Cut out the main objects of photographs, for training clips made of them (photographs =
    FOLDER in a training config)."""
    from glom_video_pipelines.masks import run_masks

    print(f"{run_masks(photos, network, out)} photographs with a sure mask in {out}")
