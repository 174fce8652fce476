"""The loop of a live run, in the main thread: takes percepts, draws, shows, records and counts."""

import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from jaxtyping import UInt8

from glom_video.read import LiveFrame
from glom_video.render import HeldLabels, render
from glom_video.structures import InvalidInput, one_line
from glom_video_pipelines.stream.browser_camera import BrowserCamera
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.events.zone_store import ZoneStore
from glom_video_pipelines.stream.figures.outage import OUTAGE_SECONDS, Outage
from glom_video_pipelines.stream.figures.stability import LiveStability, stability_figures
from glom_video_pipelines.stream.figures.tally import LiveTally
from glom_video_pipelines.stream.objects.marks import Marks
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.playing import Playing
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.snapshot import beside_others, snapshot_files
from glom_video_pipelines.stream.trimming import MemoryTrimmer
from glom_video_pipelines.stream.views.window import Window

WAIT_SECONDS = 0.03
"""Longest wait for a frame before keys, requests and signals are checked again."""
Picture = UInt8[np.ndarray, "H W 3"]


class Results(Protocol):
    """Where percepts come from, as far as the loop needs it: a ``Handover`` of them, say."""

    def take(self, timeout_seconds: float) -> LivePercept | LiveFrame | None: ...

    @property
    def is_exhausted(self) -> bool: ...


class Page(Protocol):
    """The web view, as far as the loop needs it."""

    @property
    def is_watched(self) -> bool: ...

    def publish(self, live: "Live", picture: Picture | None) -> None: ...


class Live:
    """State of a live run, which viewers read."""

    def __init__(
        self,
        source: str,
        controls: Controls,
        recorder: StreamRecorder,
        playing: Playing | None = None,
        *,
        events: LiveEvents | None = None,
        camera: BrowserCamera | None = None,
    ) -> None:
        self.source, self.controls, self.recorder = source, controls, recorder
        self.playing = playing
        """Of a file."""
        self.camera = camera
        """That pages send pictures to, where that is the source."""
        self.outage = Outage()
        self.events = events or LiveEvents(source, ZoneStore(None))
        self.tally, self.marks = LiveTally(), Marks()
        self._labels, self._drawing = HeldLabels(), threading.Lock()  # snapshots draw, too
        self.notices: deque[tuple[float, str]] = deque(maxlen=16)
        """When (``time.time()``) and what."""
        self.newest: LivePercept | None = None
        self.is_loading = False
        """The model is not there yet: frames are shown as they are captured."""
        self.stability = LiveStability()
        self.error: InvalidInput | None = None
        """What ended the source, or the recording."""
        self.has_ended = False
        """Whether the source gives nothing more, while others go on."""

    def take(self, live_percept: LivePercept) -> None:
        """A new percept, which is the newest from now on."""
        self.newest = live_percept
        self.stability.add(live_percept.percept)
        if self.playing is not None:
            self.playing.add(live_percept)

    def results(self) -> dict[str, Any]:
        """Of the whole run."""
        return {**self.tally.results(), **stability_figures(self.stability.run)}

    def stats(self) -> dict[str, Any]:
        return {
            "source": self.source,
            **self.results(),
            "last_minute": self.last_minute(),
            "zones": self.events.counts(self.events.places),
        }

    def last_minute(self) -> dict[str, Any]:
        return {
            **self.tally.recent(),
            **stability_figures(self.stability.last_minute()),
        }

    def picture(self, live_percept: LivePercept) -> Picture:
        marks = self.marks
        percept, display = live_percept.percept, self.controls.display
        with self._drawing:
            return render(percept, display, marks.names, marks.hidden, self._labels)

    def snapshot(self) -> dict[str, bytes]:
        """Of the newest frame; empty before the first."""
        newest = self.newest
        if newest is None:
            return {}
        return snapshot_files(newest.percept, self.picture(newest), self.source, self.marks.names)

    def write_snapshot(self) -> str:
        """Into the current folder; returns what to tell the user."""
        try:
            files = beside_others(self.snapshot(), Path())
            for name, content in files.items():
                Path(name).write_bytes(content)
        except OSError as error:
            return f"the snapshot cannot be written: {error.strerror}"
        return f"snapshot: {', '.join(files)}" if files else "there is no picture yet"


