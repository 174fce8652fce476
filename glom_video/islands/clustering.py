"""Columns -> clusters of similar vectors, the islands of a level.

Columns of objects are first shifted towards the mean of similar columns nearby (mean shift). Then
islands of the previous frame keep the columns that are still like them, and greedy seeding clusters
the rest, largest cluster first.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

COLUMN_BACKGROUND = 0.47
"""Columns whose cosine to the background's vector is above this are background. The loss puts even
odds at 0.5; since most of a frame is background, a lower threshold is right (docs/HISTORY.md)."""
LEAST_COSINE = 0.3
"""Columns whose cosine to every cluster is below this belong to none."""
SHIFTED = {"part": False, "object": True}
"""Whether the columns of a level are shifted before clustering. Small parts would merge."""
MERGE_COSINE = 0.5
"""Islands of the previous frame merge if the cosine of their mean vectors is above this."""
FEWEST_COLUMNS = 2
"""Least columns of the sample with which an island of the previous frame goes on."""
MEAN_SHIFT_ITERATIONS = 2
"""Iterations of mean shift on the sample, before all columns are shifted by it."""
SHARPNESS, NEAR = 25.0, 4.0
"""Mean shift: inverse temperature of cosines; standard deviation of distances, in columns."""
SAMPLE = 384
"""Number of columns in which clusters are sought: an island repeats one vector, so a sample is
enough."""
ROWS = 64
"""Products in less than fp32 are of a multiple of so many rows. torch compiles a product anew for
each shape, which takes a millisecond and half a megabyte, and keeps a thousand of them."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Thresholds of the cosine of columns to a cluster."""

    seed: float
    """Columns above this to a seed form a cluster with it."""
    keep: float
    """Columns above this to an island of the previous frame stay with it, and seed no other."""


THRESHOLDS = {
    "part": Thresholds(seed=0.7, keep=0.62),
    "object": Thresholds(seed=0.65, keep=0.65),
}
"""Above the 0.5 at which the loss puts even odds, since merged neighbours cost more. Seeding a part
takes more than keeping it, so that a limb that looks different for a frame stays itself."""


def cluster_columns(
    unit: Float[Tensor, "n d"],
    figure: Bool[Tensor, "h w"],
    level: str,
    most: int,
    before: Float32[np.ndarray, "j d"] | None = None,
    products: torch.dtype = torch.float32,
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "k d"]]:
    """Clusters of a named level.

    Args:
        unit: unit vectors of all columns.
        figure: which columns are not background.
        most: most clusters.
        before: unit mean vectors of the previous frame's islands.
        products: as in ``mean_shift``.

    Returns:
        The vectors, with those that are no background shifted if the level is, and the clusters'
            unit mean vectors: continued ones, then new ones, each largest first.
    """
    columns, thresholds = figure.flatten().nonzero()[:, 0], THRESHOLDS[level]
    if not SHIFTED[level]:
        return unit, find_centres(unit[columns], most, thresholds, before)
    vectors = mean_shift(unit[columns], figure.nonzero(), products)
    return unit.index_copy(0, columns, vectors), find_centres(vectors, most, thresholds, before)


def mean_shift(
    unit: Float[Tensor, "m d"],
    places: Int64[Tensor, "m 2"],
    products: torch.dtype = torch.float32,
) -> Float[Tensor, "m d"]:
    """Mean shift (Cheng, PAMI 1995) of columns: each vector becomes the direction of the mean of
    similar vectors nearby. It is the consensus without weights, on columns of objects only.

    Args:
        unit: unit vectors; may be empty.
        places: (row, column) of each.
        products: type of matrix products.
    """
    if not len(unit):
        return unit
    count, step, places = len(unit), _step(len(unit)), places.to(unit) / NEAR
    # Minus half the squared distances, by one product: cdist takes twice as long.
    alone = places.square().sum(1) / -2
    multiple = 1 if products == torch.float32 else ROWS
    near_none = _padded(alone[::step], multiple, -math.inf)  # what is padded has no weight
    others, alone = _padded(places[::step], multiple), _padded(alone, multiple)
    nearness = torch.addmm(near_none, _padded(places, multiple), others.T).add_(alone[:, None])
    sample, near_sample = _padded(unit[::step], multiple), _padded(nearness[:count:step], multiple)
    for _ in range(MEAN_SHIFT_ITERATIONS):
        sample = _shifted(sample, sample, near_sample, products)
    return _shifted(_padded(unit, multiple), sample, nearness, products)[:count]


