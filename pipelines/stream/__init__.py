"""``glom-video stream``: a camera, a network stream or a file at its own speed, parsed as it comes
and shown in a window or a browser, recorded on request."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from glom_video.perceive import Settings
from glom_video.read import Playback, describe, is_played, redacted, refuse_unnamed
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.jobs import check_libraries
from glom_video_pipelines.error_lines import print_error
from glom_video_pipelines.interruption import EXIT_CODE, interruption
from glom_video_pipelines.stream.browser_camera import NAME as BROWSER
from glom_video_pipelines.stream.browser_camera import BrowserCamera
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.event_log import EventLog, opened_log
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.events.webhook import Webhook, opened_webhook
from glom_video_pipelines.stream.events.zone_store import ZoneStore
from glom_video_pipelines.stream.figures.tally import summary_line
from glom_video_pipelines.stream.loop import (
    WAIT_SECONDS,
    Live,
    LoopTurn,
    Page,
    SeveralPages,
    run_loop,
)
from glom_video_pipelines.stream.model_loading import loaded_beside, warmed_up
from glom_video_pipelines.stream.options import StreamOptions, View
from glom_video_pipelines.stream.perceiving import LiveSource, Percepts, perceived
from glom_video_pipelines.stream.playing import Playing
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.views.opening import (
    available_view,
    pages_of,
    virtual_camera_of,
    window_of,
)
from glom_video_pipelines.stream.views.virtual_camera import VirtualCamera, check_virtual_camera
from glom_video_pipelines.stream.views.window import Window

if TYPE_CHECKING:
    from glom_video.glom import Glom
    from glom_video_pipelines.stream.together import PerceptsTogether

__all__ = ["MOST_SOURCES", "StreamOptions", "run_stream"]

MOST_SOURCES = 8
"""Side by side, by one model."""


def run_stream(
    sources: str | Sequence[str], options: StreamOptions, *, as_json: bool = False
) -> int:
    """Parse a live source, or several side by side, until all end, the window is closed or a signal
    comes.

    A file is held at its end while it is shown, so that one can go back in it; without a viewer, or
    in Rerun, which goes back by itself, its end is the end. Returns the exit code: 0, 1 if a
    source, a recording or the file of events failed, 130 if interrupted. Recordings are finished in
    all three cases. Raises InvalidInput for a view or a recording that cannot be had, and for
    weights that do not fit.
    """
    sources = [sources] if isinstance(sources, str) else list(sources)
    _check(sources, options)
    view = available_view(options, len(sources), BROWSER in sources)
    controls = [Controls(options.settings.draw) for _ in sources]
    with (
        interruption() as stop,
        opened_log(options.events) as log,
        opened_webhook(options.notify, partial(_notify_all, controls)) as hook,
    ):
        lives = _lives(sources, controls, options, view, log, hook)
        with (
            pages_of(view, options, lives) as pages,
            window_of(view, lives[0]) as window,
            virtual_camera_of(options.virtual_camera) as virtual_camera,
        ):
            load = partial(warmed_up, options.weights, options.device, options.settings)
            with loaded_beside(load, lives, stop) as model:
                turns = _turns(options, lives, window, pages, virtual_camera)
                _run(turns, _sources(sources, options, lives), options.settings, model, stop)
            if model.done():
                model.result()  # what could not be loaded is no fault of a source
        failed = [live for live in lives if live.error is not None]
        has_failed = bool(failed) or (log is not None and log.has_failed)
        exit_code = EXIT_CODE if stop.is_set() else int(has_failed)
    for live in failed:
        assert live.error is not None, "it failed"
        cause = live.error.cause
        if len(lives) > 1 and live.source not in cause:
            cause = f"{live.source}: {cause}"
        print_error(cause, live.error.remedy)
    _print_end(lives, exit_code, as_json)
    return exit_code


def _notify_all(controls: Sequence[Controls], notice: str) -> None:
    """Viewers of every source, since what concerns all of them is none's alone."""
    for each in controls:
        each.notify(notice)


def _check(sources: Sequence[str], options: StreamOptions) -> None:
    if options.formats and options.record is None:
        raise InvalidInput(
            "--format needs a place to write to",
            "Name a recording, beside which exports are written: --record OUT.mp4.",
        )
    if len(sources) > MOST_SOURCES:
        raise InvalidInput(
            f"{len(sources)} sources are too many", f"Name at most {MOST_SOURCES} at a time."
        )
    if options.virtual_camera:
        check_virtual_camera()
    if options.virtual_camera and len(sources) > 1:
        raise InvalidInput(
            "a virtual camera shows one source", "Name one source, or leave --virtual-camera out."
        )
    for source in sources:
        refuse_unnamed(source)
    if len(sources) == 1 and sources[0] != BROWSER and is_played(sources[0]):
        describe(sources[0])  # before the model is loaded and a page opened
    check_libraries(options.formats)


