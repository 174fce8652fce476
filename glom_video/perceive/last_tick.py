"""The last tick's islands and tracks, for the frames until the next tick."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from glom_video.perceive.prepared import PreparedFrame
from glom_video.structures import LEVEL_NAMES, Islands, Parse, Percept, Tracks
from glom_video.track import carried_along


@dataclass(frozen=True, slots=True)
class LastTick:
    """A frame with which the columns were updated."""

    index: int
    pts_seconds: float
    parse: Parse
    tracks: Mapping[str, Tracks]

    @classmethod
    def of(cls, percept: Percept) -> "LastTick":
        """What is kept of a tick."""
        frame = percept.frame
        return cls(frame.index, frame.pts_seconds, percept.parse, percept.tracks)

    def carried_to(self, prepared: PreparedFrame) -> dict[str, Tracks]:
        """Its tracks, carried to a frame that is no tick."""
        frame, drift = prepared.frame, prepared.drift
        assert drift is not None, "a tick has tracks of its own"
        frames, seconds = frame.index - self.index, frame.pts_seconds - self.pts_seconds
        return carried_along(self.tracks, drift.since_tick, frames, seconds)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """For ``from_arrays``."""
        arrays = {"tick.parent": self.parse.parent}
        for level in LEVEL_NAMES:
            arrays |= _arrays(f"tick.{level}.islands", self.parse.islands[level])
            arrays |= _arrays(f"tick.{level}.tracks", self.tracks[level])
        names = {level: self.tracks[level].names for level in LEVEL_NAMES}
        return arrays, {"index": self.index, "pts_seconds": self.pts_seconds, "names": names}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]
    ) -> "LastTick":
        """Inverse of ``to_arrays``."""
        islands: dict[str, Islands] = {
            level: Islands(**_fields(Islands, f"tick.{level}.islands", arrays))
            for level in LEVEL_NAMES
        }
        tracks: dict[str, Tracks] = {
            level: Tracks(
                **_fields(Tracks, f"tick.{level}.tracks", arrays),
                names=tuple(numbers["names"][level]),
            )
            for level in LEVEL_NAMES
        }
        parse = Parse(islands, arrays["tick.parent"])
        return cls(numbers["index"], numbers["pts_seconds"], parse, tracks)


def _arrays(prefix: str, value: Islands | Tracks) -> dict[str, np.ndarray]:
    stored = {item.name: getattr(value, item.name) for item in fields(value)}
    return {
        f"{prefix}.{name}": array for name, array in stored.items() if isinstance(array, np.ndarray)
    }


def _fields(
    kind: type[Islands] | type[Tracks], prefix: str, arrays: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    names = [item.name for item in fields(kind)]
    return {name: arrays[key] for name in names if (key := f"{prefix}.{name}") in arrays}
