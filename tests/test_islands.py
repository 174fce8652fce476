"""States made by hand, whose islands are known, come out as exactly those islands, with the right
parents and memberships."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from column_scenes import (
    COLUMNS,
    DIM,
    OBJECT_OF_PART,
    ROWS,
    THREE,
    Scene,
    as_truth,
    boxes,
    number_of,
    numbers,
)

from glom_video.islands import COLUMN_BACKGROUND, IslandSettings


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_known_islands_come_out_exactly(spread: float) -> None:
    tree = THREE.parse(spread=spread)
    assert len(tree.islands["object"].embeddings) == 3
    assert len(tree.islands["part"].embeddings) == 5
    assert np.array_equal(as_truth(tree.islands["object"]), THREE.objects)
    assert np.array_equal(as_truth(tree.islands["part"]), THREE.parts)


def test_two_places_of_one_vector_are_two_islands() -> None:
    twice = boxes((2, 2, 8, 8), (2, 20, 8, 28))
    objects = Scene(np.minimum(twice, 1)).parse().islands["object"]
    assert len(objects.embeddings) == 2
    assert np.array_equal(objects.labels > 0, twice > 0)
    for number in (1, 2):
        assert len(np.unique(objects.labels[twice == number])) == 1


def test_a_speck_beside_a_large_region_of_the_same_vector_is_no_island() -> None:
    scattered = boxes((2, 2, 12, 14), (14, 28, 16, 30))
    objects = Scene(np.minimum(scattered, 1)).parse().islands["object"]
    assert np.array_equal(objects.labels > 0, scattered == 1)


@pytest.mark.parametrize(
    ("box", "likeness", "is_joined"),
    [
        ((12, 6, 14, 9), 0.45, True),
        ((12, 6, 14, 9), 0.2, False),  # unlike what it touches
        ((14, 6, 16, 9), 0.45, False),  # two columns away from it
        ((12, 2, 16, 8), 0.45, False),  # a fifth of its size
    ],
)
def test_a_fragment_is_a_piece_of_the_object_that_it_touches(
    box: tuple[int, int, int, int], likeness: float, is_joined: bool
) -> None:
    scene = Scene(boxes((2, 2, 12, 14), box, (3, 20, 9, 28)))
    levels = scene.state().levels
    levels[0, :, torch.from_numpy(scene.objects == 2).flatten()] = 5 * (
        torch.eye(DIM)[1] * likeness + torch.eye(DIM)[2] * (1 - likeness**2) ** 0.5
    )
    tree = scene.parse(levels=levels)
    labels = tree.islands["object"].labels
    own, others = labels[scene.objects == 2], labels[scene.objects == 1]
    assert len(tree.islands["object"].embeddings) == (2 if is_joined else 3)
    assert own.all()
    assert np.unique(own).tolist() == np.unique(others).tolist() or not is_joined
    assert len(tree.islands["part"].embeddings) == 3, "a small part is a part"


@pytest.mark.parametrize(("likeness", "is_object"), [(0.37, True), (0.43, False)])
def test_what_may_as_well_be_background_is_no_object_and_has_no_parts(
    likeness: float, is_object: bool
) -> None:
    assert likeness < COLUMN_BACKGROUND, "its columns alone would be no background"
    scene = Scene(boxes((2, 2, 12, 14), (3, 20, 9, 28)))
    levels = scene.state().levels
    levels[0, :, torch.from_numpy(scene.objects == 2).flatten()] = 5 * (
        torch.eye(DIM)[0] * likeness + torch.eye(DIM)[2] * (1 - likeness**2) ** 0.5
    )
    for islands in scene.parse(levels=levels).islands.values():
        assert len(islands.embeddings) == 1 + is_object
        assert (islands.labels[scene.objects == 2] > 0).all() == is_object
        assert (islands.labels[scene.objects == 1] > 0).all()


def test_parts_know_the_object_that_holds_them() -> None:
    tree = THREE.parse(spread=0.2)
    parts, objects = tree.islands["part"], tree.islands["object"]
    assert {
        number_of(parts, i): number_of(objects, label - 1) for i, label in enumerate(tree.parent)
    } == OBJECT_OF_PART


def test_a_part_belongs_to_the_object_that_holds_most_of_it() -> None:
    straddling = Scene(
        objects=boxes((4, 4, 12, 14), (4, 14, 12, 28)),
        parts=boxes((4, 4, 12, 10), (4, 10, 12, 20), (4, 20, 12, 28)),
    )
    tree = straddling.parse()
    holder = {
        number_of(tree.islands["part"], i): number_of(tree.islands["object"], label - 1)
        for i, label in enumerate(tree.parent)
    }
    assert holder == {1: 1, 2: 2, 3: 2}


def test_the_ground_vector_decides_what_is_background() -> None:
    """Columns like the background's vector belong to nothing, at both levels, however large and
    uniform they are."""
    tree = THREE.parse()
    for islands in tree.islands.values():
        assert np.array_equal(islands.labels == 0, THREE.objects == 0)
        assert islands.memberships[0, :2].min() > 0.99
    painted_over = Scene(objects=np.where(THREE.objects == 0, 4, THREE.objects))
    assert (painted_over.parse().islands["object"].labels > 0).all()


def test_a_frame_of_background_has_no_islands() -> None:
    tree = Scene(np.zeros((ROWS, COLUMNS), int)).parse()
    assert tree.parent.shape == (0,)
    for islands in tree.islands.values():
        assert islands.embeddings.shape == (0, DIM)
        assert islands.pose.shape == (0, 6)
        assert islands.agreement.shape == (0,)
        assert not islands.labels.any()
        assert np.array_equal(islands.memberships, np.ones_like(islands.memberships[:1]))


def test_memberships_are_shares() -> None:
    for islands in THREE.parse(spread=0.5).islands.values():
        assert islands.memberships.shape == (1 + len(islands.embeddings), 2 * ROWS, 2 * COLUMNS)
        assert islands.memberships.min() >= 0
        np.testing.assert_allclose(islands.memberships.sum(0), 1, atol=1e-5)


def test_memberships_say_the_same_as_labels_and_fall_off_at_borders() -> None:
    for islands in THREE.parse().islands.values():
        cells = islands.memberships.argmax(0).reshape(ROWS, 2, COLUMNS, 2)
        assert (cells == islands.labels[:, None, :, None]).mean() > 0.98
    objects = THREE.parse().islands["object"]
    own = objects.memberships[1 + [number_of(objects, i) for i in range(3)].index(1)]
    # A background of cosine 0 leaves 0.01 where its border lies near a half.
    assert own[10:18, 8:12].min() > 0.97
    # The border lies between the two cells, and the first inside is not sure.
    assert own[14, 3] < 0.5 < own[14, 4] < 0.95


@pytest.mark.parametrize("spread", [0.0, 0.4])
def test_agreement_is_the_cosine_within_an_island(spread: float) -> None:
    islands = THREE.parse(spread=spread).islands["object"]
    np.testing.assert_allclose(np.linalg.norm(islands.embeddings, axis=1), 1, atol=1e-5)
    unit = F.normalize(THREE.state(spread).levels[0, 2], dim=-1).numpy()
    for i in range(3):
        own = unit[THREE.objects.ravel() == number_of(islands, i)]
        np.testing.assert_allclose(
            islands.agreement[i],
            (own @ own.mean(0) / np.linalg.norm(own.mean(0))).mean(),
            atol=0.01,
        )


def test_column_agreement_is_kept_between_0_and_1() -> None:
    shown = THREE.parse().islands["part"].column_agreement
    np.testing.assert_allclose(
        shown.ravel(), np.linspace(-0.5, 1, ROWS * COLUMNS).clip(0), atol=1e-6
    )


def test_islands_below_the_least_area_are_dropped() -> None:
    """Areas are 60, 80 and 16 of 576 columns."""
    assert numbers(THREE.parse(IslandSettings(min_area=0.02))) == {1, 2, 3}
    assert numbers(THREE.parse(IslandSettings(min_area=0.05))) == {1, 2}
    assert numbers(THREE.parse(IslandSettings(min_area=0.12))) == {2}
    assert numbers(THREE.parse(IslandSettings(min_area=0.5))) == set()


def test_only_the_largest_objects_are_kept() -> None:
    for most, kept in ((3, {1, 2, 3}), (2, {1, 2}), (1, {2})):
        tree = THREE.parse(IslandSettings(max_objects=most))
        assert numbers(tree) == kept
        assert len(tree.islands["part"].embeddings) == 5


@pytest.mark.parametrize("settings", [IslandSettings(max_objects=2), IslandSettings(min_area=0.05)])
def test_what_is_dropped_belongs_to_nothing(settings: IslandSettings) -> None:
    """The third object's place is not painted as one of the other two."""
    islands = THREE.parse(settings).islands["object"]
    assert np.array_equal(as_truth(islands), np.where(THREE.objects == 3, 0, THREE.objects))
    assert not islands.memberships.argmax(0)[24:32, 40:48].any()


def test_islands_that_agree_too_little_are_dropped() -> None:
    agreement = THREE.parse(spread=0.5).islands["object"].agreement
    assert agreement.max() < 0.95
    assert numbers(THREE.parse(IslandSettings(min_agreement=0.5), spread=0.5)) == {1, 2, 3}
    assert numbers(THREE.parse(IslandSettings(min_agreement=0.95), spread=0.5)) == set()
    assert numbers(THREE.parse(IslandSettings(min_agreement=0.95))) == {1, 2, 3}
