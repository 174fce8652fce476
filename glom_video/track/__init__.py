"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

``tracker``      one frame after the other: everything below, in order
``association``  which track each island continues
``members``      which objects are in an island of several, and which leaves it
``occupants``    tracks and groups in the islands of one frame
``pieces``       which tracks are one object, by their motion and contact (``courses``)
``wholes``       pieces of one object as one row
``parts``        which object a part belongs to
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
