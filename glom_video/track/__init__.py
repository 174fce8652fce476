"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

``tracker``      one frame after the other, and what is saved
``objects``      the objects of a clip, from frame to frame
``parts``        their parts, likewise; ``ownership``: which object each belongs to
``step``         times and flow from the previous frame to this one
``ids``          ids and numbers given so far
``association``  which track each island continues
``occupants``    tracks and groups in the islands of one frame
``members``      which objects are in an island of several, and which leaves it
``origins``      which object each one was first seen beside
``pieces``       which tracks are one object: by motion and contact (``courses``, ``pairs``), or as
                 ``fragments`` that came out of it
``wholes``       pieces of one object as one row
``tracks``       what is remembered of each track; ``saved`` stores it
``between``      where tracks lie until the next tick
``objectness``   probability that a track shows a true object; ``scores`` for a frame
``visible``      which tracks are shown
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
