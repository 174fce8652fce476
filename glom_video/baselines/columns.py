"""Peers with columns: this model without carried state, and glom-pytorch with its levels carried
from frame to frame."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from glom_video.baselines.peer import Answer
from glom_video.glom import Glom
from glom_video.islands import IslandSettings, LevelReading, Reading, parse
from glom_video.perceive import DEFAULT_SETTINGS, Perceiver, Settings
from glom_video.structures import Frame, InvalidInput, Motion
from glom_video.track import Tracker


class EachAlone:
    """Peer: a Glom under the same motion, islands and tracker, whose columns begin a new state in
    every frame."""

    def __init__(
        self, height: int, width: int, glom: Glom, settings: Settings = DEFAULT_SETTINGS
    ) -> None:
        self._size = height, width
        self._perceiver = Perceiver(glom, settings)

    def __call__(self, frame: Frame, motion: Motion) -> Answer:
        self._perceiver.forget()
        output = self._perceiver.update_columns(self._perceiver.prepare(frame, motion))
        return Answer.of(self._perceiver.parse_and_track(output).tracks, *self._size)


class GlomPytorch:
    """Peer: ``glom-pytorch`` (github.com/lucidrains/glom-pytorch) as its README runs it on video,
    under the same islands and tracker.

    Its levels are carried from frame to frame, 10 iterations in the first and 6 in each later one.
    It has no weights to load, so it is what an untrained GLOM does; the same seed draws the same
    weights. It has no background: everything is an island.
    """

    SIDE, PATCH, LEVELS, DIM = 224, 14, 5, 128
    PART, OBJECT = 2, 4
    """Levels that are read as parts and objects."""
    FIRST_ITERATIONS, LATER_ITERATIONS = 10, 6

    def __init__(self, height: int, width: int) -> None:
        self._size = height, width
        self._glom = _glom_pytorch(self.SIDE, self.PATCH, self.LEVELS, self.DIM)
        self._levels: Float32[Tensor, "1 n l d"] | None = None
        self._tracker = Tracker()
        self._seconds = 0.0

    def __call__(self, frame: Frame, motion: Motion) -> Answer:
        self._levels = self._swept(frame, None if motion.is_cut else self._levels)
        seconds, self._seconds = max(frame.pts_seconds - self._seconds, 1e-3), frame.pts_seconds
        tree = parse(self._reading(frame, self._levels[0]), motion, seconds, IslandSettings())
        return Answer.of(
            self._tracker.update(tree, motion, frame.index, frame.pts_seconds), *self._size
        )

    def _reading(self, frame: Frame, levels: Float32[Tensor, "n l d"]) -> Reading:
        """Nothing is background, and nothing is known of poses or of how far contributions
        agree."""
        side = self.SIDE // self.PATCH
        named = {"part": self.PART, "object": self.OBJECT}
        read = {
            name: LevelReading(levels[:, level], torch.zeros(side**2))
            for name, level in named.items()
        }
        return Reading(
            grid=(side, side),
            picture=frame.image,
            levels=read,
            patches=levels[:, 0],
            groundness=lambda vectors: torch.full((len(vectors),), -1.0),
            pose=lambda vectors: torch.zeros(len(vectors), 7),
        )

    @torch.inference_mode()
    def _swept(
        self, frame: Frame, levels: Float32[Tensor, "1 n l d"] | None
    ) -> Float32[Tensor, "1 n l d"]:
        import cv2

        small = cv2.resize(frame.image, (self.SIDE, self.SIDE), interpolation=cv2.INTER_AREA)
        image = torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1)[None]
        return self._glom(
            image,
            iters=self.FIRST_ITERATIONS if levels is None else self.LATER_ITERATIONS,
            levels=levels,
        )


def _glom_pytorch(side: int, patch: int, levels: int, dim: int) -> Any:
    try:
        from glom_pytorch import Glom as PlainGlom
    except ImportError:
        raise InvalidInput(
            "the glom-pytorch peer needs glom-pytorch",
            "Install it: pip install 'glom-video[peers]'.",
        ) from None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return PlainGlom(dim=dim, levels=levels, image_size=side, patch_size=patch).eval()
