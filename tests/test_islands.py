"""States made by hand, whose islands are known, come out as exactly those islands, with the right
places, poses and parents."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from glom_video.glom.model import FIELD_BACKGROUND
from glom_video.islands import COLUMN_BACKGROUND, IslandSettings, LevelReading, Reading, parse
from glom_video.islands.clustering import (
    SAMPLE,
    THRESHOLDS,
    cluster_columns,
    find_centres,
    mean_shift,
)
from glom_video.islands.poses import Moved, measured_poses
from glom_video.motion import no_motion
from glom_video.structures import GlomState, Islands, Motion, Parse

DEFAULT_SETTINGS = IslandSettings()
ROWS, COLUMNS = 18, 32
DIM = 16
LEVELS = {"part": 1, "object": 2}
PIXELS = 6
"""Of the motion grid, per column."""
PLAIN = np.full((ROWS * PIXELS, COLUMNS * PIXELS, 3), 128, np.uint8)
"""A picture that says nothing about borders."""


def read_out(vectors: torch.Tensor) -> torch.Tensor:
    """A pose read-out that says "number k is at (k/10, 0), a quarter of the frame's side, upright,
    moving right by a tenth of the frame a frame"."""
    number = vectors.argmax(1, keepdim=True).float()
    return torch.cat(
        [
            number / 10,
            0 * number,
            0 * number + np.log(0.25),
            -number,
            0 * number,
            0 * number + 1,
            0 * number,
        ],
        1,
    )


@dataclass(frozen=True)
class Scene:
    """Truth at column resolution: 0 is background, and each other number an island with a direction
    of its own."""

    objects: np.ndarray
    parts: np.ndarray = field(default_factory=lambda: np.zeros(0, int))

    def state(self, spread: float = 0.0) -> GlomState:
        """Vectors of each island point along its own axis (number k along axis k, the background
        along axis 0), give or take ``spread``."""
        random = torch.Generator().manual_seed(0)
        parts = self.parts if self.parts.size else self.objects
        levels = torch.zeros(1, 4, ROWS * COLUMNS, DIM)
        for level, ids in ((1, parts), (2, self.objects)):
            unit = F.one_hot(torch.from_numpy(ids).flatten(), DIM).float()
            levels[0, level] = (
                5 * unit + 5 * spread * torch.randn(unit.shape, generator=random) / DIM**0.5
            )
        return GlomState(levels, (ROWS, COLUMNS), 1)

    def parse(
        self,
        settings: IslandSettings = DEFAULT_SETTINGS,
        flow: tuple[float, float] = (0, 0),
        seconds: float = 0.04,
        spread: float = 0.0,
        camera: np.ndarray | None = None,
        levels: torch.Tensor | None = None,
    ) -> Parse:
        """``levels`` stand in for those of ``state``."""
        vectors = self.state(spread).levels if levels is None else levels
        agreement = torch.linspace(-0.5, 1, ROWS * COLUMNS)
        readings = {
            name: LevelReading(vectors[0, level], None, agreement) for name, level in LEVELS.items()
        }
        reading = Reading(
            (ROWS, COLUMNS),
            PLAIN,
            readings,
            vectors[0, 0],
            lambda vectors: F.cosine_similarity(vectors, torch.eye(DIM)[0], dim=-1),
            read_out,
        )
        planes = np.broadcast_to(
            np.array(flow, np.float32), (ROWS * PIXELS, COLUMNS * PIXELS, 2)
        ).copy()
        motion = Motion(
            planes,
            planes,
            np.ones(planes.shape[:2], np.float32),
            np.eye(3) if camera is None else camera,
        )
        return parse(reading, motion, seconds, settings)


def boxes(*areas: tuple[int, int, int, int]) -> np.ndarray:
    """Numbers from 1 in boxes of top, left, bottom, right."""
    ids = np.zeros((ROWS, COLUMNS), int)
    for number, (top, left, bottom, right) in enumerate(areas, 1):
        ids[top:bottom, left:right] = number
    return ids


def number_of(islands: Islands, row: int) -> int:
    """The truth's number of an island: the axis that its embedding points along."""
    return int(islands.embeddings[row].argmax())


