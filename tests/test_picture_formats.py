"""What is written as pictures: GIF, WebM, PNG sequences, cut-outs and contact sheets."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import Cli, MakeVideo, Options, is_one_error, manifest
from percepts import noise, percept_of, tracks_of
from PIL import Image

from glom_video.formats import (
    AlphaWriter,
    GifWriter,
    PictureWriter,
    PngSequenceWriter,
    SheetWriter,
    WebmWriter,
    annotated_frame,
)
from glom_video.read import read
from glom_video.render import DrawSettings, render
from glom_video.structures import LEVEL_NAMES, InvalidInput, Percept, id_image, only_object

RATE = Fraction(25)
FLAT = [np.full((40, 72, 3), value, np.uint8) for value in (40, 100, 160, 220)]


def write(writer: PictureWriter, times: list[float]) -> None:
    with writer as out:
        for number, (picture, seconds) in enumerate(zip(FLAT, times, strict=False)):
            out.write(picture, seconds, f"{number:05d}")


@pytest.mark.parametrize(("kind", "name"), [(GifWriter, "walk.gif"), (WebmWriter, "walk.webm")])
def test_a_moving_picture_keeps_its_times(
    kind: type[GifWriter | WebmWriter], name: str, tmp_path: Path
) -> None:
    write(kind(tmp_path / name, "walk", RATE), [3.0, 3.04, 3.2, 3.5])
    found = list(read(tmp_path / name))
    assert [frame.pts_seconds for frame in found] == pytest.approx([0, 0.04, 0.2, 0.5])
    assert [frame.image.mean() for frame in found] == pytest.approx([40, 100, 160, 220], abs=3)
    assert not list(tmp_path.glob("*.partial.*"))


@pytest.mark.parametrize(("kind", "name"), [(GifWriter, "walk.gif"), (WebmWriter, "walk.webm")])
def test_the_last_picture_is_shown_no_longer_than_others_after_a_long_gap(
    kind: type[GifWriter | WebmWriter], name: str, tmp_path: Path
) -> None:
    """As in an mp4: by the average rate it stood still for 15 s."""
    write(kind(tmp_path / name, "walk", Fraction(4, 60)), [0.0, 0.04, 60.0, 60.04])
    with av.open(str(tmp_path / name)) as container:
        assert container.duration / av.time_base == pytest.approx(60.08)


def test_a_gif_shows_nothing_too_short_for_a_browser(tmp_path: Path) -> None:
    write(GifWriter(tmp_path / "walk.gif", "walk", Fraction(200)), [0.0, 0.005, 0.01, 0.03])
    found = list(read(tmp_path / "walk.gif"))
    assert [frame.image.mean() for frame in found] == pytest.approx([40, 220], abs=3)


def test_a_gif_keeps_the_colours_of_each_picture(tmp_path: Path, two_objects: Percept) -> None:
    drawn = render(two_objects, DrawSettings(layout="mask", level="object"))
    with GifWriter(tmp_path / "walk.gif", "walk", RATE) as out:
        out.write(drawn, 0.0)
    (frame,) = read(tmp_path / "walk.gif")
    assert np.abs(frame.image.astype(int) - drawn).max() <= 3


@pytest.mark.parametrize(
    ("kind", "name"),
    [(GifWriter, "walk.gif"), (WebmWriter, "walk.webm"), (SheetWriter, "walk.sheet.jpg")],
)
def test_an_error_leaves_it_partial_and_no_picture_is_said(
    kind: type[PictureWriter], name: str, tmp_path: Path
) -> None:
    def made() -> PictureWriter:
        return kind(tmp_path / name, "walk", *([] if kind is SheetWriter else [RATE]))  # type: ignore[call-arg]

    broken = made()
    broken.write(FLAT[0], 0.0, "00000")
    broken.write(FLAT[1], 0.04, "00001")
    broken.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert [path.name for path in tmp_path.iterdir()] == [name.replace("walk", "walk.partial")]
    with pytest.raises(InvalidInput, match="no frame"):
        made().close()


def test_a_png_sequence_is_the_drawn_pictures(tmp_path: Path) -> None:
    write(PngSequenceWriter(tmp_path / "png" / "walk", "walk"), [0.0, 0.04, 0.08, 0.12])
    files = sorted((tmp_path / "png" / "walk").iterdir())
    assert [path.name for path in files] == [f"{number:05d}.png" for number in range(4)]
    for path, picture in zip(files, FLAT, strict=True):
        np.testing.assert_array_equal(np.array(Image.open(path)), picture)


def test_a_cut_out_is_clear_but_for_the_object(tmp_path: Path, two_objects: Percept) -> None:
    with AlphaWriter(tmp_path / "alpha" / "walk", "walk") as out:
        out.write(annotated_frame(two_objects, LEVEL_NAMES, 120, 200, "00000", object_id=7))
    cut_out = np.array(Image.open(tmp_path / "alpha" / "walk" / "00000.png"))
    np.testing.assert_array_equal(cut_out[..., :3], two_objects.frame.image)
    mask = id_image(two_objects.tracks["object"], 120, 200) == 7
    np.testing.assert_array_equal(cut_out[..., 3], np.where(mask, 255, 0))


def test_one_object_comes_with_its_parts_and_those_seen_as_one_with_it() -> None:
    objects = tracks_of({3: (0, 0, 10, 10), 7: (20, 0, 30, 10)}, 10, 40)
    parts = tracks_of({1: (0, 0, 10, 10), 4: (20, 0, 30, 10)}, 10, 40, {1: 3, 4: 9})
    object.__setattr__(objects, "names", ("3", "7+9"))
    percept = percept_of(noise(10, 40), objects, parts)
    shown = {
        number: {
            level: set(np.unique(only_object(percept.ids(level), level, percept.tracks, number)))
            for level in LEVEL_NAMES
        }
        for number in (3, 9, 5)
    }
    assert shown[3] == {"part": {0, 1}, "object": {0, 3}}
    assert shown[9] == {"part": {0, 4}, "object": {0, 7}}
    assert shown[5] == {"part": {0}, "object": {0}}


def test_one_object_is_drawn_alone(two_objects: Percept) -> None:
    drawn = render(two_objects, DrawSettings(object_id=7))
    others = id_image(two_objects.tracks["object"], 120, 200) != 7
    others[:, 105:] = False  # the silhouette of 7 reaches a little beyond it
    np.testing.assert_array_equal(drawn[others], two_objects.frame.image[others])
    assert (drawn[40:80, 130:160] != two_objects.frame.image[40:80, 130:160]).any()


def test_a_sheet_is_spread_over_the_clip(tmp_path: Path) -> None:
    with SheetWriter(tmp_path / "walk.sheet.jpg", "walk") as out:
        for number in range(1000):
            out.write(np.full((90, 160, 3), number // 4, np.uint8), number / 25)
    sheet = np.array(Image.open(tmp_path / "walk.sheet.jpg"))
    assert sheet.shape == (3 * 184 + 4, 4 * 324 + 4, 3)
    middles = sheet[64::184, 164::324, 0].astype(int).ravel().tolist()
    assert middles == sorted(middles)
    assert middles[0] < 5
    assert middles[-1] > 230
    assert max(np.diff(middles)) < 30


def test_annotate_writes_them_beside_each_other_and_skips_them_as_sources(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=4, folder=tmp_path / "in"), tmp_path / "in"
    formats = ("gif", "webm", "png-sequence", "alpha", "sheet")
    named = [word for name in formats for word in ("--format", name)]
    given = ("-o", out, *named, *small_model)
    ran = glom_video("annotate", clip, *given, "--object", 1)
    assert ran.code == 0, ran.err
    for name in ("clip.gif", "clip.webm", "clip.sheet.jpg", "png/clip/00003.png"):
        assert (out / name).exists(), name
    with Image.open(out / "alpha" / "clip" / "00003.png") as cut_out:
        assert cut_out.mode == "RGBA"
    again = glom_video("annotate", out, *given, "--object", 1)
    assert again.code == 0, again.err
    assert list(manifest(out)) == ["clip"]


def test_a_cut_out_of_scaled_pictures_is_refused(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    given = ("-o", tmp_path / "out", "--format", "alpha", "--size", 64)
    ran = glom_video("annotate", make_video("clip.mp4"), *given)
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert not (tmp_path / "out").exists()
