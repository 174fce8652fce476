"""Stands in for the network that finds the main objects of photographs."""

from pathlib import Path

import numpy as np


class FindsTheMiddle:
    """Whatever a picture shows, its object is the square in the middle."""

    def __init__(self, _: Path) -> None:
        return

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        mask = np.zeros(picture.shape[:2], np.float32)
        middle = tuple(slice(side // 4, -side // 4) for side in picture.shape[:2])
        mask[middle] = 1
        return mask
