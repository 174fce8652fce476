"""Clothed people with exact parts, of MakeHuman's data."""

from glom_video.synth.humans.humans import Humans

__all__ = ["Humans"]
