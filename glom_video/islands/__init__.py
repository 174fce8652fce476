"""State -> islands per level, and which part lies in which object: the parse tree of one frame.

An island is a set of neighbouring columns whose vectors at a level point the same way. Islands are
seeded one after the other where most columns agree, without slots or a fixed number. The model
itself knows the background: a column whose object vector is close enough to the background's vector
(``Glom.groundness``) belongs to no object and no part. torch ends here.
"""

from typing import TYPE_CHECKING

from glom_video.islands.settings import MOST, IslandSettings
from glom_video.structures import imported_late

if TYPE_CHECKING:
    from glom_video.islands.clustering import COLUMN_BACKGROUND, LEAST_COSINE, cluster_columns
    from glom_video.islands.parsing import parse
    from glom_video.islands.poses import in_units
    from glom_video.islands.reading import LevelReading, Reading

__getattr__ = imported_late(
    __name__,
    {
        "COLUMN_BACKGROUND": "glom_video.islands.clustering",
        "LEAST_COSINE": "glom_video.islands.clustering",
        "LevelReading": "glom_video.islands.reading",
        "Reading": "glom_video.islands.reading",
        "cluster_columns": "glom_video.islands.clustering",
        "in_units": "glom_video.islands.poses",
        "parse": "glom_video.islands.parsing",
    },
)
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
