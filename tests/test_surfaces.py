"""Bare floors and rooms are scenes without an object, in which things may lie."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.archive import TERRAIN, Archive
from glom_video.synth.photo_clip import render_photo_clip
from glom_video.synth.photographs import Photographs
from glom_video.synth.surfaces import Surfaces
from glom_video_pipelines.synth import run_synth
from glom_video_pipelines.training.clips.drawing import render_training_clip
from glom_video_pipelines.training.clips.phase import Phase

NAMES = [f"{TERRAIN}grass_{number}.png" for number in range(12)]


@pytest.fixture(scope="module")
def terrain_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve tiles of blue noise, beside the slopes of one, and a folder."""
    path = tmp_path_factory.mktemp("terrain") / "public.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(TERRAIN, "")
        for number, name in enumerate([*NAMES, f"{TERRAIN}grass_0_norm.png"]):
            tile = np.random.default_rng(number).integers(0, 90, (64, 64, 3), np.uint8)
            tile[..., 0] += 120
            archive.writestr(name, cv2.imencode(".png", tile)[1].tobytes())
    return path


@pytest.fixture(scope="module")
def surfaces(terrain_zip: Path) -> Surfaces:
    return Surfaces.find(Archive.open(terrain_zip))


def test_all_terrain_but_its_slopes_is_found_and_some_is_held_out(surfaces: Surfaces) -> None:
    assert sorted(surfaces.train + surfaces.held_out) == sorted(NAMES)
    assert len(surfaces.held_out) == 2


def test_a_zip_without_terrain_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "public.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(InvalidInput, match="no terrain"):
        Surfaces.find(Archive.open(tmp_path / "public.zip"))


def test_a_scene_is_a_surface_without_an_object(surfaces: Surfaces) -> None:
    """Of many scenes most are no flat colour, no two are alike, and the same seed gives the
    same."""
    scenes = [surfaces.scene(np.random.default_rng(seed), False, 48, 72) for seed in range(16)]
    assert all(scene.picture.shape == (76, 115, 3) and not scene.mask.any() for scene in scenes)
    assert np.median([scene.picture.std() for scene in scenes]) > 5
    assert len({scene.picture.tobytes() for scene in scenes}) == 16
    again = surfaces.scene(np.random.default_rng(3), False, 48, 72)
    assert np.array_equal(again.picture, scenes[3].picture)


def test_half_of_the_clips_of_surfaces_show_nothing_else(
    surfaces: Surfaces,
    photo_folder: Path,
) -> None:
    clips = [
        render_photo_clip(
            seed,
            frames=1,
            height=48,
            width=72,
            photographs=Photographs.find(photo_folder),
            surfaces=surfaces,
            surfaced=1.0,
        )
        for seed in range(40)
    ]
    empty = sum(not clip.objects.any() for clip in clips)
    assert 12 <= empty <= 30
    reds = [clip.images[..., 0].astype(int) - clip.images[..., 1] > 60 for clip in clips]
    assert all(red[clip.objects == 0].mean() < 0.3 for red, clip in zip(reds, clips, strict=True))


def test_a_phase_says_how_many_photographs_are_surfaces(
    terrain_zip: Path,
    photo_folder: Path,
) -> None:
    """And needs to know where terrain is."""
    with pytest.raises(ValueError, match=r"surfaced clips need bodies"):
        phase_of(photo_folder, surfaced=0.5)
    plain, on_surfaces = (
        render_training_clip(5, phase_of(photo_folder, bodies=str(terrain_zip), surfaced=share), ())
        for share in (0.0, 1.0)
    )
    assert plain.objects.any()
    assert not np.array_equal(plain.images, on_surfaces.images)


def phase_of(photographs: Path, **further: object) -> Phase:
    return Phase(
        1, 48, 72, 2, 1, 1, 1, rendered_frames=3,
        photographed=1.0, photographs=str(photographs), **further,  # type: ignore[arg-type]
    )  # fmt: skip


def test_synth_writes_held_out_photographs_on_held_out_surfaces(
    terrain_zip: Path,
    photo_folder: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "tree"
    run_synth(
        out, clips=1, frames=2, seed=4, height=48, width=72, photos=[],
        bodies=terrain_zip, photographs=photo_folder,
    )  # fmt: skip
    assert len(list(out.glob("JPEGImages/*/surface-000004/*"))) == 2
