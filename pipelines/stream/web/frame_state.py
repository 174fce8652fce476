"""What is shown of one frame: its tree, where everything lies in it, and what viewers say of it."""

from dataclasses import dataclass
from typing import Any

from glom_video.render import DrawSettings
from glom_video.structures import GivenNames
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.objects.places import places_of
from glom_video_pipelines.stream.objects.tree import tree_of
from glom_video_pipelines.stream.perceiving import LivePercept

Shown = tuple[LivePercept | None, DrawSettings, GivenNames, frozenset[int]]
"""The newest frame, how it is drawn, what viewers call its objects, and which are not drawn."""


@dataclass(frozen=True, slots=True)
class FrameState:
    """Of the frame of a picture, so that tree and picture are always of one frame."""

    shown: Shown | None
    """What it was made of."""
    values: dict[str, Any]
    """As JSON takes them."""

    @classmethod
    def of_none(cls) -> "FrameState":
        return cls(None, {})

    @classmethod
    def of(cls, live: Live) -> "FrameState":
        """Of the newest frame; without objects before the first."""
        newest, display, names, _ = shown = _shown(live)
        values: dict[str, Any] = {"frame": None, "objects": []}
        if newest is not None:
            frame = newest.percept.frame
            values |= {
                "frame": frame.index,
                "objects": tree_of(newest.percept, names),
                "places": places_of(newest.percept),
                "tiles": _tiles(display),
                "levels": list(newest.columns.level_names) if newest.columns else [],
            }
        return cls(shown, values)

    def is_of(self, live: Live) -> bool:
        """Whether nothing that is shown has changed since."""
        return self.shown == _shown(live)


def _shown(live: Live) -> Shown:
    return live.newest, live.controls.display, live.marks.names, live.marks.hidden


def _tiles(display: DrawSettings) -> dict[str, int]:
    """How often the frame stands in the picture, below and beside itself."""
    match display.layout:
        case "side-by-side":
            return {"rows": 1, "columns": 2}
        case "levels":
            return {"rows": 2 if display.level is None else 1, "columns": 2}
        case _:
            return {"rows": 1, "columns": 1}
