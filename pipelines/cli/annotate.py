"""``glom-video annotate``."""

from pathlib import Path
from typing import Annotated

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Format, Weights, Zones, app
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.ignored import tell_without
from glom_video_pipelines.cli.settings import DRAWING, PERCEPTION, GivenSettings, takes_settings

OF_DRAWING = "--layout", "--opacity", "--no-ids"
"""Options of pictures alone: others of drawing choose what is exported, too."""


@app.command(cls=GroupedCommand)
@takes_settings(*PERCEPTION, *DRAWING)
def annotate(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help=(
                "Video files, image folders, folders of videos, quoted globs, http(s) addresses, "
                ".txt lists of these."
            ),
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Output folder.", rich_help_panel=Heading.OUTPUT)
    ],
    settings: GivenSettings,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help=(
                "mp4, gif, webm: annotated video, the last two without sound. png-sequence: its "
                "pictures. alpha: objects cut out, as RGBA png. sheet: twelve pictures of a clip "
                "in one. davis, mots-png: PNG masks in the source's size. mots-txt, coco, "
                "ytvis: run lengths. parquet, csv: a row per "
                "frame, level and track. events: a line of json per event. Repeatable. Default: "
                "mp4."
            ),
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    zones: Zones = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Start time from the first frame: seconds, mm:ss or hh:mm:ss.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option(help="End time, excluded, in the same forms.", rich_help_panel=Heading.INPUT),
    ] = None,
    stride: Annotated[
        int,
        typer.Option(
            min=1,
            help="Keep every Nth frame, each with its own time.",
            rich_help_panel=Heading.INPUT,
        ),
    ] = 1,
    size: Annotated[
        str | None,
        typer.Option(
            help=(
                "Scale frames down before parsing and drawing, to a longest side (640) or "
                "into a box (640x360). The aspect ratio is kept, nothing is enlarged, and "
                "masks keep the source's size."
            ),
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    weights: Weights = None,
    device: Device = "auto",
    max_corrupt: Annotated[
        str,
        typer.Option(
            help=(
                "Clips with a larger share of damaged and lost frames (5% or 0.05) count "
                "as partial."
            ),
            rich_help_panel=Heading.INPUT,
        ),
    ] = "5%",
    no_audio: Annotated[
        bool,
        typer.Option("--no-audio", help="Leave the sound out.", rich_help_panel=Heading.OUTPUT),
    ] = False,
    with_frames: Annotated[
        bool,
        typer.Option(
            "--with-frames",
            help=(
                "Make OUT a data set: write the source's pictures to OUT/images and, for "
                "coco and ytvis, one json of all clips to OUT/annotations."
            ),
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=(
                "Files annotated at the same time; more than one needs Ray. Default: 1, "
                "on a cluster one per machine."
            ),
            rich_help_panel=Heading.MACHINE,
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="A",
            help="Ray cluster: auto, local or host:port. All machines must see the same files.",
            rich_help_panel=Heading.MACHINE,
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=(
                "Threads per worker. The same number gives the same bytes. Default: the "
                "cores divided by the workers."
            ),
            rich_help_panel=Heading.MACHINE,
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="Replace outputs that exist.", rich_help_panel=Heading.OUTPUT
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Print what would be done, and write nothing.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Annotate videos with tracked objects and parts.

    Writes OUT/<name>.mp4 (or .gif, .webm, .sheet.jpg, .coco.json, .ytvis.json, .parquet, .csv,
    .events.jsonl; OUT/Annotations/<level>/<name>/ for davis, OUT/mots/ for mots-png,
    OUT/mots-txt/, OUT/png/<name>/, OUT/alpha/<name>/), OUT/manifest.jsonl, a line per source, and
    OUT/index.html, a page of all. Outputs made before from the same source with the same settings
    are skipped; other files are never replaced without --overwrite. Unfinished files are named
    .partial.
    """
    from glom_video_pipelines.isolation import warm_up

    if not dry_run:
        warm_up()
    from glom_video_pipelines.loading import without_collection

    with without_collection():
        from glom_video.events import NO_PLACES, read_places
        from glom_video.formats import DRAWN, FORMATS
        from glom_video_pipelines.annotate import AnnotateOptions, RunOptions, run_annotate

    chosen = AnnotateOptions(
        settings=settings.over(),
        formats=tuple(
            format_ for format_ in FORMATS if Format(format_) in (formats or [Format.mp4])
        ),
        places=NO_PLACES if zones is None else read_places(zones),
        start_seconds=_seconds("--start", start),
        end_seconds=_seconds("--end", end),
        stride=stride,
        size=size,
        weights=weights,
        device=device,
        with_sound=not no_audio,
        with_frames=with_frames,
        max_corrupt=_share("--max-corrupt", max_corrupt),
        threads=threads,
    )
    if "events" not in chosen.formats:
        tell_without(context, "--format events", "--zones")
    if DRAWN.isdisjoint(chosen.formats):
        drawn = ", ".join(format_ for format_ in FORMATS if format_ in DRAWN)
        tell_without(context, f"a --format of {drawn}", *OF_DRAWING)
    if "mp4" not in chosen.formats:
        tell_without(context, "--format mp4", "--no-audio")
    run = RunOptions(overwrite, workers, ray_address, debug=context.obj)
    code = run_annotate(sources, out, chosen, run, dry_run=dry_run, as_json=as_json)
    raise typer.Exit(code)


def _seconds(option: str, text: str | None) -> float | None:
    """Seconds of "90", "1:30" or "0:01:30.5"."""
    if text is None:
        return None
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or not all(0 <= part < float("inf") for part in parts):
        raise typer.BadParameter(
            f"{text!r} is not a time; give seconds, mm:ss or hh:mm:ss", param_hint=option
        )
    return sum((part * 60**place for place, part in enumerate(reversed(parts))), 0.0)


def _share(option: str, text: str) -> float:
    """0.05 of "5%" or "0.05"."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter(
            f"{text!r} is not a share; give one from 0% to 100%", param_hint=option
        )
    return share
