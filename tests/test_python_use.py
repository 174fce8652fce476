"""The library from Python: arrays in, and a percept that gives masks, boxes, its tree and itself as
a picture."""

import base64
import io
import math
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import MakeVideo, moving_square
from percepts import noise, percept_of, tracks_of
from PIL import Image

import glom_video as gv


def test_an_array_a_list_and_a_generator_are_read_alike() -> None:
    clip = moving_square(5, 32, 64)
    for source in (clip, list(clip), (picture for picture in clip)):
        frames = list(gv.read(source, frame_rate=10.0))
        assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
        assert [frame.pts_seconds for frame in frames] == [0.0, 0.1, 0.2, 0.3, 0.4]
        np.testing.assert_array_equal(np.stack([frame.image for frame in frames]), clip)


def test_a_piece_of_an_array_has_the_times_of_the_whole() -> None:
    frames = gv.read(moving_square(10, 32, 64), start_seconds=0.08, end_seconds=0.3, stride=2)
    assert [(frame.index, frame.pts_seconds) for frame in frames] == [
        (2, 0.08),
        (4, 0.16),
        (6, 0.24),
    ]


def test_grey_and_alpha_become_rgb() -> None:
    grey = noise(8, 12)[..., 0]
    with_alpha = np.dstack([noise(8, 12), np.zeros((8, 12), np.uint8)])
    first, second = gv.read([grey, with_alpha])
    np.testing.assert_array_equal(first.image, np.dstack([grey] * 3))
    np.testing.assert_array_equal(second.image, with_alpha[..., :3])


def test_pictures_of_opencv_and_pillow_are_taken() -> None:
    rgb = noise(8, 12)
    ours = gv.Frame.from_array(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), 1.5, 3, channels="bgr")
    np.testing.assert_array_equal(ours.image, rgb)
    assert (ours.pts_seconds, ours.index) == (1.5, 3)
    np.testing.assert_array_equal(gv.Frame.from_array(Image.fromarray(rgb), 0.0).image, rgb)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (np.zeros((2, 8, 8, 3)), "float64"),
        ([np.zeros((3, 8, 8), np.uint8)], r"\(3, 8, 8\)"),
        (np.zeros((8, 8, 3), np.uint8), "no clip"),
        ([], "no picture"),
        (["a.png"], "picture 0"),
    ],
)
def test_what_is_no_picture_is_said_with_a_remedy(wrong: object, cause: str) -> None:
    with pytest.raises(gv.InvalidInput, match=cause) as refused:
        list(gv.read(wrong))  # type: ignore[arg-type]
    assert refused.value.remedy


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_frame_rate_is_above_zero(rate: float) -> None:
    with pytest.raises(gv.InvalidInput, match="frame rate"):
        list(gv.read(moving_square(2), frame_rate=rate))


@pytest.mark.parametrize("rate", [Fraction(25, 2), 12.5])
def test_times_are_floats_whatever_number_the_frame_rate_is(rate: float | Fraction) -> None:
    """``SourceInfo`` gives a fraction, which no array of ages and no JSON takes."""
    frames = list(gv.read(moving_square(3), frame_rate=rate))
    assert [(type(frame.pts_seconds), frame.pts_seconds) for frame in frames] == [
        (float, 0.0),
        (float, 0.08),
        (float, 0.16),
    ]


@pytest.mark.parametrize("end", [math.inf, 1e300])
def test_an_end_beyond_every_clip_is_none(end: float, tmp_path: Path) -> None:
    for index, picture in enumerate(moving_square(3)):
        Image.fromarray(picture).save(tmp_path / f"{index}.png")
    assert len(list(gv.read(moving_square(3), end_seconds=end))) == 3
    assert len(list(gv.read(tmp_path, end_seconds=end))) == 3
    with pytest.raises(gv.InvalidInput, match="no picture"):
        list(gv.read(moving_square(3), start_seconds=1e300))


