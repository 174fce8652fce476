"""``glom-video stream``: a camera, a network stream or a file at its own speed, parsed as it comes; shown in a window, recorded, or only counted."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from glom_video.export import Mp4Writer
from glom_video.glom import Glom
from glom_video.perceive import Perceiver
from glom_video.read import LiveFrame, Policy, read_live, redacted
from glom_video.render import render
from glom_video.structures import InvalidInput
from pipelines.interruption import EXIT_CODE, interruption
from pipelines.model import load_glom

View = Literal["window", "none"]

RECORDING_TIME_BASE, RECORDING_FRAME_RATE = Fraction(1, 90_000), Fraction(30)
"""Times are recorded as they were; the rate only tells how long the last frame is shown."""
LATENCIES_KEPT = 20_000
"""Enough for a quarter of an hour at 20 fps: a stream may run for ever, its memory may not grow."""


@dataclass
class LiveTally:
    """Frames, drops and latency so far."""

    started: float = field(default_factory=time.monotonic)
    frames: int = 0
    dropped_frames: int = 0
    latencies_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))
    last_index: int | None = None

    def add(self, live: LiveFrame) -> None:
        """Call when the result of a frame is out: latency runs from capture to here."""
        self.latencies_seconds.append(time.monotonic() - live.captured_at_seconds)
        self.dropped_frames += 0 if self.last_index is None else live.frame.index - self.last_index - 1
        self.last_index = live.frame.index
        self.frames += 1

    def results(self) -> dict[str, Any]:
        p50, p95 = np.percentile(self.latencies_seconds, [50, 95]) if self.latencies_seconds else (0.0, 0.0)
        seen = self.frames + self.dropped_frames
        return {
            "frames": self.frames,
            "fps": round(self.frames / max(time.monotonic() - self.started, 1e-9), 2),
            "latency_p50_ms": round(1000 * float(p50), 1),
            "latency_p95_ms": round(1000 * float(p95), 1),
            "dropped_frames": self.dropped_frames,
            "dropped_share": round(self.dropped_frames / max(seen, 1), 4),
        }


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """None leaves the choice to the stage that it concerns."""

    view: View | None = None
    record: Path | None = None
    policy: Policy = "latest"
    reset_gap_seconds: float = 2.0
    iters: int | None = None
    weights: str | None = None
    device: str = "auto"


def run_stream(source: str, options: StreamOptions, *, as_json: bool = False) -> int:
    """Parse a live source until it ends, the window is closed or a signal comes.

    Returns the exit code: 0, 1 if the source failed, 130 if interrupted. Recordings are finished in all three cases.
    Raises InvalidInput for a view or a recording that cannot be had, and for weights that do not fit.
    """
    view = _available_view(options.view)
    if options.record is not None and options.record.exists():
        raise InvalidInput(f"{options.record} exists already", "Choose another name for the recording.")
    error: InvalidInput | None = None
    with interruption() as stop:
        glom = load_glom(options.weights, options.device)
        tally = LiveTally()
        with ExitStack() as opened:
            sinks = _sinks(opened, view, options, redacted(source))
            try:
                _pass_on(source, glom, options, stop, sinks, tally)
            except InvalidInput as invalid:  # the source is gone: what was recorded until then is whole
                error = invalid
        exit_code = EXIT_CODE if stop.is_set() else int(error is not None)
    if error is not None:
        print(f"error: {error.cause}\nfix: {error.remedy}", file=sys.stderr)
    _show_results(tally, exit_code, as_json)
    return exit_code


Sink = Callable[[UInt8[np.ndarray, "H W 3"], float], bool]
"""Takes a picture and its time in seconds; False when the user wants to end."""


def _pass_on(source: str, glom: Glom, options: StreamOptions, stop: threading.Event, sinks: list[Sink], tally: LiveTally) -> None:
    """Every frame that arrives, through the model to the sinks, until one of them has enough or the source ends."""
    perceiver = Perceiver(glom, iters=options.iters, reset_gap_seconds=options.reset_gap_seconds)
    with closing(read_live(source, policy=options.policy, stop=stop)) as arriving:
        for live in arriving:
            percept = perceiver(live.frame)
            picture = render(percept) if sinks else None
            wanted = [sink(picture, live.frame.pts_seconds) for sink in sinks if picture is not None]
            tally.add(live)
            if not all(wanted):
                return


def _sinks(opened: ExitStack, view: View, options: StreamOptions, title: str) -> list[Sink]:
    sinks: list[Sink] = []
    if options.record is not None:
        sinks.append(_recorder(opened, options.record))
    if view == "window":
        sinks.append(_window(opened, f"glom-video {title}"))
    return sinks


def _recorder(opened: ExitStack, path: Path) -> Sink:
    """The file is begun with the first picture, whose size it takes."""
    writer: Mp4Writer | None = None

    def record(picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float) -> bool:
        nonlocal writer
        if writer is None:
            height, width = picture.shape[:2]
            begun = Mp4Writer(path, height, width, time_base=RECORDING_TIME_BASE, frame_rate=RECORDING_FRAME_RATE, start_seconds=0.0)
            writer = opened.enter_context(begun)
        writer.write(picture, pts_seconds)
        return True

    return record


def _window(opened: ExitStack, title: str) -> Sink:
    """Ends with q, Escape or the window's own button."""
    import cv2

    opened.callback(cv2.destroyAllWindows)

    def show(picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float) -> bool:
        cv2.imshow(title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        pressed = cv2.waitKey(1) & 0xFF
        return pressed not in (ord("q"), 27) and cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) >= 1

    return show


def _available_view(view: View | None) -> View:
    """The view asked for, or a window where there is a display. Raises InvalidInput for a window that cannot be had."""
    if view == "none" or (view is None and not _has_display()):
        return "none"
    if _can_open_window():
        return "window"
    if view == "window":
        raise InvalidInput("no window can be opened: there is no display here", "Use --view none with --record, or run where there is a display.")
    print("no window can be opened here: continuing with --view none", file=sys.stderr)
    return "none"


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _can_open_window() -> bool:
    """Tried in a process of its own: where it fails, OpenCV aborts the whole process."""
    trial = "import cv2; cv2.namedWindow('trial'); cv2.destroyAllWindows()"
    return _has_display() and subprocess.run([sys.executable, "-c", trial], capture_output=True, check=False).returncode == 0


def _show_results(tally: LiveTally, exit_code: int, as_json: bool) -> None:
    results = tally.results()
    if as_json:
        print(json.dumps({"exit_code": exit_code, **results}))
        return
    latency = f"latency p50 {results['latency_p50_ms']:.0f} ms p95 {results['latency_p95_ms']:.0f} ms"
    print(f"{results['frames']} frames, {results['fps']:.1f} fps, {latency}, {results['dropped_frames']} dropped ({results['dropped_share']:.0%})")