def _lives(
    sources: Sequence[str],
    controls: Sequence[Controls],
    options: StreamOptions,
    view: View,
    log: EventLog | None,
    hook: Webhook | None,
) -> list[Live]:
    """Raises InvalidInput for a recording that would replace a file, and for zones."""
    store, is_only = ZoneStore(options.zones, can_draw=view == "web"), len(sources) == 1
    send = None if hook is None else hook.send

    def live_of(number: int, source: str, shown: str, own: Controls) -> Live:
        events = LiveEvents(shown, store, log, is_only=is_only, send=send)
        recorder = StreamRecorder(
            source,
            options.record,
            options.formats,
            lambda: events.places,
            number=None if is_only else number,
        )
        recorder.check()
        return Live(
            shown,
            own,
            recorder,
            _playing(source, options, view),
            events=events,
            camera=BrowserCamera() if source == BROWSER else None,
        )

    numbers = range(1, len(sources) + 1)
    return list(map(live_of, numbers, sources, names_apart(sources), controls))


def names_apart(sources: Sequence[str]) -> list[str]:
    """The sources as they are shown, each under a name of its own: those that are the same once
    passwords are left out get their places, from 1, behind them."""
    shown = [redacted(source) for source in sources]
    return [
        f"{name} ({place})" if shown.count(name) > 1 else name
        for place, name in enumerate(shown, 1)
    ]


def _sources(
    sources: Sequence[str], options: StreamOptions, lives: Sequence[Live]
) -> list[LiveSource]:
    return [
        LiveSource(
            source=source,
            policy=options.policy,
            give_up_seconds=options.give_up_seconds,
            playback=None if live.playing is None else live.playing.playback,
            camera=live.camera,
        )
        for source, live in zip(sources, lives, strict=True)
    ]


def _turns(
    options: StreamOptions,
    lives: Sequence[Live],
    window: Window | None,
    pages: Sequence[Page | None],
    virtual_camera: VirtualCamera | None,
) -> list[LoopTurn]:
    """Of each source; window and virtual camera show one source alone."""
    record = options.record is not None
    if len(lives) > 1:
        return [
            LoopTurn(live, None, page, record=record)
            for live, page in zip(lives, pages, strict=True)
        ]
    shown_in = [each for each in (pages[0], virtual_camera) if each is not None]
    return [LoopTurn(lives[0], window, SeveralPages(shown_in) if shown_in else None, record=record)]


def _run(
    turns: Sequence[LoopTurn],
    sources: Sequence[LiveSource],
    settings: Settings,
    model: "Future[Glom]",
    stop: threading.Event,
) -> None:
    if len(turns) > 1:
        _run_several(turns, sources, settings, model, stop)
        return
    live = turns[0].live
    with (
        perceived(sources[0], model, live.controls, settings) as results,
        _finishing(results, [live]),
    ):
        run_loop(turns[0], results, stop)


def _run_several(
    turns: Sequence[LoopTurn],
    sources: Sequence[LiveSource],
    settings: Settings,
    model: "Future[Glom]",
    stop: threading.Event,
) -> None:
    """Side by side, once the model is loaded; until then viewers are told so."""
    while not model.done() and not stop.wait(WAIT_SECONDS):
        for turn in turns:
            turn(None)
    if not model.done():
        return  # stopped before
    from glom_video_pipelines.stream.together import perceived_together, run_together

    lives = [turn.live for turn in turns]
    controls = [live.controls for live in lives]
    with (
        perceived_together(sources, model.result(), controls, settings) as together,
        _finishing(together, lives),
    ):
        run_together(turns, together, stop)


@contextmanager
def _finishing(results: "Percepts | PerceptsTogether", lives: Sequence[Live]) -> Iterator[None]:
    """For the block that takes results: at its end the threads wind down while recordings are
    finished."""
    try:
        yield
    finally:
        results.leave()
        for live in lives:
            _finish(live)


def _print_end(lives: Sequence[Live], exit_code: int, as_json: bool) -> None:
    ended = [
        {**live.results(), "recordings": [str(path) for path in live.recorder.finished]}
        for live in lives
    ]
    if as_json and len(lives) == 1:
        print(json.dumps({"exit_code": exit_code, **ended[0]}))
    elif as_json:
        named = [{"source": live.source, **own} for live, own in zip(lives, ended, strict=True)]
        print(json.dumps({"exit_code": exit_code, "sources": named}))
    else:
        for live, own in zip(lives, ended, strict=True):
            line = summary_line(own)
            print(line if len(lives) == 1 else f"{live.source}: {line}")


def _playing(source: str, options: StreamOptions, view: View) -> Playing | None:
    """Of a file. Raises InvalidInput where anything else is to be looped."""
    if source != BROWSER and is_played(source):
        return Playing(Playback(loops=options.loop, holds_end=view in ("window", "web")))
    if options.loop:
        raise InvalidInput(
            f"--loop needs a file, and {redacted(source)} is none",
            "Leave it out: a camera or a stream goes on by itself.",
        )
    return None


def _finish(live: Live) -> None:
    try:
        live.recorder.finish(live.stats())
    except InvalidInput as error:
        live.error = live.error or error
