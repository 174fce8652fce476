"""State -> islands per level, and which part lies in which object: the parse tree of one frame (A8).

An island is a set of columns whose vectors at a level point the same way. Islands are founded where most columns agree, one after the other;
no slots, no fixed number. The model itself says what is background: a column whose object vector is near enough to the
background's vector (``Glom.groundness``) belongs to no object, and to no part. torch ends here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float32, Float64, Int32
from torch import Tensor

from glom_video.structures import FINER, REACH, Islands, Motion, Parse

SLOPE = 10.0
"""Of memberships over cosines: the constant of the loss that taught them."""
FOUNDING = 0.65
"""Columns found an island together above this cosine. The loss puts even odds at 0.5; neighbours that run together are the larger loss, and on
rendered validation clips figures of objects and of parts are best here (tried: 0.55 to 0.7)."""
GROUND = 0.47
"""Columns whose cosine to the background's vector is above this belong to the background. The loss weighs background and objects alike, which
puts even odds at 0.5; most of a frame is background, which speaks for less. On rendered validation clips the ARI is best at 0.39 and the
foreground ARI above 0.5."""
LEAST = 0.3
"""A column less like every island than this belongs to none of them."""
FOUNDING_SAMPLE = 512
"""Columns among which founders are sought."""
SPECK = 0.1
"""Regions of an island smaller than this share of its largest are no islands of their own."""
MOST = {"part": 40, "object": 16}
"""Islands per level at the most."""


@dataclass(frozen=True, slots=True)
class IslandRules:
    """What counts as an island worth naming."""

    min_area: float = 0.002
    """Share of the frame, in [0, 1]."""
    min_agreement: float = 0.0
    """Mean cosine of an island's columns to its embedding, in [0, 1]."""
    max_objects: int = MOST["object"]


@dataclass(frozen=True, slots=True)
class LevelReading:
    """One frame's vectors at a named level, and how far the contributions to each agree."""

    vectors: Float[Tensor, "n d"]
    between: Float[Tensor, "m d"] | None
    """On a grid FINER times finer; None where nothing is known between columns."""
    agreement: Float[Tensor, " n"]
    """In [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model says of one frame of one stream."""

    grid: tuple[int, int]
    levels: Mapping[str, LevelReading]
    """Keys: ``part`` and ``object``."""
    patches: Float[Tensor, "n d"]
    """The lowest level."""
    groundness: Callable[[Float[Tensor, "m d"]], Float[Tensor, " m"]]
    """Cosine of object vectors to the background's."""
    pose: Callable[[Float[Tensor, "k d"]], Float[Tensor, "k 7"]]
    """The pose read-out: centre x, y; log scale; cosine and sine of twice the orientation; velocity against the camera
    in tenths of the frame per frame."""


def parse(reading: Reading, motion: Motion, seconds: float, rules: IslandRules) -> Parse:
    """The parse tree of one frame.

    Args:
        seconds: since the frame before; turns motion into velocity.
    """
    objects = reading.levels["object"]
    ground = _ground(reading, objects)
    moved = Moved(motion, motion.flow_in_cells(*ground.between.shape), seconds)
    islands = {}
    for name, level in reading.levels.items():
        most = rules.max_objects if name == "object" else MOST[name]
        islands[name] = _level_islands(reading, level, ground, moved, rules, most)
    return Parse(islands, _parents(islands["part"], islands["object"]))


@dataclass(frozen=True, slots=True)
class Ground:
    """Cosine of each column's object vector to the background's, and the same between columns."""

    columns: Float32[np.ndarray, "h w"]
    between: Float32[np.ndarray, "hs ws"]
    """1 out of the reach of all islands."""


