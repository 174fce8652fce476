"""``glom-video bench``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Weights, app
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.ignored import refuse_without
from glom_video_pipelines.cli.settings import PERCEPTION, GivenSettings, takes_settings

Precision = Literal["auto", "fp32", "bf16"]


@app.command(cls=GroupedCommand)
@takes_settings(*PERCEPTION)
def bench(
    *,
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]", help="Video file or image folder. Default: a synthetic clip."
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="WxH",
            help="Size of the synthetic clip, or the box into which the source is scaled.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = "640x360",
    frames: Annotated[
        int,
        typer.Option(
            min=10,
            help="Frames of the synthetic clip, and most frames per stage.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = 150,
    repeat: Annotated[
        int,
        typer.Option(
            min=1,
            help="Number of runs; the median is printed.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = 5,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Cores to use. Default: all.", rich_help_panel=Heading.MACHINE),
    ] = None,
    dtype: Annotated[
        Precision,
        typer.Option(
            help="Type of the model's products. auto: bf16 where that is faster.",
            rich_help_panel=Heading.MACHINE,
        ),
    ] = "auto",
    growth: Annotated[
        bool,
        typer.Option(
            "--growth",
            help="Measure how the time grows with columns, frames, objects and streams.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = False,
    peer: Annotated[
        bool,
        typer.Option(
            "--peer",
            help="Compare one iteration with PyPI's glom-pytorch (an extra: peers).",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = False,
    columns: Annotated[
        list[int] | None,
        typer.Option(
            min=16,
            help="For --growth and --peer; repeatable. Default: 576 and 2304.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = None,
    objects: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help="For --growth; repeatable. Default: 5 and 50.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = None,
    streams: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help="For --growth; repeatable. Default: 1 and 8.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = None,
    last_frame: Annotated[
        int,
        typer.Option(
            min=4,
            help="For --growth: compare the time of this frame with that of the 100th.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = 1000,
    quality: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="TREE",
            help=(
                "Score these settings beside fp32, eager, 4 iterations on this DAVIS "
                "tree; repeatable."
            ),
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = None,
    clips: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="For --quality: use only this many clips of each tree.",
            rich_help_panel=Heading.MEASUREMENTS,
        ),
    ] = None,
    settings: GivenSettings,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Time every stage and the whole, beside the machine's limits."""
    if not growth:
        refuse_without(context, "--growth", "--objects", "--streams", "--last-frame")
    if not (growth or peer):
        refuse_without(context, "--growth or --peer", "--columns")
    if not quality:
        refuse_without(context, "--quality", "--clips")
    from glom_video_pipelines.bench import BenchOptions, run_bench

    chosen = BenchOptions(
        source=source,
        size=size,
        frames=frames,
        repeats=repeat,
        settings=settings.over(),
        weights=weights,
        device=device,
        precision=dtype,
        threads=threads,
        with_growth=growth,
        with_peer=peer,
        columns=tuple(columns or (576, 2304)),
        objects=tuple(objects or (5, 50)),
        streams=tuple(streams or (1, 8)),
        last_frame=last_frame,
        quality_trees=tuple(quality or ()),
        quality_clips=clips,
    )
    raise typer.Exit(run_bench(chosen, as_json=as_json))
