"""``glom-video stream``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Format, Weights, Zones, app
from glom_video_pipelines.cli.headings import GroupedCommand, Heading
from glom_video_pipelines.cli.settings import DRAWING, PERCEPTION, GivenSettings, takes_settings

Policy = Literal["latest", "every"]
View = Literal["window", "web", "rerun", "none"]


@app.command(cls=GroupedCommand)
@takes_settings(*PERCEPTION, *DRAWING)
def stream(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help=(
                "0 or /dev/video0, rtsp:// http:// udp:// tcp://, a file, played at its own speed, "
                "or browser, whose page sends its camera; up to 8 side by side, by one model."
            ),
        ),
    ],
    *,
    view: Annotated[
        View | None,
        typer.Option(
            help=(
                "Default: a page with --host, --port or --public-url; else a window with a "
                "display, else a page for the browser, else none. rerun: "
                "the viewer of rerun.io, with a time line."
            ),
            rich_help_panel=Heading.DISPLAY,
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help=(
                "Address of the page; default: 127.0.0.1. On any but this machine's own, a token "
                "is needed, which is printed."
            ),
            rich_help_panel=Heading.DISPLAY,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="Port of the page; default: 8080; 0: any that is free.",
            rich_help_panel=Heading.DISPLAY,
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=(
                "Address that a proxy serves the page at, as https://example.org/glom/. A token is "
                "needed then, which is printed."
            ),
            rich_help_panel=Heading.DISPLAY,
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.mp4",
            help="Write the annotated stream, with true times.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help=(
                "Exports beside the recording, as of annotate, written while it runs. Repeatable. "
                "Needs --record."
            ),
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.jsonl",
            help="Append a line of json per event as it is told: who came, went, entered a zone.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    zones: Zones = None,
    notify: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Send each event to this http or https address, as json; tried again if need be.",
            rich_help_panel=Heading.OUTPUT,
        ),
    ] = None,
    virtual_camera: Annotated[
        bool,
        typer.Option(
            "--virtual-camera",
            help="Show the drawn picture as a camera of this machine; needs pyvirtualcam.",
            rich_help_panel=Heading.DISPLAY,
        ),
    ] = False,
    policy: Annotated[
        Policy,
        typer.Option(
            help=(
                "latest: the newest frames win, others are dropped and counted. every: none is "
                "dropped."
            ),
            rich_help_panel=Heading.INPUT,
        ),
    ] = "latest",
    give_up: Annotated[
        float | None,
        typer.Option(
            min=0,
            help=(
                "End with an error after so many seconds without the source. Default: keep trying "
                "to have it back."
            ),
            rich_help_panel=Heading.INPUT,
        ),
    ] = None,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop", help="A file begins again at its end.", rich_help_panel=Heading.INPUT
        ),
    ] = False,
    settings: GivenSettings,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Parse cameras, network streams or files as they come.

    In the window: q quits, space holds the picture or pauses a file, comma and full stop step
    through a file, c plays it over and over, s keeps a snapshot, r records, l changes levels, o
    opacity, i ids, x resets, h shows help. A file that is shown is held at its end. Ends with a
    line of frames, fps, latency and dropped frames. q, closing the window and, with --view none,
    the end of a file exit with 0, Ctrl-C with 130; the recording is finished in every case.
    """
    from glom_video_pipelines.loading import without_collection

    with without_collection():
        from glom_video.formats import FORMATS
        from glom_video_pipelines.stream import StreamOptions, run_stream
        from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS

    chosen = StreamOptions(
        view=view,
        host=host,
        port=port,
        public_url=public_url,
        record=record,
        formats=tuple(format_ for format_ in FORMATS if Format(format_) in (formats or [])),
        events=events,
        zones=zones,
        notify=notify,
        virtual_camera=virtual_camera,
        policy=policy,
        give_up_seconds=give_up,
        loop=loop,
        settings=settings.over(LIVE_SETTINGS),
        weights=weights,
        device=device,
    )
    raise typer.Exit(run_stream(sources, chosen, as_json=as_json))
