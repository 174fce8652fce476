"""``glom-video annotate``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Format, Iters, MinScore, Weights, app

Layout = Literal["overlay", "side-by-side", "levels", "mask"]


class Level(StrEnum):
    """Repeatable options need an Enum, typer takes Literal for single ones only."""

    part = "part"
    object = "object"


@app.command()
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
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")],
    level: Annotated[
        list[Level] | None,
        typer.Option(help="Level to draw and export; repeatable. Default: both."),
    ] = None,
    layout: Annotated[
        Layout,
        typer.Option(
            help=(
                "overlay; side-by-side with the source; levels: each beside its agreement; mask: "
                "flat colours on black."
            )
        ),
    ] = "overlay",
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help=(
                "mp4: annotated video. davis, mots-png: PNG masks in the source's size. coco, "
                "ytvis: run-length json. parquet, csv: a row per "
                "frame, level and track. Repeatable. Default: mp4."
            ),
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(help="Begin here: seconds, mm:ss or hh:mm:ss, from the first frame."),
    ] = None,
    end: Annotated[str | None, typer.Option(help="End before this time.")] = None,
    stride: Annotated[
        int, typer.Option(min=1, help="Keep every Nth frame, each at its own time.")
    ] = 1,
    size: Annotated[
        str | None,
        typer.Option(
            help=(
                "Scale frames down before they are parsed and drawn, to a longest side (640) or "
                "into a box (640x360). "
                "Aspect is kept, nothing is enlarged, and masks keep the source's size."
            )
        ),
    ] = None,
    iters: Iters = None,
    weights: Weights = None,
    device: Device = "auto",
    min_area: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Smallest island kept, as a share of the frame."),
    ] = None,
    min_agreement: Annotated[
        float | None, typer.Option(min=0, max=1, help="Least agreement of an island that is kept.")
    ] = None,
    min_score: MinScore = None,
    max_objects: Annotated[
        int | None, typer.Option(min=1, help="Most objects in a frame; the largest are kept.")
    ] = None,
    max_corrupt: Annotated[
        str,
        typer.Option(
            help=(
                "A clip with a larger share of damaged and lost frames, as in 5% or 0.05, counts "
                "as partial."
            )
        ),
    ] = "5%",
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Leave the sound out.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=(
                "Files at a time; more than one needs Ray. Default: 1, on a cluster one per "
                "machine."
            ),
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="A",
            help="Ray cluster: auto, local or host:port. All machines must see the same files.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=(
                "Threads of a worker. The same number gives the same bytes. Default: the cores, "
                "shared out among workers."
            ),
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace outputs that exist.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and write nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Annotate videos with tracked objects and parts.

    Writes OUT/<name>.mp4 (or .coco.json, .ytvis.json, .parquet, .csv;
    OUT/Annotations/<level>/<name>/ for davis, OUT/mots/ for mots-png) and OUT/manifest.jsonl, a
    line per source. What was made before from the same source with the same settings is skipped;
    other files are never replaced without --overwrite. Unfinished files are named .partial.
    """
    from glom_video_pipelines.isolation import warm_up

    if not dry_run:
        warm_up()
    from glom_video.formats import FORMATS
    from glom_video.structures import LEVEL_NAMES
    from glom_video_pipelines.annotate import AnnotateOptions, run_annotate

    chosen = AnnotateOptions(
        levels=tuple(name for name in LEVEL_NAMES if not level or Level(name) in level),
        layout=layout,
        formats=tuple(
            format_ for format_ in FORMATS if Format(format_) in (formats or [Format.mp4])
        ),
        start_seconds=_seconds("--start", start),
        end_seconds=_seconds("--end", end),
        stride=stride,
        size=size,
        iters=iters,
        weights=weights,
        device=device,
        min_area=_number("--min-area", min_area),
        min_agreement=_number("--min-agreement", min_agreement),
        min_score=_number("--min-score", min_score),
        max_objects=max_objects,
        with_sound=not no_audio,
        max_corrupt=_share("--max-corrupt", max_corrupt),
        threads=threads,
    )
    code = run_annotate(
        sources,
        out,
        chosen,
        overwrite=overwrite,
        dry_run=dry_run,
        as_json=as_json,
        workers=workers,
        ray_address=ray_address,
        debug=context.obj,
    )
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


def _number(option: str, value: float | None) -> float | None:
    """``value``, unless it is nan, which lies in every range."""
    if value is not None and value != value:
        raise typer.BadParameter("nan is not a number", param_hint=option)
    return value


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
