"""A composed scene, ready to be filmed."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from glom_video.synth.backdrop import Backdrop
from glom_video.synth.camera import Camera, Floats
from glom_video.synth.textures import Image


@runtime_checkable
class Drawn(Protocol):
    """Anything in a scene that can be drawn."""

    @property
    def disparity(self) -> float:
        """1 / depth: what is nearer is drawn later."""

    def draw(self, pixels: Image, ids: Image, camera: Camera, frame: int, shutter: float) -> None:
        """Paints it over what is there, in place."""


@dataclass(frozen=True, slots=True, repr=False)
class Scene:
    """Everything that is filmed, and the camera that films it."""

    camera: Camera
    backdrop: Backdrop
    actors: tuple[Drawn, ...]
    """From far to near."""
    parent: dict[int, int]
    shutter: float
    """Share of a frame's time for which the film is exposed; 0 = no motion blur."""
    exposure: Floats | None = None
    """(t) gain of each frame, beside what the degradation of the clip does: lamps that flicker, a
    camera that finds its exposure."""
