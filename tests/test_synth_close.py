"""Whole things seen close: they stay whole while a part moves, are cut by the frame's edge, and
their shadows are background."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glom_video.synth import FAMILIES, Clip, Textures, render_clip
from glom_video.synth.clip import Family, compose, shoot
from glom_video.synth.close import compose_close
from glom_video.synth.lighting import lit
from glom_video.synth.scene import Scene
from glom_video_pipelines.training.clips.drawing import training_family
from glom_video_pipelines.training.clips.phase import Phase

SIZE: dict[str, Any] = {"frames": 12, "height": 132, "width": 240}


@pytest.fixture(scope="module")
def clips(textures: Textures) -> list[Clip]:
    return [render_clip(seed, textures=textures, family="close", **SIZE) for seed in range(24)]


def centroid(mask: np.ndarray) -> np.ndarray:
    return np.argwhere(mask).mean(0)


def test_objects_stay_whole_while_a_part_of_them_moves(clips: list[Clip]) -> None:
    """In half of the clips some part's middle goes further than its object's; the object keeps its
    area in nearly all."""
    kept, apart = [], []
    for clip in clips:
        for number in set(clip.parent.values()):
            areas = (clip.objects == number).sum((1, 2))
            kept.append(bool(areas.min() > 0.7 * areas.max()))
            drift = np.linalg.norm(
                centroid(clip.objects[0] == number) - centroid(clip.objects[-1] == number)
            )
            for part, parent in clip.parent.items():
                first, last = clip.parts[0] == part, clip.parts[-1] == part
                if parent == number and min(first.sum(), last.sum()) > 50:
                    apart.append(np.linalg.norm(centroid(first) - centroid(last)) > 2 * drift + 2)
    assert np.mean(kept) > 0.85
    assert sum(apart) >= len(clips) // 3


def test_objects_fill_much_of_the_frame_and_are_cut_by_its_edge(clips: list[Clip]) -> None:
    shares = np.array([(clip.objects > 0).mean() for clip in clips])
    assert np.mean((shares > 0.2) & (shares < 0.8)) > 0.7
    assert np.mean([bool((clip.objects[:, -1] > 0).any()) for clip in clips]) > 0.6


def test_most_of_the_picture_stands_still_in_most_clips(textures: Textures) -> None:
    """A camera on a stand, and bodies of which one part moves: masks hardly change from frame to
    frame."""
    still = []
    for seed in range(16):
        parts = render_clip(seed, textures=textures, family="close", **SIZE).parts
        still.append((parts[1:] == parts[:-1]).mean() > 0.97)
    assert np.mean(still) > 0.6


def test_the_same_seed_gives_the_same_clip(textures: Textures, clips: list[Clip]) -> None:
    again = render_clip(5, textures=textures, family="close", **SIZE)
    assert np.array_equal(again.images, clips[5].images)
    assert np.array_equal(again.parts, clips[5].parts)
    assert not np.array_equal(clips[5].images, clips[6].images)


def test_every_part_lies_in_its_own_object(clips: list[Clip]) -> None:
    for clip in clips:
        assert set(np.unique(clip.parts)) - {0} == set(clip.parent)
        for part, parent in clip.parent.items():
            assert set(np.unique(clip.objects[clip.parts == part])) == {parent}


def drawn(scene: Scene, shadows: bool) -> tuple[np.ndarray, np.ndarray]:
    """Picture and ids of the first frame, with and without the shadows that bodies throw on the
    wall."""
    pixels = scene.backdrop.draw(scene.camera, 0, SIZE["height"], SIZE["width"])
    ids = np.zeros(pixels.shape[:2], np.uint8)
    for actor in scene.actors:
        (actor if shadows else replace(actor, shadow=None)).draw(pixels, ids, scene.camera, 0, 0.0)  # type: ignore[type-var]
    return pixels, ids


def test_shadows_are_background_and_darker(textures: Textures) -> None:
    darker = 0
    for seed in range(16):
        scene = compose_close(
            np.random.default_rng(seed), textures, *SIZE.values(), at_desk=False, signing=0.0
        )
        (lit, lit_ids), (shaded, shaded_ids) = drawn(scene, False), drawn(scene, True)
        assert np.array_equal(lit_ids, shaded_ids)
        change = shaded.astype(int).sum(-1) - lit.astype(int).sum(-1)
        assert change.max() <= 3  # rounding
        darker += bool((change[lit_ids == 0] < -30).sum() > 50)
    assert darker >= 4


def test_desks_show_pictures_that_training_never_does(textures: Textures) -> None:
    blank = replace(textures, train=tuple(np.zeros_like(image) for image in textures.train))
    for seed in range(3):
        desk, other = (
            render_clip(seed, textures=source, family="desk", **SIZE).images
            for source in (textures, blank)
        )
        assert np.array_equal(desk, other)
    close = [render_clip(seed, textures=blank, family="close", **SIZE).images for seed in range(4)]
    assert not all(
        np.array_equal(images, render_clip(seed, textures=textures, family="close", **SIZE).images)
        for seed, images in enumerate(close)
    )


def lively_parts(clip: Clip) -> int:
    """Parts whose middle goes more than a sixth of the picture's height over the clip."""
    paths = []
    for part in clip.parent:
        seen = [centroid(ids == part) for ids in clip.parts if (ids == part).sum() > 20]
        steps = np.diff(np.array(seen).reshape(-1, 2), axis=0)
        paths.append(float(np.linalg.norm(steps, axis=1).sum()))
    return sum(path > clip.parts.shape[1] / 6 for path in paths)