def as_truth(islands: Islands) -> np.ndarray:
    """Labels, written with the truth's numbers."""
    return np.array([0, *(number_of(islands, row) for row in range(len(islands.embeddings)))])[
        islands.labels
    ]


THREE = Scene(
    objects=boxes((2, 2, 12, 8), (3, 14, 8, 30), (12, 20, 16, 24)),
    parts=boxes((2, 2, 6, 8), (6, 2, 12, 8), (3, 14, 8, 22), (3, 22, 8, 30), (12, 20, 16, 24)),
)
OBJECT_OF_PART = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3}


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


# Rules


def numbers(tree: Parse) -> set[int]:
    islands = tree.islands["object"]
    return {number_of(islands, i) for i in range(len(islands.embeddings))}


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


def test_an_island_that_wins_no_cell_lies_where_its_shares_are() -> None:
    still = no_motion(48, 72)
    moved = Moved(still, np.zeros((8, 12, 2), np.float32), 0.04)

    def pose(share: float) -> np.ndarray:
        here = np.zeros((8, 12), np.float32)
        here[2:4, 6:10] = share
        return measured_poses(np.stack([1 - here, here]), moved)

    weak, strong = pose(0.3)[0], pose(0.9)[0]
    np.testing.assert_allclose(weak[:2], (8 / 12, 3 / 8), atol=1e-5)
    np.testing.assert_allclose(np.delete(weak, 2), np.delete(strong, 2), atol=1e-5)
    assert weak[2] == pytest.approx(strong[2] * 0.3**0.5), "in size, by its share of them"


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


def test_the_field_is_asked_wherever_an_island_may_be() -> None:
    """The model leaves out what is surely background: the islands' own idea of that has to be the
    narrower one."""
    assert FIELD_BACKGROUND >= COLUMN_BACKGROUND


# Pose


