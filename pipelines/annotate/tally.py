"""Counts and times of one clip during annotation."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from glom_video.structures import LevelName, Percept


@dataclass
class Tally:
    """Counts and times of one source so far."""

    heartbeat: Callable[[], None] = lambda: None
    """Called for each picture that is decoded, also those that are left out: a sign of life."""
    started: float = field(default_factory=time.perf_counter)
    frames: int = 0
    corrupt_frames: int = 0
    lost_frames: int = 0
    """Gaps in the indices: frames that the decoder had to give up."""
    stride: int = 1
    visible: dict[LevelName, int] = field(default_factory=dict)
    shown: dict[LevelName, set[int]] = field(
        default_factory=lambda: {"part": set(), "object": set()}
    )
    """Ids that were ever shown; others are tracked, too."""
    objects_seen: set[int] = field(default_factory=set)
    """Ids of objects that were ever shown, alone or as one with another."""
    first_pts_seconds: float = 0.0
    last_pts_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)
    _last_index: int | None = None

    def add(self, percept: Percept) -> None:
        index, self.last_pts_seconds = percept.frame.index, percept.frame.pts_seconds
        if not self.frames:
            self.first_pts_seconds = self.last_pts_seconds
        if self._last_index is not None:
            self.lost_frames += max(0, (index - self._last_index - 1) // self.stride)
        self._last_index = index
        self.frames += 1
        self.corrupt_frames += percept.frame.is_corrupt
        for level, shown in self.shown.items():
            ids = percept.tracks[level].ids.tolist()
            self.visible[level] = len(ids)
            shown.update(ids)
        self.objects_seen.update(*percept.tracks["object"].members)
        for stage, seconds in percept.stage_seconds.items():
            self.add_seconds(stage, seconds)

    def add_seconds(self, stage: str, seconds: float) -> None:
        self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add_seconds(stage, time.perf_counter() - started)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def results(self) -> dict[str, Any]:
        """Figures for the manifest: counts, speed, milliseconds per frame by stage."""
        seconds, frames = self.seconds, max(self.frames, 1)
        return {
            "frames": self.frames,
            "corrupt_frames": self.corrupt_frames,
            "lost_frames": self.lost_frames,
            "objects": len(self.shown["object"]),
            "parts": len(self.shown["part"]),
            "duration_seconds": round(self.played_seconds, 3),
            "seconds": round(seconds, 3),
            "fps": round(self.frames / seconds, 2),
            "times_real_time": round(self.times_real_time(seconds), 3),
            "stage_ms": {
                stage: round(1000 * spent / frames, 2)
                for stage, spent in self.stage_seconds.items()
            },
        }

    def times_real_time(self, seconds: float) -> float:
        """Seconds of video per second of work."""
        return self.played_seconds / seconds

    @property
    def played_seconds(self) -> float:
        """Length of the annotated video in seconds; the last frame counts with the mean
        duration."""
        to_last = self.last_pts_seconds - self.first_pts_seconds
        return to_last * self.frames / max(self.frames - 1, 1)
