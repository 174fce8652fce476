"""Clips made of photographs: the object's mask goes with it, and parts, which are not known, teach
nothing."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_folders import FindsTheMiddle
from PIL import Image

import glom_video as gv
from glom_video.learn import Batch, clip_losses, unroll
from glom_video.learn.batch import UNKNOWN
from glom_video.learn.losses import touching_islands
from glom_video.structures import InvalidInput
from glom_video.synth.clip import Clip
from glom_video.synth.local_motion import Arm, Sway, local_motion
from glom_video.synth.photo_clip import UNKNOWN_PART, render_photo_clip
from glom_video.synth.photographs import MASKS, PICTURES, Photographs
from glom_video_pipelines.masks import is_sure, main_object, run_masks
from glom_video_pipelines.training.clips.drawing import HELD_OUT_PHOTOGRAPH, render_training_clip
from glom_video_pipelines.training.clips.phase import Phase


@pytest.mark.parametrize("seed", range(12))
def test_masks_go_with_what_they_show(photo_folder: Path, seed: int) -> None:
    clip = render_photo_clip(
        seed, frames=4, height=96, width=144, photographs=Photographs.find(photo_folder)
    )
    assert clip.images.shape == (4, 96, 144, 3)
    assert (clip.parts == UNKNOWN_PART).all()
    red = clip.images[..., 0].astype(int) - clip.images[..., 1] > 20
    found = clip.objects > 0
    assert (red == found).mean() > 0.9
    again = render_photo_clip(
        seed,
        frames=4,
        height=96,
        width=144,
        photographs=Photographs.find(photo_folder),
        shown=[0, 3],
    )
    np.testing.assert_array_equal(again.objects, clip.objects[[0, 3]])


def test_held_out_photographs_are_in_no_training_clip(photo_folder: Path) -> None:
    photographs = Photographs.find(photo_folder)
    assert len(photographs.train) + len(photographs.held_out) == 9
    assert not set(photographs.train) & set(photographs.held_out)
    with pytest.raises(InvalidInput, match="no photographs with masks"):
        Photographs.find(photo_folder / PICTURES)


def empty_photographs(folder: Path, names: Iterable[str]) -> Photographs:
    for name in names:
        for kind, suffix in ((PICTURES, "jpg"), (MASKS, "png")):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            (folder / kind / f"{name}.{suffix}").touch()
    return Photographs.find(folder)


@given(st.integers(2, 60), st.integers(1, 60))
@settings(deadline=None, max_examples=20)
def test_added_photographs_leave_the_others_in_training_or_out_of_it(few: int, more: int) -> None:
    with TemporaryDirectory() as folder:
        before = empty_photographs(Path(folder), map(str, range(few)))
        after = empty_photographs(Path(folder), map(str, range(few + more)))
    assert before.train
    assert before.held_out
    # With so few that none or all would be held out, the first in order is.
    if len(before.held_out) > 1:
        assert set(before.held_out) <= set(after.held_out)
        assert set(before.train) <= set(after.train)


def test_all_that_stirs_is_the_object() -> None:
    mask = np.zeros((96, 144), np.uint8)
    mask[20:80, 50:90] = 255
    picture = np.full((96, 144, 3), (0, 120, 0), np.uint8)
    picture[mask > 0] = (200, 40, 40)
    kinds = set()
    for seed in range(30):
        moving = local_motion(np.random.default_rng(seed), 96, 144)
        kinds.add(type(moving))
        if moving is None:
            continue
        drawn, moved = moving.apply(picture, mask, 3)
        assert (((drawn[..., 0] > 100) == (moved > 127)).mean()) > 0.93
        if isinstance(moving, Arm):
            assert ((moved >= mask) | (mask == 0)).all()
    assert kinds == {type(None), Sway, Arm}


def phase(folder: Path, **more: float) -> Phase:
    return Phase(1, 96, 144, 2, 1, 1, 1, rendered_frames=3, photographs=str(folder), **more)  # type: ignore[arg-type]


def test_a_phase_says_how_many_clips_are_photographed(photo_folder: Path) -> None:
    assert (
        render_training_clip(3, phase(photo_folder, photographed=1.0), ()).parts == UNKNOWN
    ).all()
    assert (
        render_training_clip(3, phase(photo_folder), (), HELD_OUT_PHOTOGRAPH).parts == UNKNOWN
    ).all()
    assert not (render_training_clip(3, phase(photo_folder), ()).parts == UNKNOWN).any()
    with pytest.raises(ValueError, match="need photographs"):
        replace(phase(photo_folder), photographed=0.5, photographs=None)


def test_unknown_parts_teach_nothing(tiny_weights: Path) -> None:
    glom = gv.Glom.from_pretrained(str(tiny_weights), for_training=True).train()
    ids = torch.zeros(2, 2, 8, 8, dtype=torch.long)
    ids[:, :, 2:6, 2:6] = 1
    batch = Batch(
        torch.rand(2, 2, 3, 48, 48),
        torch.zeros(2, 2, 7, 48, 48),
        torch.ones(2, 2),
        torch.ones(2, 2),
        ids,
        ids,
    )
    unknown = replace(batch, parts=torch.full_like(ids, UNKNOWN))

    def losses(of: Batch) -> tuple[float, float]:
        generator = torch.Generator().manual_seed(0)
        found = clip_losses(glom, unroll(glom, of).levels(), of, generator)
        return found.part.item(), found.object.item()

    assert losses(unknown)[0] == 0
    assert losses(batch)[0] > 0
    assert losses(unknown)[1] > 0


def bright(picture: np.ndarray) -> np.ndarray:
    """What a network finds that tells objects by their brightness."""
    return (picture[..., 0] > 128).astype(np.float32)


def test_a_mask_is_the_same_however_a_sure_network_sees_the_picture() -> None:
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[30:80, 10:70] = 200
    np.testing.assert_array_equal(main_object(picture, bright), bright(picture))
    nothing = np.zeros_like(picture)
    np.testing.assert_array_equal(main_object(nothing, bright), bright(nothing))


def test_a_mask_is_unsure_where_the_network_changes_its_mind() -> None:
    picture = np.zeros((120, 160, 3), np.uint8)
    picture[30:80, 10:70] = 200

    def left_half(seen: np.ndarray) -> np.ndarray:
        return (np.indices(seen.shape[:2])[1] < seen.shape[1] // 2).astype(np.float32)

    def only_from_afar(seen: np.ndarray) -> np.ndarray:
        return bright(seen) if seen.shape == picture.shape else 0 * bright(seen)

    for network in (left_half, only_from_afar):
        assert is_sure(network(picture))
        assert not is_sure(main_object(picture, network))


def test_sure_masks_show_one_object_of_a_usable_size() -> None:
    mask = np.zeros((100, 100), np.float32)
    assert not is_sure(mask)
    mask[30:70, 30:70] = 1
    assert is_sure(mask)
    assert not is_sure(0.5 + 0 * mask)


def test_what_is_no_network_is_refused(photo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="ONNX"):
        run_masks([photo_folder / PICTURES], tmp_path / "x.onnx", tmp_path / "out")
    with pytest.raises(InvalidInput, match=r"there is no file .*y\.onnx"):
        run_masks([photo_folder / PICTURES], tmp_path / "y.onnx", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="no photograph"):
        run_masks([tmp_path / "empty"], tmp_path / "x.onnx", tmp_path / "out")


def test_a_photograph_is_known_however_its_folder_is_spelt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glom_video_pipelines.masks.Saliency", FindsTheMiddle)
    (tmp_path / "in").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "in" / "a.png")
    monkeypatch.chdir(tmp_path)
    for folder in (Path("in"), tmp_path / "in", Path("in/../in")):
        assert run_masks([folder], tmp_path / "x.onnx", tmp_path / "out") == 1


def test_photographs_that_cannot_be_read_are_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("glom_video_pipelines.masks.Saliency", FindsTheMiddle)
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "gone.png").symlink_to("nowhere")
    (tmp_path / "text.jpg").write_text("no picture")
    assert run_masks([tmp_path], tmp_path / "x.onnx", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert told.count("cannot be read as a picture; left out") == 3
    assert all(name in told for name in ("empty.jpg", "gone.png", "text.jpg"))


def test_masks_are_not_made_of_masks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a folder of photographs that they are written into, the next run took them for more."""
    monkeypatch.setattr("glom_video_pipelines.masks.Saliency", FindsTheMiddle)
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    for out in (tmp_path, tmp_path / "out"):
        for _ in range(2):
            assert run_masks([tmp_path], tmp_path / "x.onnx", out) == 1
        for folder in (PICTURES, MASKS):
            shutil.rmtree(out / folder)


