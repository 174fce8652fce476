"""What holds of any id map: it comes back from every mask format, and its figures do not depend on
what the ids are called."""

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from glom_video.evaluate.accuracy import Accuracy
from glom_video.formats import (
    AnnotatedFrame,
    CocoWriter,
    DavisWriter,
    FrameWriter,
    Instance,
    MotsWriter,
    PngMask,
    RleMask,
    YtvisWriter,
    read_annotations,
)
from glom_video.structures import InvalidInput, SourceInfo
from glom_video_pipelines.evaluate import find_clips

HEIGHT, WIDTH = 12, 16


@st.composite
def id_maps(draw: st.DrawFn, largest: int = 6) -> np.ndarray:
    """Rectangles over each other, as segments are: of one place, and of several."""
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    for number in draw(st.lists(st.integers(1, largest), max_size=6)):
        top, left = draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))
        labels[
            top : top + draw(st.integers(1, HEIGHT)), left : left + draw(st.integers(1, WIDTH))
        ] = number
    return labels


@given(id_maps(largest=65535))
@settings(max_examples=50, deadline=None)
def test_ids_come_back_from_png(labels: np.ndarray) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "0.png"
        Image.fromarray(labels.astype(np.uint16 if labels.max() > 255 else np.uint8)).save(path)
        np.testing.assert_array_equal(PngMask(path).labels(), labels)


@given(id_maps(largest=65535))
@settings(max_examples=50, deadline=None)
def test_ids_come_back_from_run_lengths(labels: np.ndarray) -> None:
    from pycocotools import mask

    segments = [
        (int(number), mask.encode(np.asfortranarray(labels == number).astype(np.uint8)))
        for number in np.unique(labels)
        if number
    ]
    np.testing.assert_array_equal(RleMask("here", (HEIGHT, WIDTH), segments).labels(), labels)


@given(
    st.lists(st.tuples(id_maps(), id_maps()), min_size=3, max_size=4),
    st.permutations(range(1, 7)),
    st.permutations(range(1, 7)),
)
@settings(max_examples=50, deadline=None)
def test_figures_do_not_depend_on_the_names_of_ids(
    frames: list[tuple[np.ndarray, np.ndarray]], true: list[int], said: list[int]
) -> None:
    plain, renamed = Accuracy(), Accuracy()
    for truth, predicted in frames:
        plain.add(truth, predicted)
        renamed.add(
            np.array([0, *true], np.int32)[truth], np.array([0, *said], np.int32)[predicted]
        )
    before, after = plain.result(), renamed.result()
    # Where the best pairing of ids is not the only one, which of them is taken may follow their
    # order.
    for name in (
        "fg_ari_video",
        "ari_video",
        "mbo_video",
        "fg_ari_image",
        "ari_image",
        "mbo_image",
        "AQ",
    ):
        assert after.get(name) == pytest.approx(before.get(name)), name


def with_palette() -> Image.Image:
    picture = Image.fromarray(np.eye(12, dtype=np.uint8)).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 0])
    return picture


@pytest.mark.parametrize(
    "picture",
    [with_palette(), Image.fromarray(255 * np.eye(12, dtype=np.uint8))],
    ids=["palette", "black and white"],
)
def test_a_folder_of_masks_is_not_run_through_the_model(
    tmp_path: Path, picture: Image.Image
) -> None:
    (tmp_path / "clip").mkdir()
    picture.save(tmp_path / "clip" / "00000.png")
    with pytest.raises(InvalidInput, match="masks, not pictures"):
        find_clips([tmp_path / "clip"], None)


def test_a_folder_of_grey_pictures_is(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    Image.fromarray(np.arange(144, dtype=np.uint8).reshape(12, 12)).save(
        tmp_path / "clip" / "00000.png"
    )
    assert [clip.name for clip in find_clips([tmp_path / "clip"], None)] == ["clip"]


def exported(ids: np.ndarray, index: int) -> AnnotatedFrame:
    """A frame of which each id is an object."""
    instances = [instance_of(ids, int(number)) for number in np.unique(ids) if number]
    return AnnotatedFrame(
        index,
        index / 25,
        False,
        None,
        True,
        f"{index:05d}",
        f"{index:05d}.jpg",
        np.zeros((1, 1, 3), np.uint8),
        {"object": ids.astype(np.int32)},
        instances,
    )


def instance_of(ids: np.ndarray, number: int) -> Instance:
    y, x = np.nonzero(ids == number)
    box = (int(x.min()), int(y.min()), int(np.ptp(x)) + 1, int(np.ptp(y)) + 1)
    pose = (0.0,) * 6
    return Instance(
        "object",
        number,
        0,
        str(number),
        0.9,
        0.9,
        1,
        0,
        len(x),
        box,
        (float(x.mean()), float(y.mean())),
        pose,
        pose,
    )


def written(root: Path, format_: str, clip: list[np.ndarray]) -> Path:
    info = SourceInfo("clip", "clip.mp4", HEIGHT, WIDTH, Fraction(1, 25), Fraction(25))
    makers: dict[str, Callable[[], FrameWriter]] = {
        "davis": lambda: DavisWriter(root, "clip", ["object"]),
        "mots": lambda: MotsWriter(root, "clip", ["object"]),
        "ytvis": lambda: YtvisWriter(root / "clip.ytvis.json", "clip", info, Fraction(25)),
        "coco": lambda: CocoWriter(root / "clip.coco.json", "clip", info, Fraction(25)),
    }
    with makers[format_]() as out:
        for index, ids in enumerate(clip):
            out.write(exported(ids, index))
    return root


def read_back(root: Path, format_: str, index: int) -> np.ndarray:
    name = f"{index:05d}"
    if format_ == "mots":
        found = PngMask(root / "mots" / "object" / "clip" / "instances" / f"{name}.png").labels()
        return np.where(found > 0, found - 1000, 0)
    if format_ == "coco":
        from pycocotools.mask import decode

        ids = np.zeros((HEIGHT, WIDTH), np.int32)
        for instance in (
            read_annotations(root / "clip.coco.json").frames.get(index, {}).get("object", ())
        ):
            ids[decode(dict(instance.rle)).astype(bool)] = instance.id
        return ids
    (clip,) = find_clips([root], None)
    assert clip.masks is not None
    return np.asarray(clip.masks["object"][name].labels())


@pytest.mark.parametrize("format_", ["davis", "mots", "ytvis", "coco"])
@given(clip=st.lists(id_maps(largest=999), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_a_clip_comes_back_from_every_format(format_: str, clip: list[np.ndarray]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = written(Path(folder), format_, clip)
        for index, ids in enumerate(clip):
            np.testing.assert_array_equal(read_back(root, format_, index), ids)
