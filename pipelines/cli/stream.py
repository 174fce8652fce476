"""``glom-video stream``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import AsJson, Device, Format, Weights, app
from glom_video_pipelines.cli.settings import DRAWING, PERCEPTION, GivenSettings, takes_settings

Policy = Literal["latest", "every"]
View = Literal["window", "web", "none"]


@app.command()
@takes_settings(*PERCEPTION, *DRAWING)
def stream(
    source: Annotated[
        str,
        typer.Argument(
            help=(
                "0 or /dev/video0, rtsp:// http:// udp:// tcp://, or a file, played at its own "
                "speed."
            )
        ),
    ],
    *,
    view: Annotated[
        View | None,
        typer.Option(
            help="Default: a window with a display, else a page for the browser, else none."
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            help=(
                "Address of the page. On any but this machine's own, a token is needed, which is "
                "printed."
            )
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0: any that is free.")
    ] = 8080,
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help=(
                "Address that a proxy serves the page at, as https://example.org/glom/. A token is "
                "needed then, which is printed."
            ),
        ),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(metavar="OUT.mp4", help="Write the annotated stream, with true times."),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option(
            "--format",
            help=(
                "Exports beside the recording, as of annotate, written while it runs. Repeatable. "
                "Needs --record."
            ),
        ),
    ] = None,
    policy: Annotated[
        Policy,
        typer.Option(
            help=(
                "latest: the newest frame wins, others are dropped and counted. every: none is "
                "dropped."
            )
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
        ),
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="A file begins again at its end.")] = False,
    settings: GivenSettings,
    weights: Weights = None,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Parse a camera, a network stream or a file as it comes.

    In the window: q quits, space holds the picture or pauses a file, comma and full stop step
    through a file, c plays it over and over, s keeps a snapshot, r records, l changes levels, o
    opacity, i ids, x resets, h shows help. A file that is shown is held at its end. Ends with a
    line of frames, fps, latency and dropped frames. q, closing the window and, with --view none,
    the end of a file exit with 0, Ctrl-C with 130; the recording is finished in every case.
    """
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
        policy=policy,
        give_up_seconds=give_up,
        loop=loop,
        settings=settings.over(LIVE_SETTINGS),
        weights=weights,
        device=device,
    )
    raise typer.Exit(run_stream(source, chosen, as_json=as_json))