def test_a_file_has_its_own_times(make_video: MakeVideo) -> None:
    with pytest.raises(gv.InvalidInput, match="times of its own"):
        list(gv.read(make_video("clip.mp4"), frame_rate=10.0))


def test_arrays_are_perceived_as_the_file_that_holds_them(
    tiny_weights: Path, make_video: MakeVideo
) -> None:
    glom = gv.Glom.from_pretrained(str(tiny_weights))
    frames = list(gv.read(make_video("clip.mp4", frames=3)))
    arrays = gv.read([frame.image for frame in frames])
    for ours, theirs in zip(gv.perceive(arrays, glom), gv.perceive(frames, glom), strict=True):
        np.testing.assert_array_equal(ours.ids("part"), theirs.ids("part"))


def test_masks_and_boxes_are_those_of_the_ids(two_objects: gv.Percept) -> None:
    objects = two_objects.tracks["object"]
    masks = two_objects.masks("object")
    assert masks.shape == (2, 120, 200)
    assert masks.sum((1, 2)).tolist() == [70 * 80, 70 * 80]
    ids = gv.id_image(objects, 120, 200)
    np.testing.assert_array_equal((masks * objects.ids[:, None, None]).sum(0), ids)
    assert two_objects.boxes().tolist() == [[20, 20, 90, 100], [110, 20, 180, 100]]
    assert two_objects.boxes("part").shape == (4, 4)


def test_what_is_nowhere_the_largest_has_an_empty_mask_and_box() -> None:
    hidden = tracks_of({1: (10, 10, 30, 30), 2: (10, 10, 30, 30)}, 40, 40)
    percept = percept_of(noise(40, 40), hidden, tracks_of({}, 40, 40))
    assert percept.masks().any((1, 2)).tolist() == [False, True]
    assert percept.boxes().tolist() == [[0, 0, 0, 0], [10, 10, 30, 30]]
    assert percept.masks("part").shape == (0, 40, 40)


def test_the_tree_holds_the_parts_of_those_that_are_seen_as_one(two_objects: gv.Percept) -> None:
    assert two_objects.tree() == {3: [1, 2], 7: [4, 9]}
    objects = replace(two_objects.tracks["object"], names=("3+5", "7"))
    parts = replace(two_objects.tracks["part"], parent_ids=np.array([3, 5, 7, 0], np.int32))
    merged = replace(two_objects, tracks={"object": objects, "part": parts})
    assert merged.tree() == {3: [1, 2], 7: [4], 0: [9]}


def test_a_percept_draws_itself(two_objects: gv.Percept) -> None:
    drawn = two_objects.draw(layout="mask", level="object")
    settings = gv.DrawSettings(layout="mask", level="object")
    np.testing.assert_array_equal(drawn, gv.render(two_objects, settings))
    with pytest.raises(gv.InvalidInput):
        two_objects.draw(opacity=2.0)


def test_a_notebook_shows_the_drawn_picture(two_objects: gv.Percept) -> None:
    picture = np.array(Image.open(io.BytesIO(two_objects._repr_png_())))
    np.testing.assert_array_equal(picture, two_objects.draw())
    page = two_objects._repr_html_()
    encoded = re.findall(r"base64,([^\"]+)", page)[0]
    np.testing.assert_array_equal(
        np.array(Image.open(io.BytesIO(base64.b64decode(encoded)))), picture
    )
    assert "object 3 (80%): parts 1, 2" in page
    frame = np.array(Image.open(io.BytesIO(two_objects.frame._repr_png_())))
    np.testing.assert_array_equal(frame, two_objects.frame.image)


def test_a_large_picture_is_shown_small(two_objects: gv.Percept) -> None:
    large = gv.Frame(np.zeros((1200, 2400, 3), np.uint8), 0, 0.0)
    assert Image.open(io.BytesIO(large._repr_png_())).size == (960, 480)
