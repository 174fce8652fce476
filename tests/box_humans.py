"""A folder of MakeHuman's data that the tests build: a person of boxes, one for each bone."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from glom_video.synth.humans import Humans
from glom_video.synth.humans import wardrobe as names
from glom_video.synth.humans.humans import AGES, BUILDS, ORIGINS, WEIGHTS
from glom_video.synth.humans.motions import OTHERS, SEATED, STANDING
from glom_video.synth.humans.package import MODEL, POSES, PROXIES, SKINS, TARGET_NAMES, TARGETS

BONES = {
    "root": (None, (0, 0, 0)),
    "spine05": ("root", (0, 1, 0)),
    "neck01": ("spine05", (0, 3, 0)),
    "head": ("neck01", (0, 4, 0)),
    "jaw": ("head", (0, 3.8, 0.4)),
} | {
    f"{name}.{side}": (parent if parent in ("spine05", "root") else f"{parent}.{side}", at)
    for side, out in (("L", 1), ("R", -1))
    for name, parent, at in (
        ("upperarm01", "spine05", (1.5 * out, 2.5, 0)),
        ("lowerarm01", "upperarm01", (2.5 * out, 2.5, 0)),
        ("finger1-1", "lowerarm01", (3.5 * out, 2.5, 0)),
        ("upperleg01", "root", (0.5 * out, -1, 0)),
        ("lowerleg01", "upperleg01", (0.5 * out, -2, 0)),
        ("foot", "lowerleg01", (0.5 * out, -3, 0)),
    )
}
"""Parent and joint of each; a box of side .8 lies about the joint. The person faces along z."""
BOX = 0.4 * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
SIDES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
TALLER = 2.0
"""How far the target of every build lifts the head's box."""


@pytest.fixture(scope="session")
def makehuman(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder."""
    folder = tmp_path_factory.mktemp("makehuman") / "package"
    write(folder / MODEL, stored_model())
    standing = {"finger1-1.L": [0.0, 0.0, 1.0, 0.0]}
    poses = dict.fromkeys((*STANDING, *SEATED, *OTHERS), standing)
    write(folder / POSES, poses | {"fight01": {"upperarm01.L": [0.0, 0.0, 0.7071068, 0.7071068]}})
    targets = sorted(target_names())
    write(
        folder / TARGET_NAMES, {"targets": {f"data/targets/{name}.target": [] for name in targets}}
    )
    moves = np.zeros((len(targets), 8 * len(BONES), 3), "<i2")
    head = 8 * list(BONES).index("head")
    for row, name in enumerate(targets):
        if "universal" in name:
            moves[row, head : head + 8, 1] = 1000 * TALLER
    (folder / TARGETS).parent.mkdir(parents=True)
    (folder / TARGETS).write_bytes(moves.tobytes())
    for kind, name in garment_names():
        write(folder / PROXIES / kind / name / f"{name}.json", stored_garment(kind))
        picture(folder / PROXIES / kind / name / "textures/cloth.png", (200, 30, 30, 255))
    for age in ("young", "middleage", "old"):
        for origin in ORIGINS:
            for sex in ("female", "male"):
                skin = folder / SKINS / f"{age}_{origin}_{sex}" / "textures/skin_diffuse.png"
                picture(skin, (30, 200, 30))
    return folder


@pytest.fixture(scope="session")
def humans(makehuman: Path) -> Humans:
    """Its people."""
    return Humans.find(makehuman)


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def picture(path: Path, colour: tuple[int, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", (16, 16), colour).save(path)


def target_names() -> list[str]:
    people = [f"{sex}-{age}" for sex in ("female", "male") for age in AGES]
    own = [f"macrodetails/{origin}-{who}" for origin in ORIGINS for who in people]
    built = [
        f"macrodetails/universal-{who}-{build}-{weight}"
        for who in people
        for build in BUILDS
        for weight in WEIGHTS
    ]
    return own + built


def garment_names() -> list[tuple[str, str]]:
    clothes = [
        *chain(*names.SUITS.values()),
        *names.TOPS,
        *names.BOTTOMS,
        *names.SHOES,
        *names.HATS,
    ]
    hair = [*chain(*names.HAIR.values()), *names.BEARDS]
    return [
        *(("clothes", name) for name in clothes),
        *(("hair", name) for name in hair),
        *(("eyebrows", name) for name in names.BROWS),
        ("eyes", names.EYES),
    ]


def stored_model() -> dict[str, Any]:
    """A box for each bone, and a helper's box that is no skin."""
    order = list(BONES)
    corners = np.concatenate([np.add(BOX, at) for _, at in BONES.values()])
    faces = [face(8 * number, 0) for number in range(len(order) - 1)]
    faces.append(face(8 * (len(order) - 1), 1))
    bones: list[dict[str, Any]] = []
    for name, (parent, _) in BONES.items():
        above = -1 if parent is None else 2 * order.index(parent) + 1
        bones += [
            {"name": f"{name}____head", "parent": above},
            {"name": name, "parent": len(bones)},
        ]
    return {
        "vertices": corners.ravel().tolist(),
        "faces": np.concatenate(faces).ravel().tolist(),
        "uvs": [[0.5, 0.5]],
        "influencesPerVertex": 2,
        "skinIndices": [each for bone in range(len(order)) for each in (2 * bone, 0) * 8],
        "skinWeights": [1.0, 0.0] * 8 * len(order),
        "materials": [{"DbgName": "body"}, {"DbgName": "helper-tights"}],
        "bones": bones,
        "metadata": {
            "joint_pos_idxs": {
                f"{name}____head": list(range(8 * number, 8 * number + 8))
                for number, name in enumerate(order)
            }
        },
    }


def stored_garment(kind: str) -> dict[str, Any]:
    """A box about that of the spine, which clothes cover; all else lies about the head's."""
    bone = list(BONES).index("spine05" if kind == "clothes" else "head")
    first = 8 * bone
    covered, every = range(first, first + 8), range(8 * len(BONES))
    return {
        "vertices": [9.0] * 24,
        "faces": face(0, 0).ravel().tolist(),
        "uvs": [[0.5, 0.5]],
        "influencesPerVertex": 1,
        "skinIndices": [2 * bone] * 8,
        "skinWeights": [1.0] * 8,
        "materials": [{"mapDiffuse": "textures/cloth.png"}],
        "ref_vIdxs": [[first + corner, 0, 1] for corner in range(8)],
        "weights": [[1.0, 0.0, 0.0]] * 8,
        "offsets": (0.1 * BOX).tolist(),
        "metadata": {"deleteVerts": [int(kind == "clothes" and each in covered) for each in every]},
    }


def face(start: int, material: int) -> Any:
    """(6 10) of a box whose first vertex is ``start``."""
    return np.array(
        [[11, *(start + corner for corner in side), material, 0, 0, 0, 0] for side in SIDES]
    )
