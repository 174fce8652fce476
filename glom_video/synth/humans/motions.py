"""What people do: they walk, stand or sit and move a little, wave their arms, change their pose."""

import numpy as np
from scipy.spatial.transform import Rotation

from glom_video.synth.bodies.body import Motion
from glom_video.synth.bodies.meshes import Animation, Floats
from glom_video.synth.chance import Random
from glom_video.synth.humans.package import Package
from glom_video.synth.humans.rig import Rig

STANDING = [
    "standing01",
    "standing02",
    "standing03",
    "standing04",
    "standing05",
    "standing06",
    "akimbo01",
    "Harvey_FashionCloseup1",
    "Harvey_FashionCloseup2",
    "Harvey_StandingFashion1",
    "Harvey_StandingFashion2",
    "Harvey_StandingFashion3",
    "Harvey_IDunno",
]
SEATED = ["sit01", "sitting", "Harvey_sittingfashion1", "Harvey_SittingFashion2", "sit_on_ground01"]
OTHERS = [
    "fight01",
    "fight02",
    "fight03",
    "fight04",
    "Harvey_Fightpose1",
    "Harvey_Fightpose2",
    "gym01",
    "genuflect01",
    "run01",
    "lie_pensive_01",
    "Harvey_selfie1",
]
STATES = {"walk": 0.3, "idle": 0.4, "act": 0.3}
"""Chances of what a person does."""
KEY_MS = 80.0
KEYS = 90
"""Of what repeats, unless it is a walk."""
STEP_KEYS = 13
"""Of two steps."""
ACROSS = np.array([1.0, 0, 0])
"""The axis about which limbs swing."""
ARMS = ("clavicle", "shoulder01", "upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
SWAYS = {"spine": 1.5, "neck": 4.0, "head": 5.0, "clavicle": 1.0, "upperarm": 3.0, "lowerarm": 4.0}
"""Degrees that bones turn to and fro, by how their names begin."""
GESTURES = 0.6
"""Share of idle people whose arms go to another pose and back."""


def motion(random: Random, package: Package, rig: Rig, state: str) -> Motion:
    """What a person does in a state: one of ``STATES``."""
    turns = {"walk": _walking, "idle": _idle, "act": _acting}[state](random, package)
    return Motion(Animation(KEY_MS, rig.posed(turns)[:, rig.kept]), repeats=True)


def between(first: Floats, then: Floats, share: Floats) -> Floats:
    """(k b 4) from poses ``first`` to ``then`` (b 4), ``share`` (k) of the way."""
    near = np.where((first * then).sum(-1, keepdims=True) < 0, -then, then)
    mixed = first + share[:, None, None] * (near - first)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True))


def _idle(random: Random, package: Package) -> Floats:
    poses = [*STANDING, *SEATED, *SEATED]
    pose = package.pose(str(random.choice(poses)))
    turns = np.tile(pose, (KEYS, 1, 1))
    if random.random() < GESTURES:
        other = package.pose(str(random.choice([*STANDING, *OTHERS])))
        sides = [(".L",), (".R",), (".L", ".R")][int(random.integers(3))]
        names = package.model.bones
        arms = [name.startswith(ARMS) and name.endswith(sides) for name in names]
        turns[:, arms] = between(pose[arms], other[arms], _to_and_fro(random))
    return _swaying(random, package, turns)


def _acting(random: Random, package: Package) -> Floats:
    """From pose to pose, each held for a while, and back to the first."""
    names = random.choice([*STANDING, *OTHERS], int(random.integers(2, 5)), replace=False)
    poses = [package.pose(str(name)) for name in names]
    ends = np.sort(random.choice(np.arange(6, KEYS - 6, 6), len(poses) - 1, replace=False))
    spans = np.split(np.arange(KEYS), ends)
    stretches = [
        between(first, then, _eased(len(span), random.uniform(0.3, 1)))
        for first, then, span in zip(poses, [*poses[1:], poses[0]], spans, strict=True)
    ]
    return _swaying(random, package, np.concatenate(stretches))


def _walking(random: Random, package: Package) -> Floats:
    """Two steps: legs swing against each other, arms against the legs."""
    names = package.model.bones
    turns = np.tile(package.pose(str(random.choice(STANDING[:6]))), (STEP_KEYS, 1, 1))
    phase = 2 * np.pi * np.arange(STEP_KEYS) / STEP_KEYS
    swing, bend = random.uniform(18, 30), random.uniform(35, 60)
    arm = random.uniform(8, 28)
    for side, begin in ((".L", 0.0), (".R", np.pi)):
        legs = {
            "upperleg01": swing * np.sin(phase + begin) + 4,
            "lowerleg01": -bend * np.clip(np.cos(phase + begin), 0, None) - 4,
            "foot": 8 * np.sin(phase + begin),
            "upperarm01": -arm * np.sin(phase + begin),
            "lowerarm01": 0.5 * arm * (1 - np.sin(phase + begin)),
        }
        for name, degrees in legs.items():
            bone = names.index(f"{name}{side}")
            if name.startswith(("upperleg", "lowerleg", "foot")):
                turns[:, bone] = [0, 0, 0, 1]
            turns[:, bone] = _also_turned(turns[:, bone], degrees[:, None] * ACROSS)
    return turns


def _swaying(random: Random, package: Package, turns: Floats) -> Floats:
    """With small turns to and fro that repeat with the keys (k)."""
    liveliness = float(np.exp(random.normal(0, 0.6)))
    phase = 2 * np.pi * np.arange(len(turns)) / len(turns)
    names = package.model.bones
    for bone, name in enumerate(names):
        most = next((most for begin, most in SWAYS.items() if name.startswith(begin)), 0.0)
        if most:
            waves = [
                np.sin(pace * phase + random.uniform(0, 2 * np.pi)) / pace**0.5
                for pace in (1, 2, 5)
            ]
            axis = random.normal(0, 1, 3)
            degrees = liveliness * most * np.sum(waves, 0)
            about = degrees[:, None] * axis / np.linalg.norm(axis)
            turns[:, bone] = _also_turned(turns[:, bone], about)
    return turns


def _also_turned(turns: Floats, about: Floats) -> Floats:
    """Quaternions (k 4) with a further turn each, by axes as long as their angles in degrees
    (k 3)."""
    further = Rotation.from_rotvec(about, degrees=True) * Rotation.from_quat(turns)
    return np.asarray(further.as_quat())


def _to_and_fro(random: Random) -> Floats:
    """(KEYS) from 0 to 1 and back, up to four times."""
    times = int(random.integers(1, 5))
    swing = 0.5 - 0.5 * np.cos(2 * np.pi * times * np.arange(KEYS) / KEYS)
    return np.asarray(random.uniform(0.3, 1) * swing)


def _eased(count: int, moving: float) -> Floats:
    """(count) from 0 to 1, gently, within a ``moving`` share of the time."""
    share = np.clip(np.arange(count) / max(moving * count, 1), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
