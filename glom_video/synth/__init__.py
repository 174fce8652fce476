"""Rendered clips of jointed moving objects with exact masks per level: what the model learns from."""

from glom_video.synth.clip import FAMILIES, Clip, Family, render_clip
from glom_video.synth.textures import Textures
from glom_video.synth.write import write_clip

__all__ = ["FAMILIES", "Clip", "Family", "Textures", "render_clip", "write_clip"]
