"""A DAVIS tree of one rendered clip, predictions of it, and a model that sees it as it is; and a
report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import SMALL, moving_square, write_video
from percepts import percept_of, tracks_from_ids
from PIL import Image

from glom_video.perceive import PreparedFrame
from glom_video.structures import Percept
from glom_video_pipelines.evaluate import EvaluateOptions, run_evaluate


@dataclass(frozen=True)
class Tree:
    """A DAVIS tree of one rendered clip: two squares, one of two parts, that cross noise."""

    root: Path
    predictions: Path
    frames: int


def write_mask(path: Path, labels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(labels.astype(np.uint8)).save(path)


def scene(t: int) -> tuple[np.ndarray, np.ndarray]:
    """True parts and objects of one frame."""
    parts = np.zeros((60, 80), np.int32)
    parts[10:40, 5 + 2 * t : 15 + 2 * t] = 1
    parts[10:40, 15 + 2 * t : 25 + 2 * t] = 2
    parts[45:57, 60 - 2 * t : 75 - 2 * t] = 3
    return parts, np.array([0, 1, 1, 2], np.int32)[parts]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    ground = cv2.resize(
        np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8),
        (80, 60),
        interpolation=cv2.INTER_CUBIC,
    )
    colours = np.random.default_rng(1).integers(0, 256, (4, 3), np.uint8)
    for t in range(6):
        parts, objects = scene(t)
        picture = np.where(parts[..., None] > 0, colours[parts], ground)
        path = tmp_path / "truth" / "JPEGImages" / "60p" / "squares" / f"{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
        for root, offset in (("truth", 0), ("ours", 6)):
            for level, ids in (("part", parts), ("object", objects)):
                folder = tmp_path / root / "Annotations" / level / "squares"
                write_mask(folder / f"{t:05d}.png", np.where(ids, ids + offset, 0))
    return Tree(tmp_path / "truth", tmp_path / "ours", 6)


def fake_model() -> Callable[[PreparedFrame], Percept]:
    """A model that sees the scene as it is, one track per segment."""

    def see(prepared: PreparedFrame) -> Percept:
        frame = prepared.frame
        parts, objects = scene(frame.index)
        return percept_of(
            frame.image,
            tracks_from_ids(objects, [1, 2]),
            tracks_from_ids(parts, [1, 2, 3]),
            frame.index,
        )

    return see


def write_report(folder: Path, weights: Path) -> Path:
    """The report of a small clip, with controls: its folder."""
    write_video(folder / "clip.mp4", moving_square(12))
    options = EvaluateOptions(
        (str(folder / "clip.mp4"),),
        controls=True,
        out=folder / "report",
        weights=str(weights),
        settings=SMALL,
    )
    assert run_evaluate(options) == 0
    return folder / "report"
