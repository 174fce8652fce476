"""Small clips for a perceiver with few columns, and what two percepts have in common."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from conftest import moving_square
from percepts import noise

from glom_video.islands import IslandSettings
from glom_video.motion import MotionSettings
from glom_video.perceive import Perceiver, Settings
from glom_video.structures import Frame, Islands, Percept, Tracks

FEW_COLUMNS = Settings(MotionSettings(working_pixels=72 * 96))
"""A working grid of 72x96 pixels, 12x16 columns, for speed."""
SETTINGS = replace(FEW_COLUMNS, islands=IslandSettings(min_area=0.01))


def clip(
    count: int, height: int = 72, width: int = 96, start: float = 12.5, rate: float = 30000 / 1001
) -> list[Frame]:
    images = moving_square(count, height, width)
    return [Frame(image, index, start + index / rate) for index, image in enumerate(images)]


def another_scene(height: int = 72, width: int = 96) -> np.ndarray:
    """Coarse bright noise that no flow explains from a moving square on dark ground."""
    return cv2.resize(
        128 + noise(height // 6, width // 6, seed=9) // 2,
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )


def assert_same(one: Percept, other: Percept) -> None:
    """Everything but the time spent is the same, bit for bit."""
    for level in ("part", "object"):
        for name in Islands.__slots__:
            assert np.array_equal(
                getattr(one.parse.islands[level], name), getattr(other.parse.islands[level], name)
            ), (level, name)
        for name in Tracks.__slots__:
            assert np.array_equal(
                getattr(one.tracks[level], name), getattr(other.tracks[level], name)
            ), (level, name)
    for name in ("flow", "residual", "validity", "camera", "is_cut"):
        assert np.array_equal(getattr(one.motion, name), getattr(other.motion, name)), name
    assert np.array_equal(one.parse.parent, other.parse.parent)


def shifting(seed: int) -> list[Frame]:
    """Four frames of a textured picture of its own that goes three pixels to the left with each."""
    rough = np.random.default_rng(seed).integers(0, 256, (24, 40, 3), np.uint8)
    wide = cv2.GaussianBlur(cv2.resize(rough, (400, 240), interpolation=cv2.INTER_CUBIC), (0, 0), 2)
    wide = wide if seed % 2 else wide // 3  # two scenes differ in brightness
    return [
        Frame(np.ascontiguousarray(wide[:216, 3 * index : 3 * index + 384]), index, index / 25)
        for index in range(4)
    ]


def seen_by(perceiver: Perceiver, frames: Sequence[Frame]) -> list[Percept]:
    return [perceiver(frame) for frame in frames]


def all_ids(percepts: Sequence[Percept], level: str = "object") -> set[int]:
    return {int(track_id) for percept in percepts for track_id in percept.tracks[level].ids}
