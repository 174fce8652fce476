"""Parses video into tracked objects and parts with a recurrent GLOM. Public names stand in the
order in which data passes."""

from typing import TYPE_CHECKING

from glom_video.structures import Frame, Motion, Islands, Parse, Tracks, Percept  # isort: skip
from glom_video.structures import InvalidInput, id_image  # isort: skip
from glom_video.structures.late import imported_late as _imported_late  # isort: skip
from glom_video.read import describe, read  # isort: skip
from glom_video.motion import MotionSettings, estimate_motion  # isort: skip
from glom_video.glom import GlomConfig, GlomSettings  # isort: skip
from glom_video.islands import IslandSettings  # isort: skip
from glom_video.track import Tracker, TrackSettings  # isort: skip
from glom_video.perceive import Settings, perceive, perceive_together  # isort: skip
from glom_video.render import DrawSettings, render  # isort: skip
from glom_video.jobs import annotate, evaluate  # isort: skip

if TYPE_CHECKING:
    from glom_video.glom import Glom
    from glom_video.islands import parse
    from glom_video.perceive import Perceiver
    from glom_video.structures import GlomState

__getattr__ = _imported_late(
    __name__,
    {
        "Glom": "glom_video.glom",
        "GlomState": "glom_video.structures",
        "Perceiver": "glom_video.perceive",
        "parse": "glom_video.islands",
    },
)

__all__ = [  # noqa: RUF022 - in the order in which data passes
    "Frame",
    "Motion",
    "GlomState",
    "Islands",
    "Parse",
    "Tracks",
    "Percept",
    "InvalidInput",
    "id_image",
    "read",
    "describe",
    "MotionSettings",
    "estimate_motion",
    "Glom",
    "GlomConfig",
    "GlomSettings",
    "IslandSettings",
    "parse",
    "TrackSettings",
    "Tracker",
    "Settings",
    "Perceiver",
    "perceive",
    "perceive_together",
    "DrawSettings",
    "render",
    "annotate",
    "evaluate",
]
