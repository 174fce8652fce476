"""Poses of the true segments of a clip that the model finds: read out of an island's vector, and
measured on the island."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Integer, UInt8

from glom_video.glom import Glom
from glom_video.islands import in_units
from glom_video.learn.pose import true_poses
from glom_video.perceive import Settings, perceive
from glom_video.structures import FINER
from glom_video_pipelines.study.held_out_clips import FRAMES_PER_SECOND, frames_of
from glom_video_pipelines.study.matching import at_cells, island_map, matched

ELONGATED = 0.4
"""Difference of a segment's two principal moments over their sum, above which it has an
orientation."""


@dataclass(frozen=True, slots=True)
class PoseMeasurement:
    """One true segment in one frame."""

    frame: int
    level: str
    id: int
    read: Float32[np.ndarray, "6"]
    """Read out of the island's vector."""
    measured: Float32[np.ndarray, "6"]
    """Centroid and moments of the island, flow under it: the control."""
    true: Float32[np.ndarray, "6"]
    is_elongated: bool
    is_moving: bool
    """Its velocity is known: it was visible in the frame before."""
    cells: int
    """Of the membership grid that it truly covers."""


def measure_poses(
    glom: Glom,
    images: UInt8[np.ndarray, "t H W 3"],
    truth: dict[str, Integer[np.ndarray, "t H W"]],
    settings: Settings,
) -> Iterator[PoseMeasurement]:
    """The segments that an island matches, IoU of half or more, from the second frame on (of the
    first no motion is known), in frames that update the columns: in others, islands are those of
    the frame before. ``truth`` by level."""
    known: dict[str, _TruePoses] = {}
    for percept in perceive(frames_of(images), glom, settings):
        t = percept.frame.index
        for level, islands in percept.parse.islands.items():
            h, w = islands.labels.shape
            if level not in known:
                known[level] = _TruePoses.of(at_cells(truth[level], (h * FINER, w * FINER)))
            own = known[level]
            if t == 0 or not percept.is_tick:
                continue
            for number, row in matched(own.ids[t], island_map(islands)).items():
                place, before = (t, number - 1), (t - 1, number - 1)
                yield PoseMeasurement(
                    frame=t,
                    level=level,
                    id=number,
                    read=islands.read_pose[row - 1],
                    measured=islands.pose[row - 1],
                    true=own.poses[place],
                    is_elongated=bool(own.elongated[place]),
                    is_moving=bool(own.exists[place] and own.exists[before]),
                    cells=int((own.ids[t] == number).sum()),
                )


@dataclass(frozen=True, slots=True)
class _TruePoses:
    """Of the segments of a clip at one level: number ``k`` has id ``k + 1``."""

    ids: Integer[np.ndarray, "t hs ws"]
    poses: Float32[np.ndarray, "t k 6"]
    elongated: np.ndarray
    exists: np.ndarray

    @classmethod
    def of(cls, ids: Integer[np.ndarray, "t hs ws"]) -> "_TruePoses":
        """By the definition that the read-out is trained with, on finer cells."""
        numbers, exists = true_poses(torch.from_numpy(ids.astype(np.int64))[None])
        trained: Float[np.ndarray, "t k 7"] = numbers[0].numpy()
        poses = in_units(trained.reshape(-1, 7), 1 / FRAMES_PER_SECOND)
        elongated = np.linalg.norm(trained[..., 3:5], axis=-1) > ELONGATED
        return cls(ids, poses.reshape(*trained.shape[:2], 6), elongated, exists[0].numpy())
