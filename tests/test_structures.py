"""The values check themselves and print by shape; id_image keeps sharp masks sharp and ids where
they belong."""

import pickle
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch
from percepts import noise, tracks_from_ids, tracks_of

from glom_video.read import TruncatedSource
from glom_video.structures import (
    Frame,
    GlomState,
    InvalidInput,
    Percept,
    SourceInfo,
    Tracks,
    best_matching,
    id_image,
    naturally_sorted,
)


def soft_disc(height: int, width: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    """Share of each cell that a disc covers, by 8x8 samples per cell; centre (x, y) and radius in
    cells."""
    y, x = (np.mgrid[0 : height * 8, 0 : width * 8] + 0.5) / 8
    covered = np.hypot(x - centre[0], y - centre[1]) <= radius
    return covered.reshape(height, 8, width, 8).mean((1, 3)).astype(np.float32)


def with_memberships(memberships: np.ndarray, ids: list[int]) -> Tracks:
    k = len(ids)
    return Tracks(
        ids=np.array(ids, np.int32),
        parent_ids=np.zeros(k, np.int32),
        embeddings=np.zeros((k, 4), np.float32),
        agreement=np.ones(k, np.float32),
        score=np.ones(k, np.float32),
        pose=np.zeros((k, 6), np.float32),
        read_pose=np.zeros((k, 6), np.float32),
        memberships=memberships.astype(np.float32),
        age_frames=np.ones(k, np.int32),
        age_seconds=np.zeros(k, np.float32),
        missed_frames=np.zeros(k, np.int32),
        names=tuple(map(str, ids)),
    )


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 5), np.uint8), np.zeros((3, 4, 5), np.uint8), np.zeros((4, 5, 3), np.float32)],
)
def test_a_frame_refuses_what_is_no_rgb_picture(image: np.ndarray) -> None:
    with pytest.raises(
        (ValueError, TypeError)
    ):  # TypeError where jaxtyping looks first, as in tests
        Frame(image, 0, 0.0)


def test_a_frame_prints_its_shape_and_not_its_pixels() -> None:
    text = repr(Frame(noise(6, 9), 4, 0.16))
    assert (
        text == "Frame(image=ndarray(6, 9, 3) uint8, index=4, pts_seconds=0.16, is_corrupt=False)"
    )


def test_a_percept_prints_one_short_line(two_objects: Percept) -> None:
    assert "\n" not in repr(two_objects)
    assert len(repr(two_objects)) < 3000


def test_a_state_refuses_another_grid() -> None:
    with pytest.raises(ValueError, match="its grid"):
        GlomState(torch.zeros(1, 4, 12, 8), (3, 5), 1)
    assert "Tensor(1, 4, 15, 8) float32" in repr(GlomState(torch.zeros(1, 4, 15, 8), (3, 5), 1))


def test_tracks_refuse_rows_of_different_number() -> None:
    with pytest.raises(TypeError):
        with_memberships(np.zeros((4, 5, 6)), [1, 2])


def test_values_cannot_be_changed(two_objects: Percept) -> None:
    with pytest.raises(AttributeError):
        two_objects.frame.index = 3  # type: ignore[misc]


def test_invalid_input_carries_cause_and_remedy() -> None:
    error = InvalidInput("no such file", "check the name")
    assert (str(error), error.cause, error.remedy) == (
        "no such file",
        "no such file",
        "check the name",
    )


def test_source_pts_come_back_from_seconds() -> None:
    info = SourceInfo(
        "clip", "clip.mp4", 4, 4, time_base=Fraction(1001, 30000), frame_rate=Fraction(30000, 1001)
    )
    for pts in (0, 7, 12345678):
        assert round(float(pts * info.time_base) / info.time_base) == pts


@pytest.mark.parametrize(
    ("cells", "pixels"), [((54, 96), (360, 640)), ((48, 85), (481, 853)), ((36, 64), (720, 1280))]
)
def test_a_soft_disc_comes_out_round(cells: tuple[int, int], pixels: tuple[int, int]) -> None:
    (rows, columns), (height, width) = cells, pixels
    share = soft_disc(rows, columns, (columns * 0.4, rows * 0.55), rows * 0.22)
    found = id_image(with_memberships(np.stack([1 - share, share]), [5]), height, width) == 5
    y, x = np.mgrid[0:height, 0:width] + 0.5
    exact = (
        np.hypot(x * columns / width - columns * 0.4, y * rows / height - rows * 0.55)
        <= rows * 0.22
    )
    assert (found & exact).sum() / (found | exact).sum() > 0.98


def test_rows_map_to_ids_whatever_their_order() -> None:
    truth = np.zeros((30, 40), np.int32)
    truth[5:15, 5:15], truth[10:25, 20:35] = 300, 2
    for order in ([2, 300], [300, 2]):
        assert (id_image(tracks_from_ids(truth, order), 30, 40) == truth).all()


@pytest.mark.parametrize("size", [(54, 96), (360, 640), (123, 457), (20, 30)])
def test_upsampling_in_boxes_equals_upsampling_whole_maps(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    scores = random.normal(size=(9, 54, 96)).astype(np.float32)
    scores = np.stack([cv2.GaussianBlur(score, (0, 0), 5) for score in scores]) * 40
    memberships = np.exp(scores) / np.exp(scores).sum(0)
    tracks = with_memberships(memberships, list(range(1, 9)))
    whole = np.stack(
        [
            cv2.resize(share, size[::-1], interpolation=cv2.INTER_CUBIC)
            for share in tracks.memberships
        ]
    )
    assert (id_image(tracks, *size) == whole.argmax(0)).all()


def test_no_tracks_no_ids() -> None:
    assert not id_image(tracks_of({}, 12, 16), 48, 64).any()


def test_id_image_leaves_its_tracks_alone(two_objects: Percept) -> None:
    tracks = two_objects.tracks["object"]
    before = tracks.memberships.copy()
    id_image(tracks, 240, 400)
    assert (tracks.memberships == before).all()


def test_an_error_comes_whole_out_of_another_process() -> None:
    came = pickle.loads(pickle.dumps(TruncatedSource("it breaks off", "copy it again")))
    assert (type(came), came.cause, came.remedy) == (
        TruncatedSource,
        "it breaks off",
        "copy it again",
    )


@pytest.mark.parametrize("names", [[], ["b10"], ["b10", "b9", "a", "b1"]])
def test_names_are_sorted_as_people_count(names: list[str]) -> None:
    expected = [name for name in ("a", "b1", "b9", "b10") if name in names]
    assert naturally_sorted(iter(names), str) == expected


def test_the_best_matching_is_the_one_with_the_highest_total() -> None:
    """Taking the highest score first would make 9 + 0."""
    rows, columns = best_matching(np.array([[9, 8, 0], [7, 0, 0]]))
    assert rows.tolist() == [0, 1]
    assert columns.tolist() == [1, 0]
