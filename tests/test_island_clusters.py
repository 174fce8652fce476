"""Clusters of columns: how they are seeded, go on from frame to frame, and are shifted."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from glom_video.islands.clustering import (
    SAMPLE,
    THRESHOLDS,
    cluster_columns,
    find_centres,
    mean_shift,
)
from glom_video.islands.memberships import without_specks
from glom_video.islands.regions import find_regions
from glom_video.islands.settings import IslandSettings


def test_centres_come_from_the_largest_cluster_first() -> None:
    unit = torch.eye(4)[[0] * 5 + [1] * 9 + [2] * 2]
    torch.testing.assert_close(find_centres(unit, 16, THRESHOLDS["part"]), torch.eye(4)[[1, 0, 2]])
    torch.testing.assert_close(find_centres(unit, 2, THRESHOLDS["part"]), torch.eye(4)[[1, 0]])
    assert find_centres(unit[:0], 16, THRESHOLDS["part"]).shape == (0, 4)


def turning(height: int, width: int, degrees: float) -> torch.Tensor:
    """Unit vectors of a box of columns that turn from its left side to its right."""
    angles = torch.linspace(0, np.radians(degrees), width).repeat(height)
    return torch.stack([angles.cos(), angles.sin(), 0 * angles, 0 * angles], 1)


def two_and_between(degrees: float) -> torch.Tensor:
    """Two islands so far apart, and a few columns between, near enough to both for one island to
    claim them all."""
    angles = torch.tensor([-degrees / 2] * 18 + [0.0] * 4 + [degrees / 2] * 18).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], 1)


@pytest.mark.parametrize("level", ["part", "object"])
def test_islands_go_on_where_the_threshold_would_join_them(level: str) -> None:
    figure = torch.zeros(40, 40, dtype=torch.bool)
    figure[0, :18] = figure[20, 18:22] = figure[39, 22:] = (
        True  # too far from each other for their columns to be shifted together
    )

    def islands(degrees: float, *, go_on: bool) -> int:
        columns = two_and_between(degrees)
        vectors = torch.zeros(figure.numel(), 2)
        vectors[figure.flatten()] = columns
        return len(
            cluster_columns(
                vectors, figure, level, 16, columns[[0, -1]].numpy() if go_on else None
            )[1]
        )

    assert islands(70, go_on=False) == 1
    assert islands(70, go_on=True) == 2
    assert islands(40, go_on=True) == 1, "what has become one does not go on as two"


def test_it_takes_less_to_stay_in_a_part_than_to_be_seeded_with_it() -> None:
    """A limb that looks a little different for a frame is no new island."""
    figure = torch.ones(3, 9, dtype=torch.bool)

    def centres(degrees: float, before: torch.Tensor | None = None) -> torch.Tensor:
        vectors = turning(1, 2, degrees)[[0] * 18 + [1] * 9]
        return cluster_columns(
            vectors, figure, "part", 16, None if before is None else before[None].numpy()
        )[1]

    part, different = turning(1, 2, 50)
    torch.testing.assert_close(centres(50), torch.stack([part, different]))
    torch.testing.assert_close(centres(50, part), part[None])
    assert len(centres(60, part)) == 2, "another thing is one"


def test_an_island_that_is_gone_does_not_go_on_and_a_new_one_is_seeded() -> None:
    here, gone, new = torch.eye(4)[:3]
    vectors = torch.cat([here.expand(20, -1), new.expand(12, -1)])
    centres = cluster_columns(
        vectors, torch.ones(4, 8, dtype=torch.bool), "part", 16, torch.stack([gone, here]).numpy()
    )[1]
    torch.testing.assert_close(centres, torch.stack([here, new]))


def test_where_all_islands_are_gone_there_are_only_new_ones() -> None:
    gone, new = torch.eye(4)[:2]
    figure = torch.ones(4, 8, dtype=torch.bool)
    centres = cluster_columns(new.expand(32, -1), figure, "part", 16, gone[None].numpy())[1]
    torch.testing.assert_close(centres, new[None])


@pytest.mark.parametrize("width", [16, 80])
def test_an_object_whose_vectors_turn_slowly_is_one_island(width: int) -> None:
    """At its ends they are further apart than those of two objects; wide enough, it is shifted by a
    sample."""
    figure, vectors = torch.ones(10, width, dtype=torch.bool), turning(10, width, 100)
    assert (figure.sum() > SAMPLE) == (width == 80)
    assert len(cluster_columns(vectors, figure, "object", 16)[1]) == 1
    assert len(cluster_columns(vectors, figure, "part", 16)[1]) == 2


def test_the_two_sides_of_a_border_do_not_shift_to_one_vector() -> None:
    figure, sides = torch.ones(10, 16, dtype=torch.bool), (torch.arange(160) % 16 >= 8).long()
    vectors = turning(1, 2, 60)[sides]
    shifted, centres = cluster_columns(vectors, figure, "object", 16)
    assert len(centres) == 2
    assert (shifted @ centres.T).argmax(1).unique_consecutive().tolist() == [0, 1] * 10


def test_columns_shift_to_those_near_them_alone() -> None:
    unit = turning(1, 2, 10)
    close, apart = (mean_shift(unit, torch.tensor([[0, 0], [0, column]])) for column in (1, 40))
    assert unit[0] @ unit[1] < 0.99 < 0.999 < close[0] @ close[1]
    torch.testing.assert_close(apart, unit)
    assert mean_shift(unit[:0], torch.zeros(0, 2, dtype=torch.long)).shape == (0, 4)


def test_background_is_not_shifted_and_shifts_nothing() -> None:
    figure = torch.tensor([[True, True, False]])
    shifted, _ = cluster_columns(turning(1, 3, 40), figure, "object", 16)
    torch.testing.assert_close(shifted[2], turning(1, 3, 40)[2])
    torch.testing.assert_close(shifted[:2], mean_shift(turning(1, 3, 40)[:2], figure.nonzero()))


def test_a_cluster_that_is_the_nearest_nowhere_has_no_region() -> None:
    labels = np.zeros((12, 20), np.int32)
    labels[2:8, 2:8] = 2
    (region,) = find_regions(labels, np.ones((2, 12, 20), np.float32), IslandSettings())
    assert (region.row, region.area) == (1, 36)
    planes = np.full((2, 24, 40), 0.8, np.float32)
    planes[1] = 0.5
    assert np.array_equal(without_specks(planes), planes)


def test_specks_of_a_part_go_to_the_next_part() -> None:
    """One in the other's middle and one on the ground, which stays nobody's; a piece of a quarter
    is no speck, and an island alone has none."""
    planes = np.full((2, 24, 40), -1.0, np.float32)
    planes[0, 2:12, 2:18], planes[1, 2:22, 16:36] = 0.8, 0.6
    planes[0, 10:13, 28:30], planes[0, 22:24, 0:2], planes[0, 16:22, 30:38] = 0.9, 0.9, 0.9
    found = without_specks(planes)
    nearest = np.where(found.max(0) > 0, 1 + found.argmax(0), 0)
    assert (nearest[10:13, 28:30] == 2).all()
    assert not nearest[22:24, 0:2].any()
    assert (nearest[16:22, 30:38] == 1).all()
    assert (nearest[2:12, 2:18] == 1).all()
    assert np.array_equal(without_specks(planes[:1]), planes[:1])


class ProductShapes(TorchDispatchMode):
    """Collects the shapes of products in bf16."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[tuple[int, ...], ...]] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> torch.Tensor:
        if func is torch.ops.aten.mm.default and args[0].dtype == torch.bfloat16:
            self.seen.add(tuple(tuple(x.shape) for x in args))
        result: torch.Tensor = func(*args, **(kwargs or {}))
        return result


def test_islands_of_any_size_need_few_kinds_of_products() -> None:
    """torch keeps half a megabyte for each kind of bf16 product that it has met: a live run grew by
    hundreds."""
    with ProductShapes() as products:
        for count in range(1, 700, 7):
            figure = torch.arange(1200).reshape(30, 40) < count
            unit = turning(30, 40, 90)[figure.flatten()]
            shifted = mean_shift(unit, figure.nonzero(), torch.bfloat16)
            assert shifted.shape == unit.shape
            assert shifted.isfinite().all()
    assert 0 < len(products.seen) < 50
