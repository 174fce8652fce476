"""Reports of a worker about its clip: small values that pass between processes and machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glom_video_pipelines.annotate.tally import Tally


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    machine: str | None = None
    """Where it runs, as ``this_machine`` says there."""
    process: int | None = None
    """Its number there; None where the batch knows it already."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A clip is opened."""

    frames_expected: int | None
    """None where the source does not say."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A tally at one moment."""

    frames: int
    corrupt_frames: int
    seconds: float
    times_real_time: float
    objects: int
    """In sight now, as the parts."""
    parts: int

    @classmethod
    def of(cls, tally: Tally) -> "Snapshot":
        seconds = max(tally.seconds, 1e-6)
        objects, parts = (tally.visible.get(level, 0) for level in ("object", "part"))
        return cls(
            frames=tally.frames,
            corrupt_frames=tally.corrupt_frames,
            seconds=seconds,
            times_real_time=tally.times_real_time(seconds),
            objects=objects,
            parts=parts,
        )


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life without a new frame: pictures before the start are being decoded."""


@dataclass(frozen=True, slots=True)
class Closing:
    """All frames are through; files are being finished."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A clip is through, well or not."""

    line: Mapping[str, Any]
    """The manifest's line on the clip."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No clip can be annotated: weights, device or a library are missing."""

    cause: str
    remedy: str
    trace: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker is no more."""

    how: str
    """As in ``the worker process ended by SIGSEGV``."""


Report = Ready | Begun | Snapshot | Heartbeat | Closing | Finished | Refused | Lost
