"""Percepts with known memberships, label maps, and pictures of noise."""

import numpy as np

from glom_video.structures import Frame, Islands, Motion, Parse, Percept, Tracks

Box = tuple[int, int, int, int]
"""Pixels: left, top, right, bottom."""


def tracks_of(
    boxes: dict[int, Box], height: int, width: int, parents: dict[int, int] | None = None
) -> Tracks:
    """Tracks with hard memberships, one cell a pixel, each a box; later ones lie on top."""
    ids = np.zeros((height, width), np.int32)
    for track_id, (left, top, right, bottom) in boxes.items():
        ids[top:bottom, left:right] = track_id
    return tracks_from_ids(ids, sorted(boxes), parents)


def tracks_from_ids(
    ids: np.ndarray, order: list[int], parents: dict[int, int] | None = None
) -> Tracks:
    k = len(order)
    memberships = np.stack([ids == track_id for track_id in (0, *order)]).astype(np.float32)
    parent_ids = np.array([(parents or {}).get(track_id, 0) for track_id in order], np.int32)
    return Tracks(
        ids=np.array(order, np.int32),
        parent_ids=parent_ids,
        embeddings=np.eye(max(k, 1), 8, dtype=np.float32)[:k],
        agreement=np.linspace(0.9, 0.6, k, dtype=np.float32),
        score=np.linspace(0.8, 0.5, k, dtype=np.float32),
        pose=np.zeros((k, 6), np.float32),
        read_pose=np.zeros((k, 6), np.float32),
        memberships=memberships,
        age_frames=np.ones(k, np.int32),
        age_seconds=np.zeros(k, np.float32),
        missed_frames=np.zeros(k, np.int32),
        names=tuple(map(str, order)),
    )


def percept_of(image: np.ndarray, objects: Tracks, parts: Tracks, index: int = 0) -> Percept:
    """A percept of one frame with these tracks; its islands say the same as its tracks."""
    still = np.zeros((4, 4, 2), np.float32)
    motion = Motion(
        flow=still, residual=still, validity=np.ones((4, 4), np.float32), camera=np.eye(3)
    )
    parse = Parse(
        islands={"part": _islands(parts), "object": _islands(objects)},
        parent=np.zeros(len(parts.ids), np.int32),
    )
    return Percept(
        Frame(image, index, index / 25), motion, parse, {"part": parts, "object": objects}
    )


def _islands(tracks: Tracks) -> Islands:
    return Islands(
        labels=tracks.memberships.argmax(0).astype(np.int32),
        embeddings=tracks.embeddings,
        agreement=tracks.agreement,
        pose=tracks.pose,
        read_pose=tracks.read_pose,
        appearance=tracks.embeddings,
        memberships=tracks.memberships,
        column_agreement=tracks.memberships.max(0),
    )


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture (H W 3) uint8 without two like pixels side by side."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
