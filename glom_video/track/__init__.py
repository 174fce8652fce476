"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

``association`` finds the track that each island continues, ``members`` who is in an island of
several objects and who leaves it, ``pieces`` which tracks are one object, by how each moves and
what it touches (``courses``), ``wholes`` what is told of those, ``parts`` which object a part
belongs to, ``tracks`` what is remembered of each, ``saved`` how that is stored, ``tracker`` all of
it frame by frame, ``between`` where tracks lie until the next tick; ``objectness`` how likely each
shows a true object, ``scores`` that of a frame, ``visible`` which are shown.
"""

from glom_video.track.between import carried_along
from glom_video.track.objectness import Objectness, inputs, load_objectness, shipped
from glom_video.track.settings import TrackSettings
from glom_video.track.tracker import Tracker
from glom_video.track.visible import shown

__all__ = [
    "Objectness",
    "TrackSettings",
    "Tracker",
    "carried_along",
    "inputs",
    "load_objectness",
    "shipped",
    "shown",
]
