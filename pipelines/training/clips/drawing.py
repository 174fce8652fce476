"""Clips as worker processes draw them; they depend only on the seed and the phase."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float16, Float32, Integer, UInt8

from glom_video.glom.encoder import STRIDE
from glom_video.structures import Motion
from glom_video_pipelines.training.clips.files import RenderedClip, write_clip_file
from glom_video_pipelines.training.clips.phase import Phase

if TYPE_CHECKING:  # they bring OpenCV, which the process that trains does not need
    from glom_video.synth import Clip, Textures
    from glom_video.synth.bodies import Bodies
    from glom_video.synth.bodies.archive import Archive
    from glom_video.synth.bodies.cast import Cast
    from glom_video.synth.humans import Humans
    from glom_video.synth.photographs import Photographs
    from glom_video.synth.surfaces import Surfaces

DROPPED_SHARE, LONGEST_BURST = 0.2, 3
"""Share of clips in which frames are dropped once; most frames dropped."""
DROP_STREAM, GROUP_STREAM, PACE_STREAM, PHOTOGRAPH_STREAM = 1, 2, 3, 4
CLOSE_STREAM, BODY_STREAM, PEOPLE_STREAM = 5, 6, 7
"""Keys of the random streams that decide which clips drop frames, show a group, are hurried, are
made of photographs, are close-ups, and show bodies or clothed people."""
FRAMES_A_SECOND = 25.0
"""Of training clips."""
PACES, PACE_CHANCES = (2, 3), (0.7, 0.3)
"""Intervals between the shown frames of hurried clips, as if filmed at a lower frame rate, and
their chances."""
PHOTOGRAPH, HELD_OUT_PHOTOGRAPH = "photograph", "held-out photograph"
"""Families of clips that are made of photographs."""
BODY, HELD_OUT_BODY = "body", "held-out body"
"""Families of clips of animated bodies."""
PERSON, HELD_OUT_PERSON = "person", "held-out person"
"""Families of clips of clothed people."""
HALF_MOST = 60_000.0
"""Bound within half precision's range: where a picture is lost, summed motion can be arbitrarily
large."""


@lru_cache(1)
def _textures(folders: tuple[Path, ...]) -> "Textures":
    from glom_video.synth import Textures

    return Textures.load(folders)


@lru_cache(1)
def _photographs(folder: str) -> "Photographs":
    from glom_video.synth.photographs import Photographs

    return Photographs.find(Path(folder))


@lru_cache(1)
def _archive(path: str) -> "Archive":
    from glom_video.synth.bodies.archive import Archive

    return Archive.open(Path(path))


@lru_cache(1)
def _bodies(path: str) -> "Bodies":
    from glom_video.synth.bodies import Bodies

    return Bodies.of(_archive(path))


@lru_cache(1)
def _people(folder: str) -> "Humans":
    from glom_video.synth.humans import Humans

    return Humans.find(Path(folder))


@lru_cache(1)
def _surfaces(path: str) -> "Surfaces":
    from glom_video.synth.surfaces import Surfaces

    return Surfaces.find(_archive(path))


def training_family(seed: int, phase: Phase) -> str:
    """Which family a training clip is of."""
    for family, stream, share in (
        (PHOTOGRAPH, PHOTOGRAPH_STREAM, phase.photographed),
        (PERSON, PEOPLE_STREAM, phase.peopled),
        (BODY, BODY_STREAM, phase.bodied),
        ("close", CLOSE_STREAM, phase.close),
        ("group", GROUP_STREAM, phase.grouped),
    ):
        if np.random.default_rng([seed, stream]).random() < share:
            return family
    return "train"


def pace_of(seed: int, phase: Phase) -> int:
    """Interval between the shown frames of a training clip."""
    random = np.random.default_rng([seed, PACE_STREAM])
    return int(random.choice(PACES, p=PACE_CHANCES)) if random.random() < phase.hurried else 1


def render_training_clip(
    seed: int, phase: Phase, folders: tuple[Path, ...], family: str | None = None
) -> RenderedClip:
    """Render one clip and compute its motion with the code that real frames go through. Runs in a
    worker process.

    ``family``: of the renderer, of photographs, people or bodies; without, the one that training
    has for this seed.
    """
    import cv2

    from glom_video.motion import no_motion

    cv2.setNumThreads(1)
    kept, pace = kept_frames(seed, phase.rendered_frames), pace_of(seed, phase)
    shown = (kept * pace).tolist()
    clip = _filmed(seed, phase, folders, family or training_family(seed, phase), shown)
    moved = [no_motion(phase.height, phase.width), *motions(clip.images, kept / FRAMES_A_SECOND)]

    def middles(ids: UInt8[np.ndarray, "t H W"]) -> UInt8[np.ndarray, "t h w"]:
        return np.ascontiguousarray(ids[:, STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE])

    return RenderedClip(
        images=clip.images,
        motion=motion_planes(moved),
        parts=middles(clip.parts),
        objects=middles(clip.objects),
        elapsed=np.diff(kept, prepend=-1).astype(np.float32),
        interval=intervals(moved),
    )


def motions(images: UInt8[np.ndarray, "t H W 3"], seconds: Iterable[float]) -> list[Motion]:
    """Of each frame but the first, as real frames have it."""
    from glom_video.motion import grey, motions_of

    return list(
        motions_of((grey(image), float(time)) for image, time in zip(images, seconds, strict=True))
    )


def intervals(moved: Sequence[Motion]) -> Float32[np.ndarray, " t"]:
    """Over how many frames motion was measured."""
    return np.array([motion.interval for motion in moved], np.float32)


def _filmed(
    seed: int, phase: Phase, folders: tuple[Path, ...], family: str, shown: list[int]
) -> "Clip":
    from glom_video.synth import render_clip
    from glom_video.synth.bodies import render_body_clip
    from glom_video.synth.photo_clip import render_photo_clip

    size = {"frames": shown[-1] + 1, "height": phase.height, "width": phase.width}
    if family in (PHOTOGRAPH, HELD_OUT_PHOTOGRAPH):
        assert phase.photographs is not None, "a phase with photographed clips names their folder"
        return render_photo_clip(
            seed,
            **size,
            photographs=_photographs(phase.photographs),
            held_out=family == HELD_OUT_PHOTOGRAPH,
            shown=shown,
            surfaces=_surfaces(phase.bodies) if phase.bodies and phase.surfaced else None,
            surfaced=phase.surfaced,
            crowded=phase.crowded,
        )
    if family in (BODY, HELD_OUT_BODY, PERSON, HELD_OUT_PERSON):
        return render_body_clip(
            seed,
            **size,
            bodies=_cast(phase, family),
            textures=_textures(folders),
            held_out=family in (HELD_OUT_BODY, HELD_OUT_PERSON),
            shown=shown,
        )
    return render_clip(
        seed, **size, textures=_textures(folders), family=family, stops=phase.stops, shown=shown
    )


def _cast(phase: Phase, family: str) -> "Cast[Any]":
    if family in (PERSON, HELD_OUT_PERSON):
        assert phase.people is not None, "a phase with clips of people names their folder"
        return _people(phase.people)
    assert phase.bodies is not None, "a phase with clips of bodies names their file"
    return _bodies(phase.bodies)


def motion_planes(moved: Sequence[Motion]) -> Float16[np.ndarray, "t 7 H W"]:
    """Of frames that follow each other."""
    from glom_video.motion import motion_array, trailed

    planes, trail = [], None
    for motion in moved:
        trail = trailed(trail, motion)
        planes.append(motion_array(motion, trail))
    return np.clip(np.stack(planes), -HALF_MOST, HALF_MOST).astype(np.float16)


def kept_frames(seed: int, count: int) -> Integer[np.ndarray, " t"]:
    """Indices of the shown frames of a clip: some clips drop a burst, as live sources do."""
    random = np.random.default_rng([seed, DROP_STREAM])
    kept = np.arange(count)
    if count > 2 and random.random() < DROPPED_SHARE:
        kept[int(random.integers(2, count)) :] += int(random.integers(1, LONGEST_BURST + 1))
    return kept


def draw_clip(seed: int, phase: Phase, folders: tuple[Path, ...], place: Path) -> Path:
    """As ``render_training_clip``, left in a file in the folder ``place``."""
    return write_clip_file(render_training_clip(seed, phase, folders), place)
