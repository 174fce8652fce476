"""The values that pass between stages: frozen, self-checking, printed by shape and not by content.

Axes: ``H W`` pixels; ``h w`` columns, ``n = h*w``; ``l`` levels, 0 nearest the pixels; ``d``
embedding; ``b`` batch; ``k`` islands or tracks; ``H' W'`` (written ``Hm Wm``) the motion grid; ``hs
ws`` the membership grid, 2-4 times finer than the columns. Annotations state the shapes; jaxtyping
and beartype enforce them in tests, and cheap checks always run.
"""

from typing import TYPE_CHECKING

from glom_video.structures.columns import CONTRIBUTIONS, ColumnStates
from glom_video.structures.id_images import boxes_of, id_image, id_images
from glom_video.structures.invalid_input import InvalidInput
from glom_video.structures.islands import (
    CUES,
    FINER,
    LEVEL_NAMES,
    Islands,
    LevelName,
    Parse,
)
from glom_video.structures.late import imported_late
from glom_video.structures.matching import best_matching
from glom_video.structures.motion import Motion, resized_flow
from glom_video.structures.names import LONGEST_NAME, NO_NAMES, GivenNames, joined_names
from glom_video.structures.natural_order import naturally_sorted
from glom_video.structures.one_line import one_line
from glom_video.structures.percept import Percept, Reset
from glom_video.structures.picture_errors import picture_errors
from glom_video.structures.pictures import Channels, as_picture
from glom_video.structures.ranges import ALLOWED, Choice, Range, allowed, check_fields, check_values
from glom_video.structures.reading import Frame, Joint, SourceInfo, distinct_names
from glom_video.structures.selection import only_object
from glom_video.structures.tracks import Tracks
from glom_video.structures.whole_file import write_whole

if TYPE_CHECKING:
    from glom_video.structures.glom_state import GlomState

__getattr__ = imported_late(__name__, {"GlomState": "glom_video.structures.glom_state"})

__all__ = [
    "ALLOWED",
    "CONTRIBUTIONS",
    "CUES",
    "FINER",
    "LEVEL_NAMES",
    "LONGEST_NAME",
    "NO_NAMES",
    "Channels",
    "Choice",
    "ColumnStates",
    "Frame",
    "GivenNames",
    "GlomState",
    "InvalidInput",
    "Islands",
    "Joint",
    "LevelName",
    "Motion",
    "Parse",
    "Percept",
    "Range",
    "Reset",
    "SourceInfo",
    "Tracks",
    "allowed",
    "as_picture",
    "best_matching",
    "boxes_of",
    "check_fields",
    "check_values",
    "distinct_names",
    "id_image",
    "id_images",
    "imported_late",
    "joined_names",
    "naturally_sorted",
    "one_line",
    "only_object",
    "picture_errors",
    "resized_flow",
    "write_whole",
]
