"""Rendered clips: the truth is exact and stays with its objects, seeds repeat, and what is held out
stays out."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glom_video.formats import write_davis
from glom_video.structures import InvalidInput
from glom_video.synth import FAMILIES, Clip, Textures, render_clip
from glom_video.synth.animals import quadruped
from glom_video.synth.paths import walk
from glom_video.synth.water import lake
from glom_video_pipelines.synth import run_synth

SMALL: dict[str, Any] = {"frames": 6, "height": 72, "width": 96}
ONE: dict[str, Any] = {"clips": 1, "frames": 2, "seed": 7, "height": 48, "width": 64}


@pytest.fixture(scope="module")
def clips(textures: Textures) -> list[Clip]:
    return [render_clip(seed, textures=textures, **SMALL) for seed in range(24)]


def test_same_seed_gives_the_same_clip_and_another_seed_another(
    textures: Textures, clips: list[Clip]
) -> None:
    again = render_clip(3, textures=textures, **SMALL)
    assert np.array_equal(again.images, clips[3].images)
    assert np.array_equal(again.parts, clips[3].parts)
    assert again.parent == clips[3].parent
    assert not np.array_equal(clips[3].images, clips[4].images)


def test_every_part_lies_in_its_own_object_in_every_frame(clips: list[Clip]) -> None:
    for clip in clips:
        assert clip.images.shape == (6, 72, 96, 3)
        assert clip.parts.shape == clip.objects.shape == (6, 72, 96)
        assert set(np.unique(clip.parts)) - {0} == set(clip.parent)
        for part, parent in clip.parent.items():
            assert set(np.unique(clip.objects[clip.parts == part])) == {parent}
        assert np.array_equal(clip.parts == 0, clip.objects == 0)


def test_most_clips_show_an_object_of_some_size_with_several_parts(clips: list[Clip]) -> None:
    shares = np.array([(clip.objects > 0).mean() for clip in clips])
    assert 0.03 < np.median(shares) < 0.5
    assert np.median([len(clip.parent) for clip in clips]) >= 3


def test_masks_follow_objects_that_move(clips: list[Clip]) -> None:
    """Between frames most masks change, and none but the smallest jumps away from itself."""
    moved, kept = [], []
    for clip in clips:
        for number in set(clip.parent.values()):
            masks = clip.objects == number
            if masks.sum((1, 2)).min() > 150:
                moved.append(bool((masks[0] != masks[-1]).any()))
                kept += [bool((masks[t] & masks[t + 1]).any()) for t in range(len(masks) - 1)]
    assert np.mean(moved) > 0.9
    assert np.mean(kept) > 0.97


def test_objects_come_to_rest_where_they_are_told_to() -> None:
    """Figures walk, and from some frame on neither move nor swing; without being told to, most go
    on."""

    def is_at_rest(seed: int, stops: float) -> bool:
        random = np.random.default_rng(seed)
        path = walk(random, 12, quadruped(random), 0.5, stops=stops)
        assert (path.position[0] != path.position[1]).any()
        return bool(
            (path.position[-1] == path.position[-2]).all() and path.phase[-1] == path.phase[-2]
        )

    assert all(is_at_rest(seed, 1.0) for seed in range(10))
    assert sum(is_at_rest(seed, 0.0) for seed in range(10)) < 3


def test_groups_stand_closer_together(textures: Textures) -> None:
    """Two objects or more, and pixels of one beside pixels of another, which is rarer elsewhere."""

    def touching(clip: Clip) -> bool:
        left, right = clip.objects[:, :, :-1], clip.objects[:, :, 1:]
        return bool(((left != right) & (left > 0) & (right > 0)).any())

    grouped = [render_clip(seed, textures=textures, family="group", **SMALL) for seed in range(16)]
    alone = [render_clip(seed, textures=textures, **SMALL) for seed in range(16)]
    assert sum(map(touching, grouped)) > sum(map(touching, alone))
    assert max(len(set(clip.parent.values())) for clip in grouped) <= 5


def test_pixels_of_an_object_differ_from_a_clip_without_it(textures: Textures) -> None:
    """The mask's edge is where the picture changes: contrast across it exceeds that of edges
    elsewhere."""
    across, elsewhere = [], []
    for seed in range(30, 42):
        clip = render_clip(seed, frames=1, height=96, width=96, textures=textures)
        steps = np.abs(np.diff(clip.images[0].astype(int).sum(-1), axis=1))
        edge = (clip.objects[0][:, 1:] > 0) != (clip.objects[0][:, :-1] > 0)
        across += steps[edge].tolist()
        elsewhere += steps[~edge].tolist()
    assert np.mean(across) > 1.5 * np.mean(elsewhere)


def test_families_differ_and_crowds_are_crowds(textures: Textures) -> None:
    first = {
        family: render_clip(0, textures=textures, family=family, **SMALL) for family in FAMILIES
    }
    for family in FAMILIES[1:]:
        assert not np.array_equal(first[family].images, first["train"].images)
    crowds = [render_clip(seed, textures=textures, family="crowd", **SMALL) for seed in range(4)]
    assert max(len(set(clip.parent.values())) for clip in crowds) >= 5
    with pytest.raises(InvalidInput, match="family"):
        render_clip(0, textures=textures, family="dance", **SMALL)


def test_held_out_pictures_are_never_drawn_for_training(textures: Textures) -> None:
    """Clips of the training family stay the same when the held-out pictures are painted over, and
    the held-out family does not; and the reverse."""
    fingerprints = {image.tobytes() for image in textures.train}
    assert textures.held_out
    assert not any(image.tobytes() in fingerprints for image in textures.held_out)
    blank = replace(textures, held_out=tuple(np.zeros_like(image) for image in textures.held_out))
    for seed in range(4):
        drawn, other = (render_clip(seed, textures=source, **SMALL) for source in (textures, blank))
        assert np.array_equal(drawn.images, other.images)
    held_out, painted_over = (
        render_clip(0, textures=source, family="texture", **SMALL).images
        for source in (textures, blank)
    )
    assert not np.array_equal(held_out, painted_over)


def test_photographs_of_several_sizes_are_taken_once(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for theme in ("Hills", "Shore"):
        folder = tmp_path / theme / "images"
        folder.mkdir(parents=True)
        picture = Image.fromarray(random.integers(0, 255, (12, 16, 3), np.uint8))
        for width, height in ((640, 480), (1200, 900)):
            picture.resize((width, height)).save(folder / f"{width}x{height}.png")
    loaded, shipped = Textures.load([tmp_path]), Textures.load()
    extra = len(loaded.train) + len(loaded.held_out) - len(shipped.train) - len(shipped.held_out)
    assert extra == 2
    assert max(max(image.shape) for image in loaded.train) <= 900


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no pictures"):
        Textures.load([tmp_path])
    with pytest.raises(InvalidInput, match="no folder"):
        Textures.load([tmp_path / "absent"])


def test_without_scikit_image_pictures_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage", None)
    computed = Textures.load()
    assert len(computed.train) + len(computed.held_out) == 16
    assert all(picture.std() > 10 for picture in computed.train), "none is a plain colour"


def test_a_lake_mirrors_what_stands_above_it(textures: Textures) -> None:
    random = np.random.default_rng(0)
    rows = np.linspace(30, 220, 60, dtype=np.uint8)
    picture = np.repeat(np.repeat(rows[:, None], 80, 1)[..., None], 3, 2)
    picture = np.concatenate([picture, np.zeros_like(picture)])
    shown = lake(random, textures, picture.copy(), 60)
    assert np.array_equal(shown[:60], picture[:60])
    below = shown[60:].mean((1, 2))
    assert np.corrcoef(below, rows[::-1])[0, 1] > 0.9
    assert np.ptp(below) < np.ptp(rows), "it is dimmed"


def test_written_clips_read_back(tmp_path: Path, clips: list[Clip]) -> None:
    clip = clips[0]
    write_davis(
        tmp_path, "one", clip.images, {"part": clip.parts, "object": clip.objects}, clip.parent
    )
    for level, ids in (("part", clip.parts), ("object", clip.objects)):
        files = sorted((tmp_path / "Annotations" / level / "one").iterdir())
        assert [file.name for file in files] == [f"{t:05d}.png" for t in range(6)]
        opened = [Image.open(file) for file in files]
        assert all(mask.mode == "P" for mask in opened)
        assert np.array_equal(np.stack([np.asarray(mask) for mask in opened]), ids)
    pictures = sorted((tmp_path / "JPEGImages" / "72p" / "one").iterdir())
    restored = np.stack([np.asarray(Image.open(file)) for file in pictures])
    assert np.abs(restored.astype(int) - clip.images).mean() < 12
    assert json.loads((tmp_path / "Parents" / "one.json").read_text()) == {
        str(part): parent for part, parent in clip.parent.items()
    }


def test_run_synth_writes_as_many_clips_as_asked(tmp_path: Path) -> None:
    run_synth(tmp_path, clips=2, frames=2, seed=7, height=48, width=64, photos=(), family="crowd")
    assert sorted(path.name for path in (tmp_path / "JPEGImages" / "48p").iterdir()) == [
        "crowd-000007",
        "crowd-000008",
    ]
    with pytest.raises(InvalidInput, match="clips"):
        run_synth(tmp_path, **{**ONE, "clips": 0}, photos=())


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_same_call_again_writes_the_same_clips(tmp_path: Path) -> None:
    """Also where the first call was interrupted."""
    run_synth(tmp_path, **ONE, photos=())
    whole = contents(tmp_path)
    (tmp_path / "Parents" / "train-000007.json").unlink()
    run_synth(tmp_path, **ONE, photos=())
    assert contents(tmp_path) == whole
    run_synth(tmp_path, **{**ONE, "clips": 2, "seed": 6}, photos=())
    assert contents(tmp_path).items() > whole.items()


@pytest.mark.parametrize("other", [{"frames": 1}, {"height": 32}, {}])
def test_another_clip_of_the_name_is_replaced_only_when_asked(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    """It was replaced without a word: one of other options, or one that was edited since."""
    run_synth(tmp_path, **ONE, photos=())
    if not other:
        mask = tmp_path / "Annotations" / "part" / "train-000007" / "00001.png"
        Image.fromarray(np.zeros((48, 64), np.uint8)).save(mask)
    before = contents(tmp_path)
    # Nor is the clip with seed 6 written, which would come before it.
    asked: dict[str, Any] = {**ONE, "photos": (), "clips": 2, "seed": 6, **other}
    with pytest.raises(InvalidInput, match="another clip train-000007: ") as refused:
        run_synth(tmp_path, **asked)
    assert "--overwrite" in refused.value.remedy
    assert contents(tmp_path) == before
    run_synth(tmp_path, **asked, overwrite=True)
    assert not before.items() <= contents(tmp_path).items()
    run_synth(tmp_path, **asked)


@pytest.mark.parametrize("other", ["people", "bodies", "photographs"])
def test_a_family_beside_other_clips_is_refused(tmp_path: Path, other: str) -> None:
    """It was ignored."""
    both: dict[str, Any] = {**ONE, other: tmp_path}
    with pytest.raises(InvalidInput, match=f"--family and --{other}"):
        run_synth(tmp_path, **both, photos=(), family="crowd")
    assert not list(tmp_path.iterdir())


def test_photos_beside_photographs_are_refused(tmp_path: Path) -> None:
    """Whose clips show no others: they were ignored."""
    with pytest.raises(InvalidInput, match="--photographs do not show --photos"):
        run_synth(tmp_path, **ONE, photos=[tmp_path], photographs=tmp_path)
    assert not list(tmp_path.iterdir())
