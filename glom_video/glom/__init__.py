"""The recurrent GLOM. ``Glom.step`` is for users, ``advance`` for training, ``encode`` and
``infer`` for inference at full speed."""

from glom_video.glom.cell import ContributionWeights
from glom_video.glom.config import GlomConfig
from glom_video.glom.model import Glom
from glom_video.glom.settings import GlomSettings

__all__ = ["ContributionWeights", "Glom", "GlomConfig", "GlomSettings"]
