"""Clips of animated, textured bodies with exact parts: animals and people of 0 A.D.'s data."""

from glom_video.synth.bodies.bodies import Bodies
from glom_video.synth.bodies.clip import render_body_clip

__all__ = ["Bodies", "render_body_clip"]
