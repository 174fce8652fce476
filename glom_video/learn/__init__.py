"""Losses and one training step. Needs neither av nor decord, so it trains anywhere."""

from glom_video.learn.adaptation import Lesson
from glom_video.learn.batch import Batch, Footage, augmented
from glom_video.learn.losses import Between, Losses, clip_losses, knows_parts
from glom_video.learn.monitors import CollapseWatch, LevelHealth, observe
from glom_video.learn.recorded import GradientRecorder
from glom_video.learn.steps import FindGradients, Watched, ask_between, find_gradients, training_step, watch

__all__ = [
    "Batch",
    "Between",
    "CollapseWatch",
    "FindGradients",
    "Footage",
    "GradientRecorder",
    "Lesson",
    "LevelHealth",
    "Losses",
    "Watched",
    "ask_between",
    "augmented",
    "clip_losses",
    "find_gradients",
    "knows_parts",
    "observe",
    "training_step",
    "watch",
]
