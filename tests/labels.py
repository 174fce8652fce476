"""Label maps for tests of metrics: made by hand, and clips of moving shapes."""

import cv2
import numpy as np


def row(*ids: int) -> np.ndarray:
    """A label map of one line of pixels."""
    return np.array([ids], np.int32)


def boxes(height: int, width: int, **named: tuple[int, int, int, int]) -> np.ndarray:
    """A label map: ``_3=(top, left, bottom, right)`` paints id 3."""
    labels = np.zeros((height, width), np.int32)
    for name, (top, left, bottom, right) in named.items():
        labels[top:bottom, left:right] = int(name[1:])
    return labels


def runs(mask: np.ndarray) -> dict[str, object]:
    """A mask in YouTube-VIS json as an unpacked list of runs, column by column, the first of
    zeros."""
    flat = mask.ravel(order="F").astype(np.int8)
    changes = np.flatnonzero(np.diff(flat, prepend=0))
    return {
        "size": list(mask.shape),
        "counts": np.diff(np.concatenate([[0], changes, [flat.size]])).tolist(),
    }


def blobs(
    seed: int, frames: int = 6, count: int = 4, height: int = 48, width: int = 64
) -> list[np.ndarray]:
    """A clip of drifting ellipses over each other, ids 1 up; some leave the picture."""
    rng = np.random.default_rng(seed)
    places, speeds, axes = (
        rng.uniform(0, 1, (count, 2)),
        rng.uniform(-0.05, 0.05, (count, 2)),
        rng.integers(5, 14, (count, 2)),
    )
    clip = []
    for t in range(frames):
        labels = np.zeros((height, width), np.int32)
        for i in range(count):
            x, y = (places[i] + t * speeds[i]) * (width, height)
            cv2.ellipse(
                labels, (int(x), int(y)), axes[i].tolist(), 20 * i + 5 * t, 0, 360, i + 1, -1
            )
        clip.append(labels)
    return clip


def perturbed(clip: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """What a tracker might make of a clip: shifted, with ids that change and an island of its
    own."""
    rng = np.random.default_rng(seed)
    out = []
    for labels in clip:
        ids = np.arange(labels.max() + 2) + 10
        ids[0] = 0
        if rng.random() < 0.4:
            ids[1:3] = ids[[2, 1]]
        moved = ids[np.roll(labels, rng.integers(-2, 3, 2), (0, 1))]
        moved[:6, :9] = 40
        out.append(moved.astype(np.int32))
    return out
