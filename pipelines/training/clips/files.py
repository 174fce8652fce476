"""Rendered clips as files, from the rendering process to the training one. Through a pipe, thirty
megabytes would keep the training process busy for 0.07 s."""

from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import torch
from jaxtyping import Float16, Float32, UInt8
from torch import Tensor


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """A rendered clip with its motion, small enough to keep many."""

    images: UInt8[np.ndarray, "t H W 3"]
    motion: Float16[np.ndarray, "t 7 H W"]
    parts: UInt8[np.ndarray, "t h w"]
    objects: UInt8[np.ndarray, "t h w"]
    elapsed: Float32[np.ndarray, " t"]
    """Frames since the one before."""
    interval: Float32[np.ndarray, " t"]
    """Over how many of those steps motion was measured."""


@dataclass(frozen=True, slots=True)
class ClipTensors:
    """A rendered clip in the memory of the device that trains."""

    images: UInt8[Tensor, "t H W 3"]
    motion: Float16[Tensor, "t 7 H W"]
    parts: UInt8[Tensor, "t h w"]
    objects: UInt8[Tensor, "t h w"]
    elapsed: Float32[Tensor, " t"]
    interval: Float32[Tensor, " t"]

    @classmethod
    def of(cls, clip: RenderedClip) -> "ClipTensors":
        return cls(
            **{item.name: torch.from_numpy(getattr(clip, item.name)) for item in fields(clip)}
        )


def write_clip_file(clip: RenderedClip, place: Path) -> Path:
    """Write a clip into a folder, for ``read_clip_file``."""
    kept = ClipTensors.of(clip)
    with NamedTemporaryFile(dir=place, suffix=".pt", delete=False) as file:
        torch.save({item.name: getattr(kept, item.name) for item in fields(kept)}, file)
    return Path(file.name)


def read_clip_file(path: Path, device: torch.device | None) -> ClipTensors:
    """Bring a clip that was left to a device. Python's lock is not held while it is copied."""
    stored = torch.load(path, mmap=True, weights_only=True)
    return ClipTensors(
        **{name: x.to(device or torch.device("cpu"), copy=True) for name, x in stored.items()}
    )
