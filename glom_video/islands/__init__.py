"""State -> islands per level, and which part lies in which object: the parse tree of one frame
(A8).

An island is a set of columns whose vectors at a level point the same way. Islands are founded where
most columns agree, one after the other; no slots, no fixed number. The model itself says what is
background: a column whose object vector is near enough to the background's vector
(``Glom.groundness``) belongs to no object, and to no part. torch ends here.
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
