"""The keypoint test: real parts without masks, from annotated joints of animals.

Definitions of this project; joints from BADJA (Biggs et al., "Creatures great and SMAL", ACCV
2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Integer

from glom_video.structures import Joint

HEAD = {"chin", "jaw", "left_ear", "nose_tip", "right_ear"}
"""Joints that lie on one limb though their names do not say so."""


@dataclass(frozen=True, slots=True)
class KeypointScore:
    """Shares in [0, 1]; None where there was nothing to count."""

    part_kept: float | None
    """Of a joint's steps from one annotated frame to its next, those in which it keeps its part id;
    no part (0) is never kept."""
    limbs_apart: float | None
    """Of the pairs of joints on different limbs, those with different part ids."""
    one_object: float | None
    """Of the joints of a frame, those on the object id that holds most of them; mean over frames.
    Background holds none."""


class KeypointTest:
    """The keypoint test of one clip, annotated frame by annotated frame."""

    def __init__(self) -> None:
        self._part_ids: dict[str, list[int]] = {}
        self._pairs_apart: list[bool] = []
        self._object_shares: list[float] = []

    def add(
        self,
        joints: Sequence[Joint],
        parts: Integer[np.ndarray, "H W"],
        objects: Integer[np.ndarray, "H W"],
    ) -> None:
        """Joints outside the picture are passed over."""
        height, width = parts.shape
        seen = [joint for joint in joints if 0 <= joint.x < width and 0 <= joint.y < height]
        if not seen:
            return
        part_of = {joint.name: int(parts[int(joint.y), int(joint.x)]) for joint in seen}
        for name, part in part_of.items():
            self._part_ids.setdefault(name, []).append(part)
        self._pairs_apart += [
            part_of[one] != part_of[other]
            for one, other in combinations(part_of, 2)
            if limb(one) != limb(other)
        ]
        on_objects = [int(objects[int(joint.y), int(joint.x)]) for joint in seen]
        self._object_shares.append(_largest_share(on_objects))

    def result(self) -> KeypointScore:
        """Shares over all frames so far; None for those of which there was nothing to see."""
        kept = [
            before == after != 0
            for ids in self._part_ids.values()
            for before, after in pairwise(ids)
        ]
        return KeypointScore(_share(kept), _share(self._pairs_apart), _share(self._object_shares))


def limb(joint: str) -> str:
    """The limb a joint lies on: its name without its number, or the head."""
    return "head" if joint in HEAD else joint.rstrip("0123456789").rstrip("_")


def _largest_share(ids: Sequence[int]) -> float:
    held = [ids.count(number) for number in set(ids) - {0}]
    return max(held, default=0) / len(ids)


def _share(flags: Sequence[bool] | Sequence[float]) -> float | None:
    return float(np.mean(flags)) if len(flags) else None
