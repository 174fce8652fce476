"""Animated bodies as training clips, on a data file that the tests build."""

import os
import time
import zipfile
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from box_bodies import (
    COLOURS,
    KEY_MS,
    SKELETON,
    act,
    bodies,
    public_zip,
    seen_from_ahead,
    stored_animation,
    stored_mesh,
    synth_two_frames,
)
from hypothesis import given
from hypothesis import strategies as st

from glom_video.glom import GlomConfig
from glom_video.structures import InvalidInput
from glom_video.synth import Textures
from glom_video.synth.bodies import Bodies, render_body_clip
from glom_video.synth.bodies.body import Texture
from glom_video.synth.bodies.drawing import Window, draw, draw_shadow
from glom_video.synth.bodies.framing import route
from glom_video.synth.bodies.meshes import parse_animation, parse_mesh
from glom_video.synth.bodies.skeletons import Skeleton, words
from glom_video.synth.camera import Camera, film, view_matrix
from glom_video_pipelines.training.clips.drawing import (
    HELD_OUT_BODY,
    render_training_clip,
    training_family,
)
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.config import TrainConfig
from glom_video_pipelines.training.validation import Validation

__all__ = ["bodies", "public_zip"]


def test_files_are_read_as_they_were_written() -> None:
    mesh = parse_mesh(stored_mesh(), "box")
    assert mesh.positions.shape == (24, 3)
    assert mesh.positions[:8, 1].mean() == 1.5
    assert mesh.faces.max() == 23
    np.testing.assert_allclose(mesh.uv[0], (1 / 6, 0.75))
    np.testing.assert_allclose(mesh.weights.sum(1), 1)
    np.testing.assert_allclose(mesh.rest[2, :3, 3], (0, 2.5, 0))
    assert mesh.props["top"].bone == 2
    animation = parse_animation(stored_animation(), "nod")
    assert animation.keys.shape == (10, 3, 4, 4)
    assert animation.key_ms == KEY_MS


@pytest.mark.parametrize("data", [b"", b"PSMD", b"PSSA" + bytes(60), stored_mesh()[:200]])
def test_what_is_no_mesh_and_no_animation_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="odd is no mesh"):
        parse_mesh(data, "odd")
    with pytest.raises(InvalidInput, match="odd is no animation"):
        parse_animation(data, "odd")


def test_bones_take_their_vertices_along(bodies: Bodies) -> None:
    body, motion = act(bodies).body, act(bodies).motion
    rest, _ = body.posed(motion.bones(0.0))
    np.testing.assert_allclose(rest, body.positions, atol=1e-6)
    nodded, _ = body.posed(motion.bones(9 * KEY_MS))
    np.testing.assert_allclose(
        nodded[16:] - rest[16:], np.broadcast_to([1, 0, 0], (8, 3)), atol=1e-6
    )
    np.testing.assert_allclose(nodded[:8], rest[:8], atol=1e-6)
    between, _ = body.posed(motion.bones(8.5 * KEY_MS))
    np.testing.assert_allclose(between[16:, 0] - rest[16:, 0], 0.5, atol=1e-6)


def test_parts_and_colours_are_drawn_where_the_body_is(bodies: Bodies) -> None:
    body = act(bodies).body
    assert set(body.parts) == {"head", "limb 1", "torso"}
    patch = draw(body, seen_from_ahead(body.positions), Window(0, 0, 160, 120))
    assert patch.alpha[100, 80] == patch.alpha[20, 62] == 1
    assert patch.alpha[60, 55] == 0
    for row, name, colour in (
        (100, "limb 1", COLOURS[1]),
        (60, "torso", COLOURS[0]),
        (20, "head", COLOURS[2]),
    ):
        assert body.parts[patch.part[row, 80]] == name
        np.testing.assert_allclose(patch.colour[row, 80], colour, atol=3)


def test_what_is_nearer_hides_what_is_farther(bodies: Bodies) -> None:
    body = act(bodies).body
    # All three in one place on the picture.
    stacked = body.positions - [0, 1, 0] * np.repeat([1, 0, 2], 8)[:, None]
    for order, nearest in ((np.array([0, 3, 6]), "torso"), (np.array([3, 6, 0]), "head")):
        behind = stacked + [0, 0, 1] * np.repeat(order, 8)[:, None]
        for faces in (body.faces, body.faces[::-1]):
            shown = draw(
                replace(body, faces=faces), seen_from_ahead(behind), Window(0, 0, 160, 120)
            )
            assert body.parts[shown.part[100, 80]] == nearest


