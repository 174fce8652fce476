"""State -> islands per level, and which part lies in which object: the parse tree of one frame.

An island is a set of neighbouring columns whose vectors at a level point the same way. Islands are
seeded one after the other where most columns agree, without slots or a fixed number. The model
itself knows the background: a column whose object vector is close enough to the background's vector
(``Glom.groundness``) belongs to no object and no part. torch ends here.
"""

from glom_video.islands.clustering import COLUMN_BACKGROUND, LEAST_COSINE, cluster_columns
from glom_video.islands.parsing import parse
from glom_video.islands.poses import in_units
from glom_video.islands.reading import MOST, LevelReading, Reading
from glom_video.islands.settings import IslandSettings

__all__ = [
    "COLUMN_BACKGROUND",
    "LEAST_COSINE",
    "MOST",
    "IslandSettings",
    "LevelReading",
    "Reading",
    "cluster_columns",
    "in_units",
    "parse",
]