def _ground(reading: Reading, objects: LevelReading) -> Ground:
    columns = reading.groundness(objects.vectors).float().cpu().view(reading.grid).numpy()
    if objects.between is None:
        return Ground(columns, _finer(columns))
    cells = np.flatnonzero(_reached(columns <= GROUND).repeat(FINER, 0).repeat(FINER, 1))  # most of a frame is background
    between = np.ones(columns.size * FINER**2, np.float32)
    between[cells] = reading.groundness(objects.between[torch.from_numpy(cells).to(objects.between.device)]).float().cpu().numpy()
    return Ground(columns, between.reshape(columns.shape[0] * FINER, -1))


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved since the frame before."""

    motion: Motion
    flow: Float32[np.ndarray, "hs ws 2"]
    """Backward, in cells of the finer grid."""
    seconds: float


def find_founders(unit: Float[Tensor, "m d"], most: int) -> Float[Tensor, "k d"]:
    """Greedily, the vector with most unclaimed vectors near it founds an island, whose mean direction claims what is near it.

    Returns the islands' unit mean vectors, largest first. ``m`` may be 0.
    """
    if not len(unit):
        return unit
    pool = unit[:: -(-len(unit) // FOUNDING_SAMPLE)].numpy()  # whose small operations take half the time of torch's
    near = (pool @ pool.T > FOUNDING).astype(np.float32)  # a product counts as exactly as a sum of booleans, in a fifth of its time
    free = np.ones(len(pool), np.float32)
    founders: list[Float32[np.ndarray, " d"]] = []
    while free.any() and len(founders) < most:
        seed = int(((near @ free) * free).argmax())
        total = (near[seed] * free) @ pool
        founder = total / np.linalg.norm(total).clip(1e-12)
        free *= (pool @ founder <= FOUNDING) & (near[seed] == 0)
        free[seed] = 0
        founders.append(founder)
    return torch.from_numpy(np.stack(founders)) if founders else unit[:0]


def _level_islands(reading: Reading, level: LevelReading, ground: Ground, moved: Moved, rules: IslandRules, most: int) -> Islands:
    """Islands of one level among the columns that are not background."""
    vectors = level.vectors.float()
    unit = F.normalize(vectors, dim=-1).cpu()
    found = find_founders(unit[torch.from_numpy(ground.columns.ravel() < GROUND)], most)
    cosines = (found @ unit.T).view(-1, *reading.grid).numpy()
    named = _regions(_assign(ground.columns, cosines), cosines, rules)[:most]
    rows, regions = [region.row for region in named], [region.columns for region in named]
    reaches = np.stack([_reached(region) for region in regions]) if regions else np.zeros((0, *reading.grid), bool)
    planes = np.where(reaches, cosines[rows], -1.0)
    finer = _finer_cosines(planes, reaches, found[rows], level.between)
    memberships = _memberships(ground.between, finer)
    return Islands(
        labels=_assign(ground.columns, planes),
        embeddings=found.numpy()[rows],
        agreement=np.array([region.agreement for region in named], np.float32).clip(0, 1),
        pose=_poses(memberships, moved),
        read_pose=_read_poses(reading, vectors, regions, moved),
        appearance=F.normalize(_means(reading.patches.float(), regions), dim=-1).cpu().numpy(),
        memberships=memberships,
        column_agreement=level.agreement.float().cpu().clamp(0, 1).view(reading.grid).numpy(),
    )


def _assign(ground: Float32[np.ndarray, "h w"], cosines: Float32[np.ndarray, "k h w"]) -> Int32[np.ndarray, "h w"]:
    """Nearest island of each column as row + 1; 0 where it is background, or like no island."""
    if not len(cosines):
        return np.zeros(ground.shape, np.int32)
    none = (ground > GROUND) | (cosines.max(0) < LEAST)
    return np.where(none, 0, cosines.argmax(0) + 1).astype(np.int32)


@dataclass(frozen=True, slots=True)
class _Region:
    """Connected columns of one vector."""

    row: int
    """Of the vector."""
    columns: Bool[np.ndarray, "h w"]
    area: int
    agreement: float
    """Mean cosine to the vector."""


def _regions(labels: Int32[np.ndarray, "h w"], cosines: Float32[np.ndarray, "k h w"], rules: IslandRules) -> list[_Region]:
    """Connected regions of each island that are worth naming, largest first.

    An island is contiguous: two things that look alike are two islands. What is left of an island beside its larger regions is a speck.
    """
    import cv2

    regions = []
    for row in range(len(cosines)):
        alike = labels == row + 1
        window = _window(alike)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(alike[window].view(np.uint8), connectivity=8)
        found = stats[1:, cv2.CC_STAT_AREA]
        for number in range(count - 1):
            if found[number] < max(rules.min_area * labels.size, SPECK * found.max()):
                continue
            inside = parts == number + 1
            agreement = float(cosines[row][window][inside].mean())
            if agreement >= rules.min_agreement:
                columns = np.zeros(labels.shape, bool)
                columns[window] = inside
                regions.append(_Region(row, columns, int(found[number]), agreement))
    return sorted(regions, key=lambda region: -region.area)


def _reached(region: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where an island may be: its columns and REACH around them."""
    import cv2

    return cv2.dilate(region.view(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)) > 0


