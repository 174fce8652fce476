"""The recurrent GLOM: config, encoder, cell, consensus, field, warp, and the model that joins them."""

from glom_video.glom.config import GlomConfig
from glom_video.glom.encoder import Evidence
from glom_video.glom.model import Glom, StepReport

__all__ = ["Evidence", "Glom", "GlomConfig", "StepReport"]