def test_standing_feet_do_not_slide(bodies: Bodies) -> None:
    walking = act(bodies)
    times = np.arange(5, dtype=np.float64) * KEY_MS
    way = route(np.random.default_rng(3), walking, 5, 2.0, times, 0.0, still=True)
    feet = [2.0 * walking.body.posed(walking.motion.bones(t))[0][8:16, 2].mean() for t in times]
    ahead = np.diff(way.position[:, 2])
    assert (ahead < 0).all()
    np.testing.assert_allclose(np.diff(feet), -ahead, rtol=1e-4)


def test_a_state_brings_its_own_variant(bodies: Bodies) -> None:
    walking, dancing = act(bodies), act(bodies, "dance")
    assert len(dancing.body.positions) == len(walking.body.positions) + 3
    hat = dancing.body.posed(dancing.motion.bones(9 * KEY_MS))[0][-3:]
    # On the head's top, which has gone aside.
    np.testing.assert_allclose(hat[2], (1, 4, 0), atol=1e-6)
    assert dancing.body.parts[dancing.body.vertex_part[-1]] == "head"


def test_shadows_are_darker_ground(bodies: Bodies) -> None:
    picture = np.full((120, 160, 3), 200, np.uint8)
    body = act(bodies).body
    draw_shadow(picture, body, seen_from_ahead(body.positions).pixels, 0.5, 2.0)
    np.testing.assert_allclose(picture[60, 80], 100, atol=8)
    assert (picture[:, :40] == 200).all()


def test_a_shadow_beyond_the_horizon_is_drawn_in_no_time(bodies: Bodies) -> None:
    picture = np.full((120, 160, 3), 200, np.uint8)
    body = act(bodies).body
    beyond = seen_from_ahead(body.positions).pixels * 1e4
    began = time.process_time()
    draw_shadow(picture, body, beyond, 0.5, 1e6)
    assert time.process_time() - began < 1


def test_names_of_bones_say_their_parts() -> None:
    assert words("BackLKnee") == ["back", "l", "knee"]
    assert words("Bovidae_FrontLegTop_L") == ["bovidae", "front", "leg", "top", "l"]
    names = (
        "Wolf_Armature",
        "Spine1",
        "Neck2",
        "Jaw",
        "FrontLeg_L",
        "FrontToe_L",
        "Tail1",
        "Tail2",
    )
    skeleton = Skeleton(names, (-1, 0, 1, 2, 1, 4, 0, 6))
    rest = np.tile(np.eye(4), (8, 1, 1))
    rest[:, 1, 3] = np.arange(8)
    assert skeleton.limbs(rest, halves=False) == [
        "torso",
        "torso",
        "head",
        "head",
        "limb 4",
        "limb 4",
        "tail",
        "tail",
    ]
    assert skeleton.limbs(rest, halves=True)[4:6] == ["limb 4", "limb 4 lower"]


@pytest.mark.parametrize("seed", range(8))
def test_clips_show_what_their_truth_says(bodies: Bodies, textures: Textures, seed: int) -> None:
    size: dict[str, Any] = {"frames": 4, "height": 96, "width": 144}
    clip = render_body_clip(seed, **size, bodies=bodies, textures=textures)
    assert clip.images.shape == (4, 96, 144, 3)
    assert clip.objects.any()
    assert ((clip.objects > 0) == (clip.parts > 0)).all()
    for part, owner in clip.parent.items():
        assert (clip.objects[clip.parts == part] == owner).all()
    pure = clip.images[clip.parts > 0].astype(int)
    assert (
        (pure.max(1) - pure.min(1)) > 12
    ).mean() > 0.5  # the boxes are of strong colours, in whatever light
    again = render_body_clip(seed, **size, bodies=bodies, textures=textures, shown=[0, 3])
    np.testing.assert_array_equal(again.parts, clip.parts[[0, 3]])
    np.testing.assert_array_equal(again.images[0], clip.images[0])


def test_held_out_bodies_are_in_no_training_clip(bodies: Bodies) -> None:
    kept = {character.mesh for group in bodies.held_out for character in group}
    trained = {character.mesh for group in bodies.train for character in group}
    assert len(kept) == 2
    assert len(trained) == 5
    assert not kept & trained


