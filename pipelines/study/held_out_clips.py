"""Rendered clips with truth that no training shows: the held-out families, at seeds far from those
of training and validation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from glom_video.structures import Frame
from glom_video.synth import Clip, Family, Textures, render_clip
from glom_video_pipelines.study.options import StudyOptions

HELD_OUT: tuple[Family, ...] = ("texture", "shape", "camera", "crowd")
"""Families that no training shows."""
TRAINED: tuple[Family, ...] = ("train", "group", "close")
"""Families of training, at other seeds."""
ALSO_HELD_OUT: tuple[Family, ...] = ("desk", "signs")
"""Younger than the studies, whose figures over ``HELD_OUT`` are compared with earlier ones."""
FIRST_SEED = 4_000_000_000
"""Far from those of training, validation and other studies."""
FRAMES_PER_SECOND = 25.0


@dataclass(frozen=True, slots=True)
class StudyClip:
    """A clip and what it is called."""

    name: str
    clip: Clip

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.clip.images.shape[1], self.clip.images.shape[2]

    def truth(self, t: int) -> dict[str, UInt8[np.ndarray, "H W"]]:
        """True ids of a frame by level."""
        return {"part": self.clip.parts[t], "object": self.clip.objects[t]}


def render_held_out(
    per_family: int,
    *,
    frames: int,
    height: int,
    width: int,
    photos: Sequence[Path],
    stops: float = 0.0,
) -> list[StudyClip]:
    """So many clips of each held-out family; the same arguments give the same clips.

    Args:
        photos: folders of photographs for textures.
        stops: chance of each object to come to rest for good.
    """
    shape, textures = {"frames": frames, "height": height, "width": width}, Textures.load(photos)
    return [
        clip
        for family in HELD_OUT
        for clip in render_family(family, per_family, **shape, textures=textures, stops=stops)
    ]


def held_out_clips(options: StudyOptions) -> list[StudyClip]:
    """Those of a study."""
    height, width = options.size
    return render_held_out(
        options.clips, frames=options.frames, height=height, width=width, photos=options.photos
    )


def render_family(
    family: Family,
    clips: int,
    *,
    frames: int,
    height: int,
    width: int,
    textures: Textures,
    stops: float = 0.0,
) -> list[StudyClip]:
    """So many clips of one family, by seeds that training never uses."""
    drawn = (
        render_clip(
            FIRST_SEED + number,
            frames=frames,
            height=height,
            width=width,
            textures=textures,
            family=family,
            stops=stops,
        )
        for number in range(clips)
    )
    return [StudyClip(f"{family}-{number}", clip) for number, clip in enumerate(drawn)]


def frames_of(images: UInt8[np.ndarray, "t H W 3"]) -> Iterator[Frame]:
    """Pictures as a source would hand them on."""
    for t, image in enumerate(images):
        yield Frame(image, t, t / FRAMES_PER_SECOND)
