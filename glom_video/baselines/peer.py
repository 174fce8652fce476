"""The interface of peers: a callable, one per clip, from a frame and the motion that leads to it to
label maps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Int32, Integer

from glom_video.structures import Frame, Motion, Tracks, id_image

Vectors = Mapping[str, tuple[Int32[np.ndarray, " k"], Float32[np.ndarray, "k d"]]]
"""Ids and embeddings of the islands of a frame by level."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A method's output for one frame."""

    labels: Mapping[str, Integer[np.ndarray, "H W"]]
    """Ids by level, 0 = background."""
    vectors: Vectors = field(default_factory=dict)
    """Of the levels whose islands have embeddings."""

    @classmethod
    def of(cls, tracks: Mapping[str, Tracks], height: int, width: int) -> "Answer":
        """What tracks by level say, at a size."""
        return cls(
            {level: id_image(of_level, height, width) for level, of_level in tracks.items()},
            {level: (of_level.ids, of_level.embeddings) for level, of_level in tracks.items()},
        )


@runtime_checkable
class Peer(Protocol):
    """One per clip. Answers at the size that it was made for."""

    def __call__(self, frame: Frame, motion: Motion) -> Answer: ...
