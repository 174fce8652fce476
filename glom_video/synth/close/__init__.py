"""Things seen close of which only a part moves: people and animals that fill much of the frame and
are cut by its edge."""

from glom_video.synth.close.scene import compose_close

__all__ = ["compose_close"]