def test_who_signs_moves_both_arms_and_stays_one_object(textures: Textures) -> None:
    long = SIZE | {"frames": 36}
    clips: dict[Family, list[Clip]] = {
        family: [render_clip(seed, textures=textures, family=family, **long) for seed in range(8)]
        for family in ("signs", "desk")
    }
    signing, at_desks = ([lively_parts(clip) for clip in clips[name]] for name in ("signs", "desk"))
    assert np.mean(signing) >= 4  # of six: upper arms, forearms and hands
    assert np.mean(at_desks) < np.mean(signing) / 2
    for clip in clips["signs"]:
        for number in set(clip.parent.values()):
            areas = (clip.objects == number).sum((1, 2))
            assert areas.min() > 0.6 * areas.max()


def test_a_phase_says_how_many_clips_are_close() -> None:
    phase = Phase(
        steps=1, height=48, width=48, frames=2, batch=2, fresh=1, pool=2, close=0.25, grouped=0.5
    )
    families = [training_family(seed, phase) for seed in range(400)]
    assert 70 < families.count("close") < 130
    before = [training_family(seed, replace(phase, close=0.0)) for seed in range(400)]
    assert all(now in ("close", then) for now, then in zip(families, before, strict=True))


def filmed(seed: int, textures: Textures, family: Family, *, with_light: bool, **size: int) -> Clip:
    """As ``render_clip`` films a clip, with or without a light thrown on its scene."""
    random = np.random.default_rng([seed, FAMILIES.index(family)])
    frames, height, width = size["frames"], size["height"], size["width"]
    scene = compose(random, textures, frames, height, width, family, 0.0)
    if with_light:
        scene = lit(np.random.default_rng(seed), scene)
    return shoot(random, scene, frames, height, width, range(frames))


def test_shadows_of_the_training_families_are_background_and_darker(textures: Textures) -> None:
    darker = 0
    for seed in range(12):
        shaded, plain = (
            filmed(seed, textures, "train", with_light=with_light, **SIZE)
            for with_light in (True, False)
        )
        assert np.array_equal(shaded.parts, plain.parts)
        change = shaded.images.astype(int).sum(-1) - plain.images.astype(int).sum(-1)
        darker += bool((change[plain.objects == 0] < -40).mean() > 0.005)
    assert darker >= 4


def test_older_held_out_families_keep_their_clips(textures: Textures) -> None:
    """Their seeds count from their places in the list, and no light is thrown on them."""
    assert FAMILIES[:6] == ("train", "texture", "shape", "camera", "crowd", "group")
    small = {"frames": 2, "height": 48, "width": 64}
    for family in FAMILIES[:6]:
        clip = render_clip(0, textures=textures, family=family, shown=None, **small)
        unlit = filmed(0, textures, family, with_light=False, **small)
        assert np.array_equal(clip.images, unlit.images) == (family not in ("train", "group"))
