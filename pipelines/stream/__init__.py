"""``glom-video stream``: a camera, a network stream or a file at its own speed, parsed as it comes;
shown in a window or a browser, recorded."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from glom_video.formats import Format
from glom_video.glom import Glom
from glom_video.perceive import Perceiver, Settings
from glom_video.read import Playback, Policy, is_played, redacted
from glom_video.structures import Frame, InvalidInput
from glom_video_pipelines.annotate.jobs import check_libraries
from glom_video_pipelines.interruption import EXIT_CODE, interruption
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.stream.display_options import Controls
from glom_video_pipelines.stream.loop import Live, run_loop
from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS, LiveSource, perceived
from glom_video_pipelines.stream.playing import Playing
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.tally import summary_line
from glom_video_pipelines.stream.window import Window, can_open_window
from glom_video_pipelines.threads import share_cores

if TYPE_CHECKING:
    from glom_video_pipelines.stream.web import WebView

View = Literal["window", "web", "none"]


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """None leaves the choice to the stage that it concerns."""

    view: View | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    """Where a proxy serves the page."""
    record: Path | None = None
    formats: tuple[Format, ...] = ()
    policy: Policy = "latest"
    give_up_seconds: float | None = None
    loop: bool = False
    """A file begins again at its end."""
    settings: Settings = LIVE_SETTINGS
    """``draw`` is how the picture is drawn at first: viewers may ask for more."""
    weights: str | None = None
    device: str = "auto"


def run_stream(source: str, options: StreamOptions, *, as_json: bool = False) -> int:
    """Parse a live source until it ends, the window is closed or a signal comes.

    A file is held at its end while it is shown, so that one can go back in it; without a viewer its
    end is the end. Returns the exit code: 0, 1 if the source or the recording failed, 130 if
    interrupted. Recordings are finished in all three cases. Raises InvalidInput for a view or a
    recording that cannot be had, and for weights that do not fit.
    """
    if options.formats and options.record is None:
        raise InvalidInput(
            "--format needs a place to write to",
            "Name a recording, beside which exports are written: --record OUT.mp4.",
        )
    check_libraries(options.formats)
    recorder = StreamRecorder(source, options.record, options.formats)
    recorder.check()
    view = available_view(options.view)
    playback = _playback(source, options, view)
    with interruption() as stop:
        controls = Controls(options.settings.draw)
        playing = None if playback is None else Playing(playback)
        live = Live(redacted(source), controls, recorder, playing)
        reading = LiveSource(source, options.policy, options.give_up_seconds, playback)
        with _page(view, options, live) as page, _window(view, live) as window:
            share_cores()
            glom = load_glom(options.weights, options.device)
            _warm_up(glom, options.settings)
            live.tally.started = time.monotonic()  # loading is no part of the run
            with perceived(reading, glom, controls, options.settings) as results:
                try:
                    run_loop(live, results, stop, window, page, record=options.record is not None)
                finally:
                    results.leave()  # the threads wind down while the recording is finished
                    _finish(live)
        exit_code = EXIT_CODE if stop.is_set() else int(live.error is not None)
    if live.error is not None:
        print(f"error: {live.error.cause}\nfix: {live.error.remedy}", file=sys.stderr)
    ended = live.results()
    print(
        json.dumps(
            {
                "exit_code": exit_code,
                **ended,
                "recordings": [str(path) for path in recorder.finished],
            }
        )
        if as_json
        else summary_line(ended)
    )
    return exit_code


def _playback(source: str, options: StreamOptions, view: View) -> Playback | None:
    """Of a file. Raises InvalidInput where anything else is to be looped."""
    if is_played(source):
        return Playback(loops=options.loop, holds_end=view != "none")
    if options.loop:
        raise InvalidInput(
            f"--loop needs a file, and {redacted(source)} is none",
            "Leave it out: a camera or a stream goes on by itself.",
        )
    return None


def _warm_up(glom: Glom, settings: Settings) -> None:
    """What the model sets up with its first frames, it sets up now rather than while the world goes
    on."""
    perceiver = Perceiver(glom, settings)
    for index in range(2):
        perceiver(Frame(np.zeros((360, 640, 3), np.uint8), index, index / 30))


def _finish(live: Live) -> None:
    try:
        live.recorder.finish(live.stats())
    except InvalidInput as error:
        live.error = live.error or error


def available_view(view: View | None) -> View:
    """``view`` if it is given; else a window where there is a display, a page where its libraries
    are, or none.

    Raises InvalidInput for a given view that is not available.
    """
    if view == "none":
        return "none"
    has_web = all(find_spec(name) for name in ("starlette", "uvicorn", "wsproto"))
    if view == "web":
        if not has_web:
            raise InvalidInput(
                "--view web needs starlette and uvicorn, which are not installed",
                "Install them: pip install 'glom-video[web]'.",
            )
        return "web"
    if can_open_window():
        return "window"
    if view == "window":
        raise InvalidInput(
            "no window can be opened: there is no display here",
            "Use --view web, or run where there is a display.",
        )
    fallback: View = "web" if has_web else "none"
    print(f"no window can be opened here: continuing with --view {fallback}", file=sys.stderr)
    return fallback


@contextmanager
def _window(view: View, live: Live) -> Iterator[Window | None]:
    if view != "window":
        yield None
        return
    import cv2

    try:
        title = f"glom-video {live.source}"
        yield Window(title, live.controls, live.write_snapshot, playing=live.playing)
    finally:
        cv2.destroyAllWindows()


@contextmanager
def _page(view: View, options: StreamOptions, live: Live) -> Iterator["WebView | None"]:
    if view != "web":
        yield None
        return
    from glom_video_pipelines.stream.web import WebView

    with WebView(live, options.host, options.port, options.public_url) as page:
        print(f"watch at {page.url}", file=sys.stderr, flush=True)
        yield page
