"""Rendered clips of jointed moving objects with exact masks per level, for training."""

from glom_video.synth.clip import FAMILIES, Clip, Family, render_clip
from glom_video.synth.textures import Textures

__all__ = ["FAMILIES", "Clip", "Family", "Textures", "render_clip"]
