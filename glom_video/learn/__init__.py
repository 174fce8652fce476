"""Losses and one training step. Needs neither av nor decord, so it trains anywhere."""

from glom_video.learn.batch import Batch, augmented
from glom_video.learn.losses import Losses, clip_losses
from glom_video.learn.monitors import CollapseWatch, LevelHealth, observe
from glom_video.learn.steps import forward_clip, training_step

__all__ = ["Batch", "CollapseWatch", "LevelHealth", "Losses", "augmented", "clip_losses", "forward_clip", "observe", "training_step"]