def _padded(
    rows: Float[Tensor, "m ..."], multiple: int, value: float = 0.0
) -> Float[Tensor, "p ..."]:
    """With more rows, up to a multiple of so many."""
    missing = -len(rows) % multiple
    return F.pad(rows, (0, 0) * (rows.ndim - 1) + (0, missing), value=value) if missing else rows


def _shifted(
    unit: Float[Tensor, "m d"],
    others: Float[Tensor, "s d"],
    nearness: Float[Tensor, "m s"],
    products: torch.dtype,
) -> Float[Tensor, "m d"]:
    """Direction of the mean of the others, weighted by exp(SHARPNESS * cosine + nearness)."""
    rounded = others.to(products)
    cosines = (unit.to(products) @ rounded.T).to(nearness.dtype)
    weights = torch.add(nearness, cosines, alpha=SHARPNESS).exp_().to(products)
    return F.normalize((weights @ rounded).to(unit.dtype), dim=-1)


def find_centres(
    unit: Float[Tensor, "m d"],
    most: int,
    thresholds: Thresholds,
    before: Float32[np.ndarray, "j d"] | None = None,
) -> Float[Tensor, "k d"]:
    """Unit mean vectors of clusters, those of the previous frame first.

    Islands of the previous frame keep the columns that are like them. Then, repeatedly, the column
    with most free columns near it seeds a cluster, which takes what is near its mean. ``unit`` may
    be empty.
    """
    if not len(unit):
        return unit
    pool = unit[:: _step(len(unit))].numpy()  # whose small operations take half the time of torch's
    centres = _continued(pool, before, thresholds.seed)[:most] if before is not None else []
    # A product counts as exactly as a sum of booleans, in a fifth of its time.
    near = (pool @ pool.T > thresholds.seed).astype(np.float32)
    free = np.ones(len(pool), np.float32)
    for centre in centres:
        free *= pool @ centre <= thresholds.keep
    while free.any() and len(centres) < most:
        seed = int(((near @ free) * free).argmax())
        centre = _direction((near[seed] * free) @ pool)
        free *= (pool @ centre <= thresholds.seed) & (near[seed] == 0)
        free[seed] = 0
        centres.append(centre)
    return torch.from_numpy(np.stack(centres)) if centres else unit[:0]


def _continued(
    pool: Float32[np.ndarray, "s d"], before: Float32[np.ndarray, "j d"], near: float
) -> list[Float32[np.ndarray, " d"]]:
    """Mean vectors in this frame of the previous frame's islands, largest first.

    Twice, each vector goes to the nearest of them above the cosine ``near``. An island ends that
    has merged with a larger one or has hardly a column left.
    """
    centres = list(before)
    for _ in range(2):
        if not centres:
            break
        cosines = pool @ np.stack(centres).T
        nearest = np.where(cosines.max(1) > near, cosines.argmax(1), -1)
        sizes = np.bincount(nearest + 1, minlength=len(centres) + 1)[1:]
        centres = []
        others = np.empty((len(sizes), pool.shape[1]), np.float32)  # at once, by one product
        for place in np.argsort(-sizes, kind="stable"):
            if sizes[place] < FEWEST_COLUMNS:
                break
            mean = _direction(pool[nearest == place].sum(0))
            if (others[: len(centres)] @ mean < MERGE_COSINE).all():
                others[len(centres)] = mean
                centres.append(mean)
    return centres


def _direction(vector: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " d"]:
    # A third of the time of linalg.norm.
    length = np.float32(math.sqrt(vector @ vector))
    return np.asarray(vector / max(length, np.float32(1e-12)), np.float32)


def _step(columns: int) -> int:
    """Stride of the sample."""
    return -(-columns // SAMPLE)
