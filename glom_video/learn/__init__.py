"""Losses and one training step. Needs neither av nor decord, so it trains anywhere."""

from glom_video.learn.adaptation import SelfDistillation
from glom_video.learn.batch import Batch, Footage, augmented
from glom_video.learn.losses import Losses, clip_losses, has_parts
from glom_video.learn.monitors import CollapseMonitor, LevelStatistics, level_statistics
from glom_video.learn.recorded import GradientRecorder
from glom_video.learn.steps import (
    FindGradients,
    UnrolledClips,
    find_gradients,
    training_step,
    unroll,
)

__all__ = [
    "Batch",
    "CollapseMonitor",
    "FindGradients",
    "Footage",
    "GradientRecorder",
    "LevelStatistics",
    "Losses",
    "SelfDistillation",
    "UnrolledClips",
    "augmented",
    "clip_losses",
    "find_gradients",
    "has_parts",
    "level_statistics",
    "training_step",
    "unroll",
]
