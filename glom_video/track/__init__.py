"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

``association`` finds the track that each island continues, ``members`` who is in an island of
several objects and who leaves it, ``pieces`` which tracks are one object, by how each moves and
what it touches (``courses``), ``wholes`` what is told of those, ``parts`` which object a part
belongs to, ``tracks`` what is remembered of each, ``saved`` how that is stored, ``tracker`` all of
it frame by frame.
"""

from glom_video.track.settings import TrackSettings
from glom_video.track.tracker import Tracker

__all__ = ["TrackSettings", "Tracker"]
