"""Bodies of files that are broken or unusual: what cannot be drawn is named, the rest is drawn."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from box_bodies import act, bodies, public_zip, seen_from_ahead, stored_mesh
from PIL import Image

from glom_video.structures import InvalidInput
from glom_video.synth import Textures
from glom_video.synth.bodies import Bodies, render_body_clip
from glom_video.synth.bodies.drawing import Corners, Window, draw
from glom_video.synth.bodies.framing import framing, heading
from glom_video.synth.bodies.meshes import parse_mesh
from glom_video.synth.bodies.skeletons import parse_skeletons, part_shares

__all__ = ["bodies", "public_zip"]
COAT = "art/textures/skins/coat.png"
Change = Callable[[bytes], bytes | None]


def changed(public_zip: Path, path: Path, name: str, change: Change) -> Bodies:
    """The same file with members whose names contain ``name`` changed; None leaves one out."""
    with zipfile.ZipFile(public_zip) as before, zipfile.ZipFile(path, "w") as after:
        for member in before.namelist():
            data = before.read(member)
            kept = change(data) if name in member else data
            if kept is not None:
                after.writestr(member, kept)
    return Bodies.find(path)


def coat(height: int, width: int, alpha: int) -> Change:
    """A red texture instead."""
    stored = io.BytesIO()
    picture = np.full((height, width, 4), (200, 30, 30, alpha), np.uint8)
    Image.fromarray(picture).save(stored, "PNG")
    return lambda data: stored.getvalue()


@pytest.mark.parametrize(
    ("name", "change", "cause"),
    [
        ("skeletons/boxes.xml", lambda data: b"<skeletons>", "boxes.xml is no XML"),
        ("fauna/box3.xml", lambda data: b"<actor", "box3.xml is no XML"),
        ("box3.dae", lambda data: data[:-40], "box3.dae is no mesh"),
        ("coat.png", lambda data: b"no picture", "coat.png is no texture"),
        ("nod.dae", lambda data: None, "no animations"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    public_zip: Path, textures: Textures, tmp_path: Path, name: str, change: Change, cause: str
) -> None:
    with pytest.raises(InvalidInput, match=cause):
        render_body_clip(
            0,
            frames=2,
            height=48,
            width=64,
            bodies=changed(public_zip, tmp_path / "odd.zip", name, change),
            textures=textures,
        )


def test_faces_of_corners_that_are_not_there_are_refused() -> None:
    data = bytearray(stored_mesh())
    first_face = len(b"PSMD") + 8 + 8 + 24 * (3 + 3 + 2 + 1 + 4) * 4 + 4
    data[first_face : first_face + 2] = (24).to_bytes(2, "little")
    with pytest.raises(InvalidInput, match="odd is no mesh"):
        parse_mesh(bytes(data), "odd")


def test_large_textures_are_reduced(public_zip: Path, tmp_path: Path) -> None:
    found = changed(public_zip, tmp_path / "large.zip", COAT, coat(256, 1024, 255))
    assert found.archive.picture("coat.png").shape == (128, 512, 4)


def test_the_players_colour_shines_through(public_zip: Path, tmp_path: Path) -> None:
    def in_material(data: bytes) -> bytes:
        return data.replace(b"default.xml", b"player_trans.xml")

    changed(public_zip, tmp_path / "player.zip", "fauna/", in_material)
    shown = []
    for alpha in (0, 255):
        path = tmp_path / f"player-{alpha}.zip"
        found = changed(tmp_path / "player.zip", path, COAT, coat(16, 48, alpha))
        shown.append(act(found).body.textures[0].levels[0][8, 24, :3].astype(int))
    assert np.abs(shown[0] - (200, 30, 30)).max() > 20
    np.testing.assert_allclose(shown[1], (200, 30, 30), atol=1)


def test_outlines_of_large_bodies_fade_over_a_pixel(bodies: Bodies) -> None:
    body = act(bodies).body
    corners = seen_from_ahead(body.positions)
    large = replace(corners, pixels=corners.pixels * 5)
    alpha = draw(body, large, Window(0, 0, 800, 600)).alpha
    across = alpha[500]
    left = int(np.flatnonzero(across)[0])
    assert 0 < across[left] <= 0.5, "outside"
    assert across[left + 3] == 1, "inside"


def test_a_face_between_two_parts_is_shared_out(bodies: Bodies) -> None:
    """One face: a corner of the leg at the left, two of the torso at the right."""
    body = act(bodies).body
    leg, torso = body.vertex_part[8], body.vertex_part[0]
    one_face = replace(body, faces=np.array([[8, 0, 1]]), face_texture=body.face_texture[:1])
    pixels = np.zeros((len(body.positions), 2))
    pixels[8], pixels[0], pixels[1] = (10, 60), (150, 110), (150, 10)
    whole = Corners(pixels, np.full(len(pixels), 3.0), np.ones(len(pixels)))
    patch = draw(one_face, whole, Window(0, 0, 160, 120))
    assert patch.part[60, 30] == leg
    assert patch.part[60, 140] == torso


def test_a_part_of_a_single_corner_goes_to_what_lies_beside_it() -> None:
    """A head of one corner among 240 is no part of its own."""
    skeleton = parse_skeletons(
        b"<skeletons><standard_skeleton id='Boxes'><bone name='spine'><bone name='leg'/>"
        b"<bone name='head'/></bone></standard_skeleton></skeletons>",
        "boxes.xml",
    )[0]
    box = parse_mesh(stored_mesh(), "box")
    weights = np.tile(box.weights[[0] * 16 + [8] * 8], (10, 1))
    weights[16] = box.weights[16]
    mesh = replace(box, positions=np.tile(box.positions, (10, 1)), weights=weights)
    names, shares = part_shares(mesh, skeleton, halves=False)
    assert "head" not in names
    assert shares.shape == (240, 2)


def test_some_people_are_shown_in_portraits_that_face_the_camera() -> None:
    shots = [framing(np.random.default_rng(seed), True, np.array([0.9, 0.5])) for seed in range(60)]
    portraits = [shot for shot in shots if shot.shot == "portrait"]
    assert 3 < len(portraits) < 57
    assert min(shot.size for shot in portraits) > 2
    yaws = [heading(np.random.default_rng(seed), "portrait") for seed in range(200)]
    assert np.mean(np.abs(yaws) < 1.5) > 0.95