def ellipse(centre: tuple[float, float], axes: tuple[float, float], degrees: float) -> np.ndarray:
    """Columns in an ellipse; centre (x, y) and half axes in columns, turned from the x axis towards
    y, which points down."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    along, across = (
        (x - centre[0]) * np.cos(np.radians(degrees + turn))
        + (y - centre[1]) * np.sin(np.radians(degrees + turn))
        for turn in (0, 90)
    )
    return ((along / axes[0]) ** 2 + (across / axes[1]) ** 2 <= 1).astype(int)


@pytest.mark.parametrize("degrees", [0, 30, 60, 89, -30, -75])
@pytest.mark.parametrize(("centre", "axes"), [((16, 9), (8, 3)), ((11.5, 8.5), (6, 2.5))])
def test_pose_of_an_ellipse(
    centre: tuple[float, float], axes: tuple[float, float], degrees: float
) -> None:
    x, y, scale, orientation, *velocity = (
        Scene(ellipse(centre, axes, degrees)).parse().islands["object"].pose[0]
    )
    assert x * COLUMNS == pytest.approx(centre[0], abs=0.2)
    assert y * ROWS == pytest.approx(centre[1], abs=0.2)
    assert scale == pytest.approx((np.pi * axes[0] * axes[1] / (ROWS * COLUMNS)) ** 0.5, rel=0.1)
    turned = (np.degrees(orientation) - degrees + 90) % 180 - 90
    assert abs(turned) < 5
    assert -np.pi / 2 <= orientation <= np.pi / 2
    assert not np.any(velocity)


def test_velocity_is_against_the_backward_flow_in_frame_sizes_per_second() -> None:
    """Content came from (-6, 3) pixels away within 0.1 s: it moves right by 6/192 of the width and
    up by 3/108 of the height."""
    velocity = THREE.parse(flow=(-6, 3), seconds=0.1).islands["object"].pose[:, 4:]
    np.testing.assert_allclose(
        velocity, np.tile([6 / 192 / 0.1, -3 / 108 / 0.1], (3, 1)), rtol=1e-4
    )


# The pose read-out and the field between columns


def test_the_pose_read_out_is_asked_of_each_island_and_put_into_units() -> None:
    objects = THREE.parse(seconds=0.5).islands["object"]
    for row, pose in enumerate(objects.read_pose):
        number = number_of(objects, row)
        turned = 0.5 * np.arctan2(0, -number)
        np.testing.assert_allclose(
            pose, [number / 10, 0, 0.25, turned, 1 / (10 * 0.5), 0], atol=1e-5
        )


def test_what_the_camera_does_is_added_to_the_velocity_that_is_read_out() -> None:
    """The model tells of motion against the camera; a camera that zooms in by a tenth carries what
    it sees away from the corner, the further out the faster."""
    zooming_in = np.diag([1 / 1.1, 1 / 1.1, 1])
    still, zoomed = (
        THREE.parse(seconds=0.5, camera=camera).islands["object"].read_pose
        for camera in (np.eye(3), zooming_in)
    )
    np.testing.assert_array_equal(zoomed[:, :4], still[:, :4])
    np.testing.assert_allclose(
        zoomed[:, 4:] - still[:, 4:], still[:, :2] * (1 - 1 / 1.1) / 0.5, atol=1e-5
    )
    assert np.ptp(zoomed[:, 4] - still[:, 4]) > 0.01


def test_what_is_known_between_columns_draws_the_border() -> None:
    """The columns put the border of a box at a whole column; the finer grid says that it ends half
    a column further right."""
    box = boxes((4, 4, 12, 12))
    finer = box.repeat(2, 0).repeat(2, 1)
    finer[8:24, 24] = 1

    def vectors(ids: np.ndarray) -> torch.Tensor:
        return F.one_hot(torch.from_numpy(ids).flatten(), DIM).float()

    level = LevelReading(vectors(box), vectors(finer), torch.ones(ROWS * COLUMNS))
    reading = Reading(
        (ROWS, COLUMNS),
        PLAIN,
        {"part": level, "object": level},
        level.vectors,
        lambda x: F.cosine_similarity(x, torch.eye(DIM)[0], dim=-1),
        read_out,
    )
    still = np.zeros((ROWS * PIXELS, COLUMNS * PIXELS, 2), np.float32)
    tree = parse(
        reading,
        Motion(still, still, np.ones(still.shape[:2], np.float32), np.eye(3)),
        0.04,
        DEFAULT_SETTINGS,
    )
    assert np.array_equal(tree.islands["object"].memberships.argmax(0), finer)
    assert np.array_equal(tree.islands["object"].labels, box)


@pytest.mark.parametrize("box", [(2, 4, 12, 8), (3, 9, 13, 12), (1, 20, 15, 23)])
def test_an_upright_shape_lies_on_one_end_of_the_range_wherever_it_is(
    box: tuple[int, int, int, int],
) -> None:
    """Its mixed moment is nought: rounding must not turn it from a quarter turn one way to a
    quarter turn the other."""
    (pose,) = Scene(boxes(box)).parse().islands["object"].pose
    assert pose[3] == pytest.approx(np.pi / 2)


def test_vectors_between_columns_may_lie_in_memory_as_they_like() -> None:
    vectors = THREE.state(0.2).levels[0, 2]
    between = (
        F.interpolate(vectors.T.view(1, DIM, ROWS, COLUMNS), scale_factor=2.0, mode="bilinear")
        .flatten(2)[0]
        .T
    )
    assert not between.is_contiguous()
    still = np.zeros((ROWS * PIXELS, COLUMNS * PIXELS, 2), np.float32)
    motion = Motion(still, still, np.ones(still.shape[:2], np.float32), np.eye(3))
    trees = []
    for fine in (between, between.contiguous()):
        levels = {name: LevelReading(vectors, fine, torch.ones(ROWS * COLUMNS)) for name in LEVELS}
        ground = Reading(
            (ROWS, COLUMNS),
            PLAIN,
            levels,
            vectors,
            lambda x: F.cosine_similarity(x, torch.eye(DIM)[0], dim=-1),
            read_out,
        )
        trees.append(parse(ground, motion, 0.04, DEFAULT_SETTINGS).islands["object"])
    assert len(trees[0].embeddings) == 3
    np.testing.assert_array_equal(trees[0].labels, trees[1].labels)
    np.testing.assert_allclose(trees[0].memberships, trees[1].memberships, atol=1e-5)
