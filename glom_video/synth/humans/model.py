"""MakeHuman's person: a surface, the helpers that garments and joints are fitted to, its bones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.humans.surfaces import Surface, places

JOINT = "____head"
"""End of the names of bones' joints, each of which is listed before its bone."""


@dataclass(frozen=True, slots=True, repr=False)
class Model:
    """``v`` vertices, of which some faces are skin, and ``b`` bones."""

    surface: Surface
    is_skin: NDArray[np.bool_]
    """(f) which faces are seen."""
    bones: tuple[str, ...]
    parents: tuple[int, ...]
    """Before their children; -1 for the root."""
    joints: tuple[NDArray[np.int64], ...]
    """Vertices in whose middle each bone's joint lies."""

    @classmethod
    def parse(cls, stored: dict[str, Any]) -> "Model":
        """Raises KeyError or ValueError where it is no such model."""
        surface = Surface.parse(stored)
        materials = [material["DbgName"] for material in stored["materials"]]
        listed = stored["bones"][::2]
        places(surface.bones, len(listed))
        around = stored["metadata"]["joint_pos_idxs"]
        return cls(
            surface=surface,
            is_skin=surface.material == materials.index("body"),
            bones=tuple(bone["name"].removesuffix(JOINT) for bone in listed),
            parents=tuple(bone["parent"] // 2 for bone in listed),
            joints=tuple(np.array(around[bone["name"]]) for bone in listed),
        )