def test_a_folder_that_is_none_is_not_passed_over(photo_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is no folder .*absent"):
        run_masks([photo_folder, tmp_path / "absent"], tmp_path / "x.onnx", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_some_clips_show_what_lies_beside_the_object(tmp_path: Path) -> None:
    for name in (PICTURES, MASKS):
        (tmp_path / name).mkdir()
    mask = np.zeros((120, 160), np.uint8)
    cv2.circle(mask, (80, 60), 10, 255, -1)
    for number in range(2):
        cv2.imwrite(str(tmp_path / PICTURES / f"{number}.jpg"), np.dstack([mask] * 3))
        cv2.imwrite(str(tmp_path / MASKS / f"{number}.png"), mask)
    photographs = Photographs.find(tmp_path)
    are_empty = [not clip_of(seed, photographs).objects.any() for seed in range(150)]
    assert 0.02 < np.mean(are_empty) < 0.25


def test_the_objects_of_a_crowd_stand_side_by_side(photo_folder: Path) -> None:
    """In nearly all crowds some objects touch, two to five of them and, in some, the scene's own;
    at the same seed the scene without a crowd is another."""
    photographs, touching = Photographs.find(photo_folder), 0
    for seed in range(20):
        clip = clip_of(seed, photographs, crowded=1.0)
        count = len(np.unique(clip.objects)) - 1
        assert 1 <= count <= 6
        pairs = torch.from_numpy(clip.objects.astype(np.int64))[None]
        touching += bool(touching_islands(pairs)[0, 1:, 1:].fill_diagonal_(False).any())
        plain = clip_of(seed, photographs)
        assert not np.array_equal(plain.images, clip.images)
    assert touching >= 15
    of_phase = render_training_clip(3, phase(photo_folder, photographed=1.0, crowded=1.0), ())
    assert of_phase.objects.max() > 1


def clip_of(seed: int, photographs: Photographs, crowded: float = 0.0) -> Clip:
    return render_photo_clip(
        seed, frames=1, height=96, width=144, photographs=photographs, crowded=crowded
    )
