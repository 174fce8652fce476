"""Where islands are: columns settle with those near them, islands of the frame before go on, and most alike columns found new ones, one by one."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

GROUND = 0.47
"""Columns whose cosine to the background's vector is above this belong to the background. The loss weighs background and objects alike, which
puts even odds at 0.5; most of a frame is background, which speaks for less. On rendered validation clips the ARI is best at 0.39 and the
foreground ARI above 0.5."""
LEAST = 0.3
"""A column less like every island than this belongs to none of them."""
SETTLES = {"part": False, "object": True}
"""Whether columns settle first. On two sets of rendered validation clips that brings the foreground ARI of objects over whole clips from .66 to .68
and from .60 to .62; parts are small, and run together when they do."""
BECOME_ONE = 0.5
"""Islands that go on are one above this cosine of their mean vectors; below it they stay two, though columns in between are like both. What is near
the threshold is else one island in one frame and two in the next. On 24 rendered clips, 36 fast ones (every second frame of others) and 48 more,
going on brings the foreground ARI of whole clips from .79 to .80, from .48 to .50 and from .63 to .67 for objects, and from .43 to .47 and from .40
to .43 for parts (two sets, at 0.5); AssA rises by .01 to .04 in each. Not 0.6, which with the weights of the eighth run
would gain .013, -.007 and .005 for objects, and .012, .006 and -.003 for parts: one set of three loses each time."""
FEWEST = 2
"""Of the sample that an island needs to go on."""
SWEEPS = 2
"""Of the sample among itself, before all others follow it."""
SHARPNESS, NEAR = 25.0, 4.0
"""Inverse temperature of the settling columns' cosines, and the standard deviation of their distances in columns."""
SAMPLE = 384
"""Columns among which founders are sought, and which the others follow: an island repeats one vector, so a few of its columns speak for all."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like columns of one island are at a level: cosines."""

    founds: float
    """Columns found an island together above this, and say above it where the vector of one that goes on is now."""
    holds: float
    """Columns nearer than this to an island that goes on found no other."""


LIKENESS = {
    "part": Likeness(founds=0.7, holds=0.62),
    "object": Likeness(founds=0.65, holds=0.65),
}
"""The loss puts even odds at 0.5; neighbours that run together are the larger loss, so it takes more than that to found an island.

A part takes still more to be founded, and less to keep what it has: a limb that looks a little different for a frame would else be a new one. On four
sets of rendered validation clips (24, 36 fast ones, 48 and 48) the foreground ARI of parts over whole clips goes from .518, .485, .555 and .558 with
0.65 everywhere to .529, .491, .568 and .571. Objects that hold what is above 0.55, founded at 0.7, gain .021, .022, .008 and .004, but two that look
alike run together: in single frames the last set loses .020."""


def found_islands(
    unit: Float[Tensor, "n d"], figure: Bool[Tensor, "h w"], level: str, most: int, before: Float32[np.ndarray, "j d"] | None = None
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "k d"]]:
    """Islands of a named level.

    Args:
        unit: vectors of all columns, of length 1.
        figure: which columns are not background.
        most: islands that are founded at the most.
        before: unit mean vectors of the islands of the frame before.

    Returns:
        The vectors, settled where they are no background and the level settles at all, and the islands' unit mean vectors: those that go on, then
        new ones, each largest first.
    """
    columns, likeness = figure.flatten().nonzero()[:, 0], LIKENESS[level]
    if not SETTLES[level]:
        return unit, find_founders(unit[columns], most, likeness, before)
    vectors = settle(unit[columns], figure.nonzero())
    return unit.index_copy(0, columns, vectors), find_founders(vectors, most, likeness, before)


def settle(unit: Float[Tensor, "m d"], places: Int64[Tensor, "m 2"]) -> Float[Tensor, "m d"]:
    """Consensus without weights (A4), on the columns that islands are made of alone: every column takes the mean of those like it and near it.
    The two sides of a border part, and pieces of one island join, before any of them is counted.

    ``places``: (row, column) of each. ``m`` may be 0.
    """
    if not len(unit):
        return unit
    step, places = _step(len(unit)), places.to(unit)
    nearness = torch.cdist(places, places[::step]).square() / (-2 * NEAR**2)
    sample = unit[::step]
    for _ in range(SWEEPS):
        sample = _opinion(sample, sample, nearness[::step])
    return _opinion(unit, sample, nearness)


def _opinion(unit: Float[Tensor, "m d"], others: Float[Tensor, "s d"], nearness: Float[Tensor, "m s"]) -> Float[Tensor, "m d"]:
    """Direction of the mean of the others, each weighing exp(SHARPNESS * cosine + nearness)."""
    return F.normalize(torch.addmm(nearness, unit, others.T, alpha=SHARPNESS).exp_() @ others, dim=-1)


def find_founders(
    unit: Float[Tensor, "m d"], most: int, likeness: Likeness, before: Float32[np.ndarray, "j d"] | None = None
) -> Float[Tensor, "k d"]:
    """Islands that go on claim what they hold. Then, greedily, the vector with most unclaimed vectors near it founds an island, whose mean
    direction claims what is near it.

    Returns the islands' unit mean vectors, those that go on first. ``m`` may be 0.
    """
    if not len(unit):
        return unit
    pool = unit[:: _step(len(unit))].numpy()  # whose small operations take half the time of torch's
    founders = _going_on(pool, before, likeness.founds)[:most] if before is not None else []
    near = (pool @ pool.T > likeness.founds).astype(np.float32)  # a product counts as exactly as a sum of booleans, in a fifth of its time
    free = np.ones(len(pool), np.float32)
    for founder in founders:
        free *= pool @ founder <= likeness.holds
    while free.any() and len(founders) < most:
        seed = int(((near @ free) * free).argmax())
        founder = _direction((near[seed] * free) @ pool)
        free *= (pool @ founder <= likeness.founds) & (near[seed] == 0)
        free[seed] = 0
        founders.append(founder)
    return torch.from_numpy(np.stack(founders)) if founders else unit[:0]


def _going_on(pool: Float32[np.ndarray, "s d"], before: Float32[np.ndarray, "j d"], near: float) -> list[Float32[np.ndarray, " d"]]:
    """Mean vectors of the islands of the frame before in this frame, largest first: twice, each vector goes to the nearest of those that it is near
    to, at a cosine above ``near``; an island that has become one with a larger one, or has hardly a vector left, does not go on."""
    founders = list(before)
    for _ in range(2):
        if not founders:
            break
        cosines = pool @ np.stack(founders).T
        nearest = np.where(cosines.max(1) > near, cosines.argmax(1), -1)
        sizes = np.bincount(nearest + 1, minlength=len(founders) + 1)[1:]
        founders = []
        for place in np.argsort(-sizes, kind="stable"):
            mean = _direction(pool[nearest == place].sum(0))
            if sizes[place] >= FEWEST and all(mean @ other < BECOME_ONE for other in founders):
                founders.append(mean)
    return founders


def _direction(vector: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " d"]:
    return np.asarray(vector / np.linalg.norm(vector).clip(1e-12), np.float32)


def _step(columns: int) -> int:
    """Every so many-th of them is one of the sample."""
    return -(-columns // SAMPLE)
