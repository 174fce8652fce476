"""The recurrent GLOM. ``Glom.step`` is for users, ``advance`` for training, ``encode`` and
``infer`` for inference at full speed."""

from typing import TYPE_CHECKING

from glom_video.glom.config import GlomConfig
from glom_video.glom.settings import GlomSettings
from glom_video.structures import imported_late

if TYPE_CHECKING:
    from glom_video.glom.cell import ContributionWeights
    from glom_video.glom.model import Glom

__getattr__ = imported_late(
    __name__,
    {"ContributionWeights": "glom_video.glom.cell", "Glom": "glom_video.glom.model"},
)
__all__ = ["ContributionWeights", "Glom", "GlomConfig", "GlomSettings"]
