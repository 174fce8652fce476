"""The skeleton of a person: where its joints lie, how a pose turns it, and which part each bone is
of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.humans.model import Model

KEPT = [
    "root",
    "spine05",
    "spine04",
    "spine03",
    "spine02",
    "spine01",
    "neck01",
    "neck02",
    "neck03",
    "head",
    "clavicle.L",
    "clavicle.R",
    "shoulder01.L",
    "shoulder01.R",
    "upperarm01.L",
    "upperarm01.R",
    "upperarm02.L",
    "upperarm02.R",
    "lowerarm01.L",
    "lowerarm01.R",
    "lowerarm02.L",
    "lowerarm02.R",
    "wrist.L",
    "wrist.R",
    "upperleg01.L",
    "upperleg01.R",
    "upperleg02.L",
    "upperleg02.R",
    "lowerleg01.L",
    "lowerleg01.R",
    "lowerleg02.L",
    "lowerleg02.R",
    "foot.L",
    "foot.R",
]
"""Bones that move; fingers, toes and faces go along with the one above them."""
PARTS = {
    "neck01": "head",
    "upperarm01.L": "limb arm left",
    "upperarm01.R": "limb arm right",
    "upperleg01.L": "limb leg left",
    "upperleg01.R": "limb leg right",
}
"""What begins with a bone; all before is torso."""
LOWER = ("lowerarm01", "lowerleg01")
"""Bones that begin the lower half of a limb."""


@dataclass(frozen=True, slots=True, repr=False)
class Rig:
    """A person's ``b`` bones, of which ``k`` are kept."""

    parents: tuple[int, ...]
    joints: Floats
    """(b 3) at rest."""
    kept: NDArray[np.int64]
    """(k) of the bones."""
    holder: NDArray[np.int64]
    """(b) which of the kept ones each bone goes along with."""

    @classmethod
    def of(cls, model: Model, shape: Floats) -> "Rig":
        """``shape`` (v 3): the model's vertices."""
        joints = np.stack([shape[around].mean(0) for around in model.joints])
        kept: list[int] = []
        holder: list[int] = []
        for number, (name, parent) in enumerate(zip(model.bones, model.parents, strict=True)):
            if name in KEPT:
                kept.append(number)
            holder.append(len(kept) - 1 if name in KEPT else holder[parent])
        return cls(model.parents, joints, np.array(kept), np.array(holder))

    def posed(self, turns: Floats) -> Floats:
        """(... b 4 4) where all bones stand, for quaternions (... b 4) against their parents.

        The lowest joint is as high as the lowest at rest.
        """
        held = np.array(self.parents) >= 0
        offsets = self.joints.copy()
        offsets[held] -= self.joints[np.array(self.parents)[held]]
        own = np.tile(np.eye(4), (*turns.shape[:-1], 1, 1))
        rotation = Rotation.from_quat(turns.reshape(-1, 4)).as_matrix()
        own[..., :3, :3] = rotation.reshape(*turns.shape[:-1], 3, 3)
        own[..., :3, 3] = offsets
        placed = own.copy()
        for number, parent in enumerate(self.parents):
            if parent >= 0:
                placed[..., number, :, :] = placed[..., parent, :, :] @ own[..., number, :, :]
        low = placed[..., 1, 3].min(-1) - self.joints[:, 1].min()
        placed[..., 1, 3] -= low[..., None]
        return placed

    @property
    def rest(self) -> Floats:
        """(b 4 4)."""
        found = np.tile(np.eye(4), (len(self.joints), 1, 1))
        found[:, :3, 3] = self.joints
        return found


def part_names(model: Model, *, halves: bool) -> list[str]:
    """The part of each bone. ``halves`` parts limbs into an upper and a lower one."""
    parts: list[str] = []
    for name, parent in zip(model.bones, model.parents, strict=True):
        part = PARTS.get(name) or (parts[parent] if parent >= 0 else "torso")
        if halves and name.startswith(LOWER) and not part.endswith("lower"):
            part = f"{part} lower"
        parts.append(part)
    return parts