def _finer_cosines(
    planes: Float32[np.ndarray, "k h w"], reaches: Bool[np.ndarray, "k h w"], founders: Float[Tensor, "k d"], between: Float[Tensor, "m d"] | None
) -> Float32[np.ndarray, "k hs ws"]:
    """Cosines on the finer grid, -1 out of an island's reach: of the vectors between columns, or else those of the columns upsampled.

    Cosines are upsampled, not shares: they cross the border of an island smoothly, so the border falls between columns where it belongs.
    """
    k, h, w = planes.shape
    if not k or between is None:
        return np.stack([_finer(plane) for plane in planes]) if k else np.zeros((0, h * FINER, w * FINER), np.float32)
    vectors = between.float().cpu().view(h * FINER, w * FINER, -1)
    cosines = np.full((k, h * FINER, w * FINER), -1, np.float32)
    for plane, reach, founder in zip(cosines, reaches, founders, strict=True):
        window = _window(reach)  # an island reaches a small part of the frame
        within = reach[window].repeat(FINER, 0).repeat(FINER, 1)
        finer = tuple(slice(side.start * FINER, side.stop * FINER) for side in window)
        lengths = torch.linalg.vector_norm(vectors[finer], dim=-1).clamp(min=1e-12)
        np.divide((vectors[finer] @ founder).numpy(), lengths.numpy(), out=plane[finer], where=within)
    return cosines


