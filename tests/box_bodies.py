"""A data file of animated bodies that the tests build: boxes with a bone each."""

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glom_video.synth.bodies import Bodies
from glom_video.synth.bodies.bodies import Character
from glom_video.synth.bodies.body import AnimatedBody
from glom_video.synth.bodies.drawing import Corners
from glom_video_pipelines.synth import run_synth

BONES = ("spine", "leg", "head")
HEIGHTS = {"leg": 0.5, "spine": 1.5, "head": 2.5}
"""Middles of the boxes, whose sides are 1."""
COLOURS = np.array([[30, 200, 30], [200, 30, 30], [30, 30, 200]], np.uint8)
"""Of torso, leg and head: a stripe of the texture each."""
BOX = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
FACES = np.array([[side[0], side[i], side[i + 1]] for side in SIDES for i in (1, 2)])
STEP = 0.05
"""That the leg goes back from key to key."""
KEY_MS = 40.0

synth_two_frames: Callable[..., None] = partial(
    run_synth, clips=1, frames=2, seed=3, height=96, width=96, photos=[]
)
"""Into a tree, of the data that are named besides."""


def state(x: float, y: float, z: float) -> bytes:
    return struct.pack("<7f", x, y, z, 0, 0, 0, 1)


def stored_mesh() -> bytes:
    vertices = b""
    for number, bone in enumerate(BONES):
        for corner in np.add(BOX, (0, HEIGHTS[bone], 0)):
            uv = (number + 0.5) / 3, 0.25
            vertices += struct.pack(
                "<3f3f2f4B4f", *corner, 0, 0, -1, *uv, number, 0, 0, 0, 1, 0, 0, 0
            )
    faces = np.concatenate([FACES + 8 * number for number in range(3)]).astype("<u2")
    data = struct.pack("<II", 24, 1) + vertices + struct.pack("<I", len(faces)) + faces.tobytes()
    data += struct.pack("<I", 3) + b"".join(state(0, HEIGHTS[bone], 0) for bone in BONES)
    data += (
        struct.pack("<I", 1)
        + struct.pack("<I", 3)
        + b"top"
        + state(0, 0.5, 0)
        + struct.pack("<B", 2)
    )
    return b"PSMD" + struct.pack("<II", 4, len(data)) + data


def stored_thing() -> bytes:
    """A flat hat: one face without bones, in the torso's colour."""
    corners = [(-1.0, 0, 0), (1.0, 0, 0), (0.0, 1.0, 0)]
    vertices = b"".join(
        struct.pack("<3f3f2f4B4f", *corner, 0, 0, -1, 1 / 6, 0.25, 255, 255, 255, 255, 0, 0, 0, 0)
        for corner in corners
    )
    data = (
        struct.pack("<II", 3, 1)
        + vertices
        + struct.pack("<I3H", 1, 0, 1, 2)
        + struct.pack("<II", 0, 0)
    )
    return b"PSMD" + struct.pack("<II", 4, len(data)) + data


def stored_animation(keys: int = 10) -> bytes:
    """The head nods aside by 1 in the last key; the leg walks back."""
    states = b""
    for key in range(keys):
        aside = 1.0 if key == keys - 1 else 0.0
        states += state(0, 1.5, 0) + state(0, 0.5, STEP * key) + state(aside, 2.5, 0)
    data = struct.pack("<I", 0) + struct.pack("<fII", KEY_MS, 3, keys) + states
    return b"PSSA" + struct.pack("<II", 1, len(data)) + data


ACTOR = """<actor version="1">
<group><variant name="Base" frequency="1" file="base.xml">
<mesh>{mesh}.dae</mesh>
<textures><texture file="coat.png" name="baseTex"/></textures></variant></group>
<group><variant name="Idle" frequency="1"/>
<variant name="Dance"><animations><animation file="nod.dae" name="Dance"/></animations>
<props><prop actor="hat.xml" attachpoint="top"/></props></variant></group>
<material>default.xml</material></actor>"""
BASE = """<variant><animations><animation file="nod.dae" name="Walk" speed="30"/>
<animation file="nod.dae" name="Idle"/></animations></variant>"""
HAT = """<actor version="1"><group><variant><mesh>hat.dae</mesh>
<textures><texture file="coat.png" name="baseTex"/></textures></variant></group></actor>"""
SKELETON = """<skeletons><standard_skeleton id="Boxes">
<bone name="spine"><bone name="leg"/><bone name="head"/></bone></standard_skeleton></skeletons>"""


@pytest.fixture(scope="module")
def public_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bodies") / "public.zip"
    coat = io.BytesIO()
    Image.fromarray(np.repeat(COLOURS[None], 3, 0)).resize((48, 16), Image.Resampling.NEAREST).save(
        coat, "PNG"
    )
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(7):
            archive.writestr(f"art/actors/fauna/box{number}.xml", ACTOR.format(mesh=f"box{number}"))
            archive.writestr(f"art/meshes/box{number}.dae.cached.pmd", stored_mesh())
        archive.writestr("art/actors/hat.xml", HAT)
        archive.writestr("art/meshes/hat.dae.cached.pmd", stored_thing())
        archive.writestr("art/variants/base.xml", BASE)
        archive.writestr("art/animation/nod.dae.cached.psa", stored_animation())
        archive.writestr("art/textures/skins/coat.png", coat.getvalue())
        archive.writestr("art/skeletons/boxes.xml", SKELETON)
    return path


@pytest.fixture(scope="module")
def bodies(public_zip: Path) -> Bodies:
    return Bodies.find(public_zip)


def act(bodies: Bodies, state: str = "walk") -> AnimatedBody:
    found = bodies.animated(
        np.random.default_rng(0), Character("fauna/box0.xml", "box0.dae"), state=state
    )
    assert found is not None
    return found


def seen_from_ahead(positions: np.ndarray) -> Corners:
    """40 pixels a unit, before a frame of 120x160; ahead is -z."""
    pixels = np.column_stack([80 + 40 * positions[:, 0], 120 - 40 * positions[:, 1]])
    return Corners(pixels, 3 + 0.01 * positions[:, 2], np.ones(len(positions)))