class SeveralPages:
    """Several places that a picture goes to, as one."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    @property
    def is_watched(self) -> bool:
        return any(page.is_watched for page in self._pages)

    def publish(self, live: "Live", picture: Picture | None) -> None:
        for page in self._pages:
            page.publish(live, picture)


class LoopTurn:
    """What is done with each percept of one live source, and again and again while there is
    none."""

    def __init__(
        self, live: Live, window: Window | None, page: Page | None, *, record: bool
    ) -> None:
        self.live, self._window, self._page = live, window, page
        self._records = record

    def __call__(self, taken: LivePercept | LiveFrame | None) -> bool:
        """Draw, show, record and count; returns whether the run should go on. A frame that is not
        parsed is shown as it is."""
        live, window, page = self.live, self._window, self._page
        self._records = live.controls.take_recording(self._records) and not live.has_ended
        live_percept = taken if isinstance(taken, LivePercept) else None
        if live_percept is not None:
            live.take(live_percept)
        picture = self._picture(taken)
        _tell_events(live, live_percept)
        self._records = _record(live, live_percept, picture, self._records)
        _tell_of_outage(live, taken is not None)
        _pass_on_notices(live, window)
        if page is not None:
            page.publish(live, picture)
        is_open = window is None or window.show(picture, self._records)
        if live_percept is not None:
            live.tally.add(live_percept)
        self._records = _record_until_end_of_file(live, self._records)
        # Without viewers nothing is left that this run could be for.
        return is_open and (live.error is None or window is not None or page is not None)

    def _picture(self, taken: LivePercept | LiveFrame | None) -> Picture | None:
        """What is shown and recorded of it; None where there is nothing new, or nobody to see
        it."""
        if isinstance(taken, LiveFrame):
            return taken.frame.image
        is_watched = self._page is not None and self._page.is_watched
        if taken is None or not (self._records or self._window is not None or is_watched):
            return None
        return self.live.picture(taken)


def run_loop(turn: LoopTurn, results: Results, stop: threading.Event) -> None:
    """Until the source ends, the window is closed or ``stop`` is set. An error of the source is
    kept in ``turn.live.error``."""
    trim = MemoryTrimmer()
    while not stop.is_set():
        trim()
        try:
            taken = results.take(WAIT_SECONDS)
        except InvalidInput as error:  # the source is gone: what was recorded until then is whole
            turn.live.error = error
            return
        if taken is None and results.is_exhausted:
            return
        if not turn(taken):
            return


def _tell_events(live: Live, live_percept: LivePercept | None) -> None:
    try:
        if live_percept is None:
            live.events.apply_changed_places()
        else:
            live.events.add(live_percept.percept)
    except InvalidInput as error:
        live.controls.notify(f"{error.cause}: events are only shown from here on")


def _record(
    live: Live, live_percept: LivePercept | None, picture: Picture | None, records: bool
) -> bool:
    """Write, finish or leave it; returns whether recording goes on."""
    recorder = live.recorder
    try:
        if not records:
            path = recorder.path
            recorder.finish(live.stats())
            if path is not None:
                live.controls.notify(f"recorded {path.name}")
        elif live_percept is not None and picture is not None:
            before = recorder.path
            recorder.write(live_percept.percept, picture, live.stats(), live.marks.names)
            if recorder.path is not None and recorder.path != before:
                live.controls.notify(f"recording to {recorder.path.name}")
    except InvalidInput as error:
        live.error = error
        live.controls.notify(f"{error.cause}: recording ended")
        return False
    return records


def _tell_of_outage(live: Live, came: bool) -> None:
    """When no frame has come for a while although one is due, and when one comes again."""
    if came:
        if live.outage.end():
            live.controls.notify("the picture is back")
    elif live.playing is not None and live.playing.is_still:
        live.outage.end()
    elif live.outage.begins(has_begun=live.newest is not None) and not live.has_ended:
        live.controls.notify(f"no picture for {OUTAGE_SECONDS:g} s")


def _record_until_end_of_file(live: Live, records: bool) -> bool:
    """Where a file has just ended, say so and end its recording; returns whether recording goes
    on."""
    if live.playing is None or not live.playing.just_ended():
        return records
    live.controls.notify("end of the file")
    return _record(live, None, None, False)


def _pass_on_notices(live: Live, window: Window | None) -> None:
    for notice in map(one_line, live.controls.take_notices()):
        live.notices.append((time.time(), notice))
        told_of = live.events.named_source  # of several sources
        print(f"{told_of}: {notice}" if told_of else notice, file=sys.stderr, flush=True)
        if window is not None:
            window.notify(notice)