def _window(columns: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """Rows and columns that hold all chosen ones."""
    import cv2

    left, top, width, height = cv2.boundingRect(columns.view(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def _finer(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "hs ws"]:
    import cv2

    return cv2.resize(plane, (plane.shape[1] * FINER, plane.shape[0] * FINER), interpolation=cv2.INTER_CUBIC)


def _memberships(ground: Float32[np.ndarray, "hs ws"], fine: Float32[np.ndarray, "k hs ws"]) -> Float32[np.ndarray, "rows hs ws"]:
    """Soft shares from cosines: none against the rest, then the rest among the islands."""
    memberships = np.ones((1 + len(fine), *ground.shape), np.float32)
    if len(fine):
        unnamed, shares, highest = memberships[0], memberships[1:], fine.max(0)
        np.divide(1, 1 + np.exp(-SLOPE * np.maximum(ground - GROUND, LEAST - highest)), out=unnamed)
        np.exp(np.multiply(np.subtract(fine, highest, out=shares), SLOPE, out=shares), out=shares)  # in place: with 50 islands copies cost as much
        shares *= (1 - unnamed) / shares.sum(0)
    return memberships


def _poses(memberships: Float32[np.ndarray, "rows hs ws"], moved: Moved) -> Float32[np.ndarray, "rows-1 6"]:
    """Centre, scale and orientation from moments of the cells that an island wins, velocity from the flow under them.

    Shares themselves would not do: the little that every cell of the background leaves to the islands adds up to more than a small island.
    """
    count, (height, width) = len(memberships) - 1, memberships.shape[1:]
    shares, summed = memberships[1:].reshape(count, height * width), np.concatenate([_moments(height, width), moved.flow.reshape(-1, 2).T])
    won = np.flatnonzero(shares.max(0, initial=0) > memberships[0].ravel())  # most of a frame is background
    winner = shares[:, won].argmax(0) if count else won
    sums = np.stack([np.bincount(winner, each, count) for each in summed[:, won]], 1)
    nowhere = sums[:, 0] == 0  # such an island's shares have to do
    if nowhere.any():
        sums[nowhere] = shares[nowhere] @ summed.T
    mass, x, y, xx, yy, xy, *flow = sums.T
    mass = np.maximum(mass, 1e-6)
    cx, cy = x / mass, y / mass
    # Rounded, or where an upright shape's mixed moment should be 0 the sign of its error would turn it by half a turn.
    across, along = (moment.round(9) + 0.0 for moment in (2 * (xy / mass - cx * cy), xx / mass - cx**2 - yy / mass + cy**2))
    orientation = 0.5 * np.arctan2(across, along)
    velocity = [-summed_flow / (mass * max(moved.seconds, 1e-3) * side) for summed_flow, side in zip(flow, (width, height), strict=True)]
    numbers = [cx / width, cy / height, (mass / (height * width)) ** 0.5, orientation, *velocity]
    return np.stack(numbers, 1).astype(np.float32)


@lru_cache(8)
def _moments(height: int, width: int) -> Float64[np.ndarray, "6 cells"]:
    """1, x, y, x squared, y squared and x times y of each cell's middle."""
    y, x = np.mgrid[0:height, 0:width].reshape(2, -1) + 0.5
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])


def _read_poses(reading: Reading, vectors: Float[Tensor, "n d"], regions: list[Bool[np.ndarray, "h w"]], moved: Moved) -> Float32[np.ndarray, "k 6"]:
    """The model's own idea of each island's pose, from its columns' mean vector (A11), in the units of ``Islands.pose``.

    The model sees motion with the camera's taken out, so that is what it tells; here the camera's is added again.
    """
    poses = in_units(reading.pose(_means(vectors, regions)).float().cpu().numpy(), moved.seconds)
    poses[:, 4:] += _still_world(moved.motion, poses[:, :2]) / moved.seconds
    return poses


def _still_world(motion: Motion, places: Float32[np.ndarray, "k 2"]) -> Float32[np.ndarray, "k 2"]:
    """How far what stands still at these places has moved in the frame since the frame before, because the camera did. Fractions of the frame."""
    size = np.array(motion.flow.shape[1::-1])
    now = np.concatenate([places * size, np.ones((len(places), 1))], 1)
    before = now @ motion.camera.T
    return ((now[:, :2] - before[:, :2] / before[:, 2:]) / size).astype(np.float32)


def _means(vectors: Float[Tensor, "n d"], regions: list[Bool[np.ndarray, "h w"]]) -> Float[Tensor, "k d"]:
    """Mean vector of each island's columns."""
    if not regions:
        return vectors[:0]
    masks = torch.from_numpy(np.stack(regions).reshape(len(regions), -1)).to(vectors)
    return masks @ vectors / masks.sum(1, keepdim=True)


def in_units(numbers: Float32[np.ndarray, "k 7"], seconds: float) -> Float32[np.ndarray, "k 6"]:
    """What the pose read-out is taught, in the units of ``Islands.pose``. ``seconds``: since the frame before."""
    centre, log_scale, turned, velocity = np.split(numbers, [2, 3, 5], axis=1)
    orientation = 0.5 * np.arctan2(turned[:, 1:], turned[:, :1])
    return np.concatenate([centre, np.exp(log_scale), orientation, velocity / (10 * seconds)], 1).astype(np.float32)


def _parents(parts: Islands, objects: Islands) -> Int32[np.ndarray, " k"]:
    """For each part the label of the object that it shares most membership with; 0 where there is no object."""
    if not len(objects.embeddings) or not len(parts.embeddings):
        return np.zeros(len(parts.embeddings), np.int32)
    shared = parts.memberships[1:].reshape(len(parts.embeddings), -1) @ objects.memberships[1:].reshape(len(objects.embeddings), -1).T
    return (shared.argmax(1) + 1).astype(np.int32)
