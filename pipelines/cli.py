"""The command line. Nothing heavy is imported before a command is known, so that ``glom-video --help`` is instant."""

import os
import re
import signal
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

Layout = Literal["overlay", "side-by-side", "levels", "mask"]
Policy = Literal["latest", "every"]
View = Literal["window", "none"]
Family = Literal["train", "texture", "shape", "camera", "crowd"]


class Level(StrEnum):
    """Repeatable options need an Enum, typer takes Literal for single ones only."""

    part = "part"
    object = "object"


class Format(StrEnum):
    mp4 = "mp4"
    davis = "davis"
    coco = "coco"
    ytvis = "ytvis"
    mots_png = "mots-png"
    parquet = "parquet"
    csv = "csv"


app = typer.Typer(
    help="Parses video into tracked objects and parts with a recurrent GLOM.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich help takes twice as long to appear
)

Weights = Annotated[
    str | None, typer.Option(help="Checkpoint: a .safetensors file, a folder with one, or a hub id. Default: the weights in the package.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda:N or mps.")]
Iters = Annotated[int | None, typer.Option(min=1, help="Sweeps of the model per frame. Default: as it was trained.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def main() -> None:
    """Entry point. A user error is one line of cause and one of remedy. Exits with 0 all well, 1 some source failed, 2 usage, 130 interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Threads that wait for each other by spinning for long make a frame take seconds on a busy machine; those that never spin halve the speed
    # of an idle one. To be set before torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    debug = "--debug" in sys.argv  # accepted anywhere in the line
    try:
        app(["--debug"] * debug + [argument for argument in sys.argv[1:] if argument != "--debug"])
    except Exception as error:
        sys.exit(_explain(error, debug))


def _explain(error: Exception, debug: bool) -> int:
    """Two lines on stderr, or the trace. Returns the exit code."""
    from glom_video.structures import InvalidInput

    if debug:
        traceback.print_exception(error)
    if isinstance(error, ImportError) and ".so" in str(error):
        error = InvalidInput(f"a system library is missing: {error}", "Install it; OpenCV needs libGL (Debian and Ubuntu: apt-get install libgl1).")
    if isinstance(error, InvalidInput):
        print(f"error: {error.cause}\nfix: {error.remedy}", file=sys.stderr)
        return 2
    if not debug:
        print(
            f"error: internal error: {type(error).__name__}: {' '.join(str(error).split())}\nfix: Run again with --debug and report what it prints.",
            file=sys.stderr,
        )
    return 1


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"glom-video {version('glom-video')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error. May stand anywhere in the line.")] = False,
) -> None:
    """Parses video into tracked objects and parts with a recurrent GLOM."""
    context.obj = debug


@app.command()
def annotate(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Video files, image folders, folders of videos, or quoted globs.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Output folder.")],
    level: Annotated[list[Level] | None, typer.Option(help="Level to draw and export; repeatable. Default: both.")] = None,
    layout: Annotated[
        Layout, typer.Option(help="overlay; side-by-side with the source; levels: each beside its agreement; mask: flat colours on black.")
    ] = "overlay",
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help="mp4: annotated video. davis, mots-png: PNG masks in the source's size. coco, ytvis: run-length json. parquet, csv: a row per "
            "frame, level and track. Repeatable. Default: mp4.",
        ),
    ] = None,
    start: Annotated[str | None, typer.Option(help="Begin here: seconds, mm:ss or hh:mm:ss, from the first frame.")] = None,
    end: Annotated[str | None, typer.Option(help="End before this time.")] = None,
    stride: Annotated[int, typer.Option(min=1, help="Keep every Nth frame, each at its own time.")] = 1,
    size: Annotated[
        str | None,
        typer.Option(
            help="Scale frames down before they are parsed and drawn, to a longest side (640) or into a box (640x360). "
            "Aspect is kept, nothing is enlarged, and masks keep the source's size."
        ),
    ] = None,
    iters: Iters = None,
    weights: Weights = None,
    device: Device = "auto",
    min_area: Annotated[float | None, typer.Option(help="Smallest island kept, as a share of the frame.")] = None,
    min_agreement: Annotated[float | None, typer.Option(min=0, max=1, help="Least agreement of an island that is kept.")] = None,
    max_objects: Annotated[int | None, typer.Option(min=1, help="Most objects in a frame; the largest are kept.")] = None,
    max_corrupt: Annotated[
        str, typer.Option(help="A clip with a larger share of damaged and lost frames, as in 5% or 0.05, counts as partial.")
    ] = "5%",
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Leave the sound out.")] = False,
    encoder_threads: Annotated[int | None, typer.Option(min=1, help="Pin the video encoder's threads: the same number gives the same bytes.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Annotate videos with tracked objects and parts.

    Writes OUT/<name>.mp4 (or .coco.json, .ytvis.json, .parquet, .csv; OUT/Annotations/<level>/<name>/ for davis, OUT/mots/ for mots-png)
    and OUT/manifest.jsonl, a line per source. What was made before from the same
    source with the same settings is skipped; other files are never replaced without --overwrite. Unfinished files are named .partial.
    """
    from pipelines.isolation import warm_up

    if not dry_run:
        warm_up()
    from glom_video.structures import LEVEL_NAMES
    from pipelines.annotate import AnnotateOptions, run_annotate
    from pipelines.annotate.options import FORMATS

    chosen = AnnotateOptions(
        levels=tuple(name for name in LEVEL_NAMES if not level or Level(name) in level),
        layout=layout,
        formats=tuple(format_ for format_ in FORMATS if Format(format_) in (formats or [Format.mp4])),
        start_seconds=_seconds("--start", start),
        end_seconds=_seconds("--end", end),
        stride=stride,
        size=size,
        iters=iters,
        weights=weights,
        device=device,
        min_area=min_area,
        min_agreement=min_agreement,
        max_objects=max_objects,
        with_sound=not no_audio,
        max_corrupt=_share("--max-corrupt", max_corrupt),
        encoder_threads=encoder_threads,
    )
    raise typer.Exit(run_annotate(sources, out, chosen, overwrite=overwrite, dry_run=dry_run, as_json=as_json, debug=context.obj))


def _seconds(option: str, text: str | None) -> float | None:
    """Seconds of "90", "1:30" or "0:01:30.5"."""
    if text is None:
        return None
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or min(parts) < 0:
        raise typer.BadParameter(f"{text!r} is not a time; give seconds, mm:ss or hh:mm:ss", param_hint=option)
    return sum((part * 60**place for place, part in enumerate(reversed(parts))), 0.0)


def _share(option: str, text: str) -> float:
    """0.05 of "5%" or "0.05"."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise typer.BadParameter(f"{text!r} is not a share; give one from 0% to 100%", param_hint=option)
    return share


@app.command()
def stream(
    source: Annotated[str, typer.Argument(help="0 or /dev/video0, rtsp:// http:// udp://, or a file, played at its own speed.")],
    view: Annotated[View | None, typer.Option(help="Default: a window with a display, else none. q ends.")] = None,
    record: Annotated[Path | None, typer.Option(metavar="OUT.mp4", help="Write the annotated stream, with true times.")] = None,
    policy: Annotated[Policy, typer.Option(help="latest: the newest frame wins, others are dropped and counted. every: none is dropped.")] = "latest",
    reset_gap: Annotated[float, typer.Option(min=0, help="After a gap of so many seconds the model begins anew; ids go on.")] = 2.0,
    iters: Iters = None,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Parse a camera, a network stream or a file as it comes.

    Ends with a line of frames, fps, latency and dropped frames. q, closing the window and the end of a file exit with 0, Ctrl-C with 130;
    the recording is finished in every case.
    """
    from pipelines.stream import StreamOptions, run_stream

    chosen = StreamOptions(view=view, record=record, policy=policy, reset_gap_seconds=reset_gap, iters=iters, weights=weights, device=device)
    raise typer.Exit(run_stream(source, chosen, as_json=as_json))


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


@app.command()
def synth(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the DAVIS tree: pictures, masks of both levels, part-to-object tables.")],
    clips: Annotated[int, typer.Option(min=1, help="How many.")] = 3,
    frames: Annotated[int, typer.Option(min=1, help="Frames per clip.")] = 24,
    seed: Annotated[int, typer.Option(help="Of the first clip; the next ones count up. The same seed gives the same clip.")] = 0,
    size: Annotated[str, typer.Option(metavar="WxH", help="Pixels.")] = "256x256",
    photos: Annotated[
        list[Path] | None, typer.Option(help="Folder of photographs for textures and backgrounds; repeatable. Default: scikit-image's pictures.")
    ] = None,
    family: Annotated[Family, typer.Option(help="Which kinds of objects.")] = "train",
) -> None:
    """Render clips of jointed moving objects with exact part and object masks."""
    from pipelines.synth import run_synth

    match = re.fullmatch(r"(\d+)x(\d+)", size)
    if not match:
        raise typer.BadParameter(f"{size!r} is not WxH", param_hint="--size")
    run_synth(out, clips=clips, frames=frames, seed=seed, height=int(match[2]), width=int(match[1]), photos=photos or [], family=family)
    print(out)


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

    config = config or Path(__file__).parents[1] / "glom_video" / "weights" / "begin.toml"
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