def test_what_holds_no_bodies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no zip"):
        Bodies.find(tmp_path / "nowhere.zip")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(InvalidInput, match="no zip"):
        Bodies.find(tmp_path / "text.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("art/skeletons/boxes.xml", SKELETON)
    with pytest.raises(InvalidInput, match="no bodies"):
        Bodies.find(tmp_path / "empty.zip")


def test_a_phase_says_how_many_clips_show_bodies(public_zip: Path) -> None:
    phase = Phase(1, 96, 144, 2, 1, 1, 1, rendered_frames=3, bodied=1.0, bodies=str(public_zip))
    assert training_family(5, phase) == "body"
    assert training_family(5, replace(phase, bodied=0.0)) == "train"
    assert render_training_clip(5, phase, ()).objects.max() > 0
    assert render_training_clip(5, phase, (), HELD_OUT_BODY).objects.max() > 0
    with pytest.raises(ValueError, match="need bodies"):
        replace(phase, bodies=None)


def test_validation_measures_held_out_bodies(public_zip: Path) -> None:
    phase = Phase(1, 96, 144, 2, 1, 1, 1, rendered_frames=3, bodies=str(public_zip))
    ordered = []

    class Recorder(Executor):
        def submit(self, work: object, /, *what: object, **options: object) -> Future[object]:  # type: ignore[override]
            ordered.append(what[-1])
            return Future()

    config = TrainConfig((phase,), GlomConfig(), {}, validation_seconds=1.0, validation_clips=2)
    assert not Validation(config, Recorder(), 0.0).is_due(2.0)
    assert ordered.count(HELD_OUT_BODY) == 2
    ordered.clear()
    Validation(replace(config, phases=(replace(phase, bodies=None),)), Recorder(), 0.0).is_due(2.0)
    assert ordered
    assert HELD_OUT_BODY not in ordered


def test_points_are_seen_where_their_plane_is() -> None:
    camera = film(np.random.default_rng(4), 6, 96, 144, np.zeros((6, 2)), strong=True, horizon=-0.1)
    points, disparity = np.array([[0.2, 0.1], [-0.3, 0.4]]), np.array([1.0, 0.6])
    for point, depth, found in zip(
        points, disparity, camera.project(5, points, disparity), strict=True
    ):
        x, y, w = camera.plane(5, depth) @ [*point, 1]
        np.testing.assert_allclose(found, (x / w, y / w), atol=1e-9)


@given(st.lists(st.floats(-40, 40), min_size=2, max_size=2), st.floats(-0.3, 0.3))
def test_points_far_outside_of_the_frame_stay_on_their_side(
    point: list[float], tilt: float
) -> None:
    view = view_matrix(96, 144, np.zeros(2), 0.0, 0.0, np.array([tilt, tilt]))
    camera = Camera(np.zeros((1, 3)), view[None], 0.0)
    centre = camera.project(0, np.zeros((1, 2)), np.ones(1))
    seen = camera.project(0, np.array([point]), np.ones(1))
    assert (((seen - centre) * point)[0] >= -1e-6).all()


def test_one_sees_through_the_holes_of_a_cut_out_texture(bodies: Bodies) -> None:
    body = act(bodies).body
    solid = body.textures[0].levels[0]
    # The head's stripe is not there.
    holed = np.where(np.arange(48)[None, :, None] < 32, solid, 0).astype(np.uint8)
    see_through = replace(body, textures=(Texture.of(holed, True),))
    patch = draw(see_through, seen_from_ahead(body.positions), Window(0, 0, 160, 120))
    assert patch.alpha[20, 80] == 0
    assert patch.alpha[60, 80] == 1


def test_synth_writes_held_out_bodies(public_zip: Path, tmp_path: Path) -> None:
    synth_two_frames(tmp_path, bodies=public_zip)
    assert len(list((tmp_path / "Annotations" / "object" / "body-000003").glob("*.png"))) == 2


@pytest.mark.skipif(
    "GLOM_VIDEO_BODIES" not in os.environ,
    reason="GLOM_VIDEO_BODIES names no public.zip of 0ad-data",
)
def test_the_packages_own_bodies(textures: Textures) -> None:
    bodies = Bodies.find(Path(os.environ["GLOM_VIDEO_BODIES"]))
    assert len(bodies.train) > 50
    for group in (*bodies.train, *bodies.held_out):
        found = bodies.animated(np.random.default_rng(0), group[0])
        if found is not None:
            assert 3 < len(found.body.parts) < 11, group[0]
    clip = render_body_clip(1, frames=3, height=264, width=480, bodies=bodies, textures=textures)
    assert clip.objects.any()
