"""``glom-video evaluate``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Weights, app
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.ignored import is_typed, refuse_without
from glom_video_pipelines.cli.settings import PERCEPTION, GivenSettings, takes_settings

OF_SCORING = (
    "--truth",
    "--pictures",
    "--first-frames",
    "--controls",
    "--peers",
    "--beside",
    "--out",
    "--weights",
)
"""Options without a use in a comparison of two reports, beside those of the model."""


@app.command(
    cls=GroupedCommand, short_help="Measure how stable objects are and, with truth, how accurate."
)
@takes_settings(*PERCEPTION)
def evaluate(
    *,
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help=(
                "Videos, image folders and DAVIS trees of pictures, to run the model on; "
                "or predictions: DAVIS trees of masks, outputs of annotate, YouTube-VIS "
                "json."
            ),
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT",
            help="DAVIS tree of true masks. Default: measure self-consistency only.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT",
            help=(
                "Pictures or videos of the predictions, if neither the truth nor "
                "annotate's manifest names them."
            ),
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    controls: Annotated[
        bool,
        typer.Option(
            "--controls",
            help="Also score controls: one object that fills the frame, a fixed grid, others.",
            rich_help_panel=Heading.COMPARISON,
        ),
    ] = False,
    peers: Annotated[
        bool,
        typer.Option(
            "--peers",
            help="Also score other methods: classical motion, superpixels, no memory, "
            "glom-pytorch.",
            rich_help_panel=Heading.COMPARISON,
        ),
    ] = False,
    beside: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WEIGHTS",
            help="Also score another checkpoint; repeatable.",
            rich_help_panel=Heading.COMPARISON,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="REPORT_DIR",
            help="Write report.html, metrics.json, metrics.parquet.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="A.json B.json",
            help="Compare two metrics.json instead; exit with 1 if B is worse than A.",
            rich_help_panel=Heading.COMPARISON,
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0,
            help="How much a figure may get worse in --compare: absolute up to 1, relative above.",
            rich_help_panel=Heading.COMPARISON,
        ),
    ] = 0.02,
    first_frames: Annotated[
        int | None,
        typer.Option(
            min=1, help="Score only this many frames of each clip.", rich_help_panel=Heading.INPUT
        ),
    ] = None,
    settings: GivenSettings,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how stable objects and parts are and, with --truth, how accurate; or compare two
    reports."""
    from glom_video_pipelines.evaluate import EvaluateOptions, run_compare, run_evaluate

    if compare is not None:
        scoring = (*OF_SCORING, *(option.option for option in settings.values))
        typed = [option for option in scoring if is_typed(context, option)]
        _refuse_beside_compare(["PATH", *typed] if paths else typed)
        raise typer.Exit(run_compare(*compare, tolerance=tolerance, as_json=as_json))
    refuse_without(context, "--compare", "--tolerance")
    if not paths:
        raise typer.BadParameter("give at least one, or --compare A.json B.json", param_hint="PATH")
    options = EvaluateOptions(
        tuple(paths),
        truth=truth,
        pictures=pictures,
        controls=controls,
        peers=peers,
        beside=tuple(beside or ()),
        out=out,
        as_json=as_json,
        weights=weights,
        device=device,
        settings=settings.over(),
        first_frames=first_frames,
    )
    raise typer.Exit(run_evaluate(options))


def _refuse_beside_compare(given: Sequence[str]) -> None:
    """What only scoring uses would be ignored."""
    if given:
        raise typer.BadParameter(
            f"it compares two reports and scores nothing: leave {given[0]} out",
            param_hint="--compare",
        )
