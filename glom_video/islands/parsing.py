"""The parse tree of one frame, from what the model says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int32
from torch import Tensor

from glom_video.islands.founding import GROUND, LEAST, found_islands
from glom_video.islands.memberships import Ground, finer_cosines, ground_of, memberships_of
from glom_video.islands.outlines import fit_outlines
from glom_video.islands.poses import Moved, measured_poses, read_poses
from glom_video.islands.reading import MOST, IslandRules, Reading
from glom_video.islands.regions import Region, find_regions, join_scraps, means, reached, split_doubtful
from glom_video.structures import Islands, Motion, Parse

Embeddings = Mapping[str, Float32[np.ndarray, "j d"]]
NOTHING: Embeddings = MappingProxyType({})


def parse(reading: Reading, motion: Motion, seconds: float, rules: IslandRules, before: Embeddings = NOTHING) -> Parse:
    """The parse tree of one frame.

    Args:
        seconds: since the frame before; turns motion into velocity.
        before: by level, the embeddings of the islands of the frame before; none where a scene begins.
    """
    ground = ground_of(reading, reading.levels["object"])
    moved = Moved(motion, motion.flow_in_cells(*ground.between.shape), seconds)
    found = _find(reading, "object", ground, rules, before)
    sure, doubtful = split_doubtful(join_scraps(found.regions, found.founders), ground.columns)
    ground = ground.and_where(doubtful)
    objects = _islands(reading, "object", ground, moved, found, sure[: rules.max_objects])
    found = _find(reading, "part", ground, rules, before)
    parts = _islands(reading, "part", ground, moved, found, found.regions[: MOST["part"]])
    inside = fit_outlines(objects.memberships, reading.picture, motion)
    islands = {"part": replace(parts, inside=inside), "object": replace(objects, inside=inside)}
    return Parse(islands, _parents(parts, objects))


@dataclass(frozen=True, slots=True)
class _Found:
    """Islands of a level, before they are worth a name."""

    founders: Float[Tensor, "k d"]
    """Unit vectors."""
    cosines: Float32[np.ndarray, "k h w"]
    """Of the columns, settled where the level settles."""
    regions: list[Region]


def _find(reading: Reading, name: str, ground: Ground, rules: IslandRules, before: Embeddings) -> _Found:
    """Islands of one level among the columns that are not background."""
    unit = F.normalize(reading.levels[name].vectors.float(), dim=-1)
    most = rules.max_objects if name == "object" else MOST[name]
    settled, founders = found_islands(unit, torch.from_numpy(ground.columns < GROUND), name, most, before.get(name))
    cosines = _cosines(founders, settled, reading.grid)
    agreements = cosines if settled is unit else _cosines(founders, unit, reading.grid)
    return _Found(founders, cosines, find_regions(_assign(ground.columns, cosines), agreements, rules))


def _islands(reading: Reading, name: str, ground: Ground, moved: Moved, found: _Found, named: list[Region]) -> Islands:
    """What is to be known of the regions that are worth a name."""
    level = reading.levels[name]
    vectors = level.vectors.float()
    rows, regions = [region.row for region in named], [region.columns for region in named]
    reaches = np.stack([reached(region) for region in regions]) if regions else np.zeros((0, *reading.grid), bool)
    planes = np.where(reaches, found.cosines[rows], -1.0)
    finer = finer_cosines(planes, reaches, found.founders[rows], level.between)
    memberships = memberships_of(ground.between, finer)
    return Islands(
        labels=_assign(ground.columns, planes),
        embeddings=found.founders.numpy()[rows],
        agreement=np.array([region.agreement for region in named], np.float32).clip(0, 1),
        pose=measured_poses(memberships, moved),
        read_pose=read_poses(reading, vectors, regions, moved),
        appearance=F.normalize(means(reading.patches.float(), regions), dim=-1).numpy(),
        memberships=memberships,
        column_agreement=level.agreement.float().clamp(0, 1).view(reading.grid).numpy(),
    )


def _cosines(founders: Float[Tensor, "k d"], unit: Float[Tensor, "n d"], grid: tuple[int, int]) -> Float32[np.ndarray, "k h w"]:
    return (founders @ unit.T).view(-1, *grid).numpy()


def _assign(ground: Float32[np.ndarray, "h w"], cosines: Float32[np.ndarray, "k h w"]) -> Int32[np.ndarray, "h w"]:
    """Nearest island of each column as row + 1; 0 where it is background, or like no island."""
    if not len(cosines):
        return np.zeros(ground.shape, np.int32)
    none = (ground > GROUND) | (cosines.max(0) < LEAST)
    return np.where(none, 0, cosines.argmax(0) + 1).astype(np.int32)


def _parents(parts: Islands, objects: Islands) -> Int32[np.ndarray, " k"]:
    """For each part the label of the object that it shares most membership with; 0 where there is no object."""
    if not len(objects.embeddings) or not len(parts.embeddings):
        return np.zeros(len(parts.embeddings), np.int32)
    shared = parts.memberships[1:].reshape(len(parts.embeddings), -1) @ objects.memberships[1:].reshape(len(objects.embeddings), -1).T
    return (shared.argmax(1) + 1).astype(np.int32)
