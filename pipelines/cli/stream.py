"""``glom-video stream``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pipelines.cli.app import AsJson, Device, Iters, Weights, app

Policy = Literal["latest", "every"]
View = Literal["window", "none"]


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
