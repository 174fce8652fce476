"""The parse tree of one frame, from the model's output."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int32
from torch import Tensor

from glom_video.islands.clustering import COLUMN_BACKGROUND, LEAST_COSINE, cluster_columns
from glom_video.islands.cues import measured_cues
from glom_video.islands.memberships import (
    Ground,
    finer_cosines,
    ground_of,
    memberships_of,
    without_specks,
)
from glom_video.islands.outlines import fit_outlines
from glom_video.islands.poses import Moved, measured_poses, read_poses
from glom_video.islands.reading import Reading
from glom_video.islands.regions import (
    REACH,
    Region,
    dilated,
    find_regions,
    join_fragments,
    means,
    split_background,
)
from glom_video.islands.settings import MOST, IslandSettings
from glom_video.structures import Islands, Motion, Parse

Embeddings = Mapping[str, Float32[np.ndarray, "j d"]]
NOTHING: Embeddings = MappingProxyType({})
"""Before the first frame of a scene."""


def parse(
    reading: Reading,
    motion: Motion,
    seconds: float,
    settings: IslandSettings,
    before: Embeddings = NOTHING,
) -> Parse:
    """The parse tree of one frame.

    Args:
        seconds: since the previous frame; turns motion into velocity.
        before: embeddings of the previous frame's islands, by level; empty at the beginning of a
            scene.
    """
    ground = ground_of(reading)
    moved = Moved(motion, motion.flow_in_cells(*ground.between.shape), seconds)
    found = _find(reading, "object", ground, settings, before)
    regions, background = split_background(
        join_fragments(found.regions, found.centres), ground.columns
    )
    ground = ground.and_where(background)
    regions = regions[: settings.max_objects]
    objects = _islands(reading, "object", ground, moved, found, regions)
    cues = measured_cues(objects.memberships, ground.columns, regions, moved)
    found = _find(reading, "part", ground, settings, before)
    parts = _islands(reading, "part", ground, moved, found, found.regions[: MOST["part"]])
    inside = fit_outlines(objects.memberships, reading.picture, motion)
    islands = {
        "part": replace(parts, inside=inside),
        "object": replace(objects, inside=inside, cues=cues),
    }
    return Parse(islands, _parents(parts, objects))


@dataclass(frozen=True, slots=True)
class _Found:
    """Clusters of a level and their regions."""

    centres: Float[Tensor, "k d"]
    """Unit vectors."""
    cosines: Float32[np.ndarray, "k h w"]
    """Cosines of the columns, shifted if the level is."""
    regions: list[Region]


def _find(
    reading: Reading, name: str, ground: Ground, settings: IslandSettings, before: Embeddings
) -> _Found:
    """Islands of one level among the columns that are not background."""
    unit = F.normalize(reading.levels[name].vectors.float(), dim=-1)
    most = settings.max_objects if name == "object" else MOST[name]
    figure = torch.from_numpy(ground.columns < COLUMN_BACKGROUND)
    shifted, centres = cluster_columns(unit, figure, name, most, before.get(name), reading.products)
    cosines = _cosines(centres, shifted, reading.grid)
    agreements = cosines if shifted is unit else _cosines(centres, unit, reading.grid)
    return _Found(
        centres, cosines, find_regions(_assign(ground.columns, cosines), agreements, settings)
    )


def _islands(
    reading: Reading, name: str, ground: Ground, moved: Moved, found: _Found, regions: list[Region]
) -> Islands:
    """The islands of a level from the regions of its clusters."""
    level = reading.levels[name]
    vectors = level.vectors.float()
    rows, columns = [region.row for region in regions], [region.columns for region in regions]
    planes = found.cosines[rows]
    for plane, own in zip(planes, columns, strict=True):
        plane[~dilated(own, REACH)] = -1.0
    finer = finer_cosines(planes)
    if name == "part":
        finer = without_specks(finer)
    memberships = memberships_of(ground.between, finer)
    return Islands(
        labels=_assign(ground.columns, planes),
        embeddings=found.centres.numpy()[rows],
        agreement=np.array([region.agreement for region in regions], np.float32).clip(0, 1),
        pose=measured_poses(memberships, moved),
        read_pose=read_poses(reading, vectors, columns, moved),
        appearance=F.normalize(means(reading.patches.float(), columns), dim=-1).numpy(),
        memberships=memberships,
        column_agreement=level.agreement.float().clamp(0, 1).view(reading.grid).numpy(),
    )


def _cosines(
    centres: Float[Tensor, "k d"], unit: Float[Tensor, "n d"], grid: tuple[int, int]
) -> Float32[np.ndarray, "k h w"]:
    return (centres @ unit.T).view(-1, *grid).numpy()


def _assign(
    ground: Float32[np.ndarray, "h w"], cosines: Float32[np.ndarray, "k h w"]
) -> Int32[np.ndarray, "h w"]:
    """Nearest island of each column as row + 1; 0 for background, or if it is like no island."""
    if not len(cosines):
        return np.zeros(ground.shape, np.int32)
    none = (ground > COLUMN_BACKGROUND) | (cosines.max(0) < LEAST_COSINE)
    return np.where(none, 0, cosines.argmax(0) + 1).astype(np.int32)


def _parents(parts: Islands, objects: Islands) -> Int32[np.ndarray, " k"]:
    """Per part, the label of the object that it shares most membership with; 0 if there is no
    object."""
    if not len(objects.embeddings) or not len(parts.embeddings):
        return np.zeros(len(parts.embeddings), np.int32)
    part_shares = parts.memberships[1:].reshape(len(parts.embeddings), -1)
    object_shares = objects.memberships[1:].reshape(len(objects.embeddings), -1)
    return ((part_shares @ object_shares.T).argmax(1) + 1).astype(np.int32)
