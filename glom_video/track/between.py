"""Tracks of the last tick, carried to a later frame."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

import numpy as np
from jaxtyping import Float32

from glom_video.structures import Tracks, resized_flow

STILL = 0.1
"""Motion in cells up to which a map is kept unchanged."""


def carried_along(
    tracks: Mapping[str, Tracks],
    since_tick: Float32[np.ndarray, "hc wc 2"],
    frames: int,
    seconds: float,
) -> dict[str, Tracks]:
    """The tracks of each level at their present places, ``frames`` and ``seconds`` older.

    Args:
        since_tick: flow from now back to the tick, in pixels of its own grid.
    """
    import cv2

    # Levels share their grids.
    flow_on = cache(partial(resized_flow, since_tick, interpolation=cv2.INTER_LINEAR))
    insides = {id(each.inside): each.inside for each in tracks.values() if each.inside is not None}
    outlines = {
        key: _carried(inside[None], flow_on(*inside.shape))[0] for key, inside in insides.items()
    }
    moved = {}
    for level, each in tracks.items():
        flow = flow_on(*each.memberships.shape[1:])
        moved[level] = replace(
            each,
            memberships=_carried(each.memberships, flow),
            inside=outlines.get(id(each.inside)),
            pose=_moved(each, flow),
            age_frames=each.age_frames + np.int32(frames),
            age_seconds=each.age_seconds + np.float32(seconds),
            missed_frames=np.zeros_like(each.missed_frames),
        )
    return moved


def _carried(
    maps: Float32[np.ndarray, "k h w"], flow: Float32[np.ndarray, "h w 2"]
) -> Float32[np.ndarray, "k h w"]:
    import cv2

    height, width = maps.shape[1:]
    if np.abs(flow).max() < STILL:
        return maps
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    source_x, source_y = x + flow[..., 0], y[:, None] + flow[..., 1]
    return np.stack(
        [
            cv2.remap(each, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for each in maps
        ]
    )


def _moved(tracks: Tracks, flow: Float32[np.ndarray, "h w 2"]) -> Float32[np.ndarray, "k 6"]:
    """Poses with centres shifted by the mean motion in each track."""
    if not len(tracks.ids):
        return tracks.pose
    height, width = flow.shape[:2]
    shares = tracks.memberships[1:].reshape(len(tracks.ids), -1)
    shares_of_frame = flow.reshape(-1, 2) / np.array([width, height], np.float32)
    moved = shares @ shares_of_frame / np.maximum(shares.sum(1, keepdims=True), 1e-6)
    pose = tracks.pose.copy()
    pose[:, :2] -= moved
    return pose
