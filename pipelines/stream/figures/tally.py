"""Frames, drops and latency of a live run, in constant memory."""

import json
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.formats.partial import writing
from glom_video.structures import write_whole
from glom_video_pipelines.annotate.results import count
from glom_video_pipelines.stream.perceiving import LivePercept

LATENCIES_KEPT = 20_000
"""Enough for a quarter of an hour at 20 fps: a stream may run for ever, its memory may not grow."""
RECENT_SECONDS = 60.0
"""The last minute."""
RECENT_FRAMES = 4_000
"""Kept at the most, for that minute."""


class LiveTally:
    """Counts since the start, and latency of the last minute."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.frames = self.dropped_frames = self.resets = 0
        self._latencies: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self._recent: deque[tuple[float, float, int]] = deque(maxlen=RECENT_FRAMES)
        self._last_index: int | None = None
        self._last_at = self.started
        """When the last frame was out."""

    def add(self, live_percept: LivePercept) -> None:
        """Call when the result of a frame is out: latency runs from capture to here."""
        latency, index = live_percept.age_seconds(), live_percept.percept.frame.index
        dropped = 0 if self._last_index is None else index - self._last_index - 1
        self.resets += live_percept.percept.reset is not None and self.frames > 0
        self.frames += 1
        self.dropped_frames += dropped
        self._last_index = index
        self._last_at = now = time.monotonic()
        self._latencies.append(latency)
        self._recent.append((now, latency, dropped))

    def results(self) -> dict[str, Any]:
        """Over the whole run; fps until its last frame, as a file may be shown at its end for long;
        percentiles over its last LATENCIES_KEPT frames."""
        seconds, busy = time.monotonic() - self.started, self._last_at - self.started
        return {
            "frames": self.frames,
            "seconds": round(seconds, 2),
            "fps": round(self.frames / max(busy, 1e-9), 2),
            **_percentiles(list(self._latencies)),
            "dropped_frames": self.dropped_frames,
            "dropped_share": round(
                self.dropped_frames / max(self.frames + self.dropped_frames, 1), 4
            ),
            "resets": self.resets,
        }

    def recent(self) -> dict[str, float | None]:
        """Of the last minute; fps of its last five seconds."""
        now = time.monotonic()
        minute = [each for each in list(self._recent) if now - each[0] <= RECENT_SECONDS]
        newest = [at for at, _, _ in minute if now - at <= 5.0]
        dropped = sum(dropped for _, _, dropped in minute)
        span = min(5.0, now - self.started)
        return {
            "fps": round(len(newest) / max(span, 1e-9), 1),
            **_percentiles([latency for _, latency, _ in minute]),
            "dropped_share": round(dropped / max(len(minute) + dropped, 1), 4),
        }


def _percentiles(latencies: list[float]) -> dict[str, float | None]:
    """In milliseconds; None where there was no frame to measure."""
    names = ("latency_p50_ms", "latency_p95_ms")
    if not latencies:
        return dict.fromkeys(names)
    percentiles = (1000 * np.percentile(latencies, [50, 95])).round(1).tolist()
    return dict(zip(names, percentiles, strict=True))


def summary_line(results: dict[str, Any]) -> str:
    """The last line."""
    if not results["frames"]:
        return "no frames"
    latency = (
        f"latency p50 {results['latency_p50_ms']:.0f} ms p95 {results['latency_p95_ms']:.0f} ms"
    )
    dropped = f"{results['dropped_frames']} dropped ({results['dropped_share']:.0%})"
    stable = "".join(
        f", {name.replace('_', ' ')} {results[name]:.3f}"
        for name in ("stability", "background_stability")
        if results.get(name) is not None
    )
    frames = count(results["frames"], "frame")
    return f"{frames}, {results['fps']:.1f} fps, {latency}, {dropped}{stable}"


def write_stats(path: Path, results: dict[str, Any]) -> None:
    """Replaced as a whole, so that a reader never finds half a file. Raises InvalidInput if it
    cannot be written."""
    with writing(path):
        write_whole(path, (json.dumps(results) + "\n").encode())
