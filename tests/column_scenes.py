"""States made by hand, whose islands are known."""

from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F

from glom_video.islands import IslandSettings, LevelReading, Reading, parse
from glom_video.structures import GlomState, Islands, Motion, Parse

DEFAULT_SETTINGS = IslandSettings()
ROWS, COLUMNS = 18, 32
DIM = 16
LEVELS = {"part": 1, "object": 2}
PIXELS = 6
"""Of the motion grid, per column."""
PLAIN = np.full((ROWS * PIXELS, COLUMNS * PIXELS, 3), 128, np.uint8)
"""A picture that says nothing about borders."""


def read_out(vectors: torch.Tensor) -> torch.Tensor:
    """A pose read-out that says "number k is at (k/10, 0), a quarter of the frame's side, upright,
    moving right by a tenth of the frame a frame"."""
    number = vectors.argmax(1, keepdim=True).float()
    return torch.cat(
        [
            number / 10,
            0 * number,
            0 * number + np.log(0.25),
            -number,
            0 * number,
            0 * number + 1,
            0 * number,
        ],
        1,
    )


@dataclass(frozen=True)
class Scene:
    """Truth at column resolution: 0 is background, and each other number an island with a direction
    of its own."""

    objects: np.ndarray
    parts: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    def state(self, spread: float = 0.0) -> GlomState:
        """Vectors of each island point along its own axis (number k along axis k, the background
        along axis 0), give or take ``spread``."""
        random = torch.Generator().manual_seed(0)
        parts = self.parts if self.parts.size else self.objects
        levels = torch.zeros(1, 4, ROWS * COLUMNS, DIM)
        for level, ids in ((1, parts), (2, self.objects)):
            unit = F.one_hot(torch.from_numpy(ids).flatten(), DIM).float()
            levels[0, level] = (
                5 * unit + 5 * spread * torch.randn(unit.shape, generator=random) / DIM**0.5
            )
        return GlomState(levels, (ROWS, COLUMNS), 1)

    def parse(
        self,
        settings: IslandSettings = DEFAULT_SETTINGS,
        flow: tuple[float, float] = (0, 0),
        seconds: float = 0.04,
        spread: float = 0.0,
        camera: np.ndarray | None = None,
        levels: torch.Tensor | None = None,
    ) -> Parse:
        """``levels`` stand in for those of ``state``."""
        vectors = self.state(spread).levels if levels is None else levels
        agreement = torch.linspace(-0.5, 1, ROWS * COLUMNS)
        readings = {
            name: LevelReading(vectors[0, level], agreement) for name, level in LEVELS.items()
        }
        reading = Reading(
            (ROWS, COLUMNS),
            PLAIN,
            readings,
            vectors[0, 0],
            lambda vectors: F.cosine_similarity(vectors, torch.eye(DIM)[0], dim=-1),
            read_out,
        )
        planes = np.broadcast_to(
            np.array(flow, np.float32), (ROWS * PIXELS, COLUMNS * PIXELS, 2)
        ).copy()
        motion = Motion(
            planes,
            planes,
            np.ones(planes.shape[:2], np.float32),
            np.eye(3) if camera is None else camera,
        )
        return parse(reading, motion, seconds, settings)


def boxes(*areas: tuple[int, int, int, int]) -> np.ndarray:
    """Numbers from 1 in boxes of top, left, bottom, right."""
    ids = np.zeros((ROWS, COLUMNS), int)
    for number, (top, left, bottom, right) in enumerate(areas, 1):
        ids[top:bottom, left:right] = number
    return ids


def number_of(islands: Islands, row: int) -> int:
    """The truth's number of an island: the axis that its embedding points along."""
    return int(islands.embeddings[row].argmax())


def as_truth(islands: Islands) -> np.ndarray:
    """Labels, written with the truth's numbers."""
    return np.array([0, *(number_of(islands, row) for row in range(len(islands.embeddings)))])[
        islands.labels
    ]


THREE = Scene(
    objects=boxes((2, 2, 12, 8), (3, 14, 8, 30), (12, 20, 16, 24)),
    parts=boxes((2, 2, 6, 8), (6, 2, 12, 8), (3, 14, 8, 22), (3, 22, 8, 30), (12, 20, 16, 24)),
)
OBJECT_OF_PART = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}


def numbers(tree: Parse) -> set[int]:
    """The truth's numbers of all objects."""
    islands = tree.islands["object"]
    return {number_of(islands, i) for i in range(len(islands.embeddings))}


def ellipse(centre: tuple[float, float], axes: tuple[float, float], degrees: float) -> np.ndarray:
    """Columns in an ellipse; centre (x, y) and half axes in columns, turned from the x axis towards
    y, which points down."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    along, across = (
        (x - centre[0]) * np.cos(np.radians(degrees + turn))
        + (y - centre[1]) * np.sin(np.radians(degrees + turn))
        for turn in (0, 90)
    )
    return ((along / axes[0]) ** 2 + (across / axes[1]) ** 2 <= 1).astype(int)
