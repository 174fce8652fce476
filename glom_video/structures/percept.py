"""The result for one frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Bool, Int32, UInt8

from glom_video.structures.id_images import boxes_of, id_image
from glom_video.structures.invalid_input import InvalidInput
from glom_video.structures.islands import LEVEL_NAMES, LevelName, Parse
from glom_video.structures.motion import Motion
from glom_video.structures.notebook import html_of, png_of
from glom_video.structures.printing import ShapeRepr
from glom_video.structures.reading import Frame
from glom_video.structures.tracks import Tracks

Reset = Literal["begin", "cut", "gap", "size"]
"""Why a state begins anew: first frame, scene cut, too long without a frame, or another picture
size."""


@dataclass(frozen=True, slots=True, repr=False)
class Percept(ShapeRepr):
    """What was found in one frame. Holds no GPU tensor and no history, so keeping a Percept
    keeps one frame alive and nothing else."""

    frame: Frame
    motion: Motion
    parse: Parse
    tracks: Mapping[str, Tracks]
    """Keys: ``part`` and ``object``."""
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    """Seconds spent in each stage: motion, glom, islands, track."""
    reset: Reset | None = None
    """Why the columns began anew with this frame; None where they went on. Ids go on in any
    case."""
    iterations: int = 1
    """Iterations of the columns for this frame; 0 if it is no tick. Then the islands of the last
    tick are carried along with the motion, and ``parse`` is that of the last tick."""

    draw: ClassVar[Callable[..., UInt8[np.ndarray, "H2 W2 3"]]]
    """``percept.draw(layout="mask")`` returns a new RGB picture; its arguments are fields of
    DrawSettings. ``glom_video.render`` sets it, since values import no stage."""

    @property
    def is_tick(self) -> bool:
        """Whether the columns were updated with this frame."""
        return self.iterations > 0

    def ids(self, level: LevelName = "object") -> Int32[np.ndarray, "H W"]:
        """Track id of each pixel of the frame, 0 = none.

        Raises:
            InvalidInput: there is no such level.
        """
        if level not in LEVEL_NAMES:
            cause = f"there is no level {level!r}"
            raise InvalidInput(cause, f"Name one of {', '.join(LEVEL_NAMES)}.")
        return id_image(self.tracks[level], *self.frame.image.shape[:2])

    def masks(self, level: LevelName = "object") -> Bool[np.ndarray, "k H W"]:
        """Mask of each track in the order of ``tracks[level].ids``, at the frame's size; empty
        where other tracks are larger in every pixel.

        Raises:
            InvalidInput: there is no such level.
        """
        ids = self.ids(level)
        return ids[None] == self.tracks[level].ids[:, None, None]

    def boxes(self, level: LevelName = "object") -> Int32[np.ndarray, "k 4"]:
        """Left, top, right and bottom in pixels of each of ``masks(level)``; right and bottom are
        exclusive. An empty mask gets zeros.

        Raises:
            InvalidInput: there is no such level.
        """
        return boxes_of(self.ids(level), self.tracks[level].ids)

    def tree(self) -> dict[int, list[int]]:
        """The parse tree: each object's id with the ids of its parts, including the parts of
        objects that are seen as one with it. Key 0, if present, holds parts without an object."""
        objects, parts = self.tracks["object"], self.tracks["part"]
        whole_of = {
            member: int(own)
            for own, members in zip(objects.ids, objects.members, strict=True)
            for member in members
        }
        nested: dict[int, list[int]] = {own: [] for own in sorted(objects.ids.tolist())}
        for part, parent in sorted(zip(parts.ids.tolist(), parts.parent_ids.tolist(), strict=True)):
            nested.setdefault(whole_of.get(parent, 0), []).append(part)
        return nested

    def _repr_png_(self) -> bytes:
        """PNG for notebooks."""
        return png_of(self.draw())

    def _repr_html_(self) -> str:
        """The picture and a line on each object, as HTML for notebooks."""
        when = f"frame {self.frame.index}, {self.frame.pts_seconds:.3f} s"
        objects, tree = self.tracks["object"], self.tree()
        parts = self.tracks["part"]
        called = dict(zip(parts.ids.tolist(), parts.names, strict=True))
        named = zip(objects.ids.tolist(), objects.names, objects.score.tolist(), strict=True)
        lines = [
            f"object {name} ({score:.0%}): parts {', '.join(called[part] for part in tree[number])}"
            for number, name, score in named
        ]
        return html_of(self.draw(), [when, *lines])
