"""Renders clips of jointed moving objects with exact masks into a DAVIS tree."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from glom_video.structures import InvalidInput

if TYPE_CHECKING:
    from glom_video.synth import Clip


def run_synth(
    out: Path,
    *,
    clips: int,
    frames: int,
    seed: int,
    height: int,
    width: int,
    photos: Sequence[Path],
    family: str | None = None,
    bodies: Path | None = None,
    people: Path | None = None,
    photographs: Path | None = None,
) -> None:
    """Write ``clips`` clips of ``frames`` frames, with seeds from ``seed`` up, to ``out`` as
    ``<family>-<seed>``.

    Args:
        photos: folders of pictures, used besides those of scikit-image; excludes photographs.
        family: of objects, "train" without; excludes the three below.
        bodies: 0 A.D.'s public.zip: render clips of held-out bodies instead, as ``body-<seed>``.
        people: the folder of MakeHuman's data: render clips of people in held-out clothes instead,
            as ``person-<seed>``; excludes the two others.
        photographs: a folder with masks: render clips of held-out photographs instead, as
            ``photograph-<seed>``; with both, clips of bare surfaces, half of them with objects, as
            ``surface-<seed>``.

    Raises:
        InvalidInput: an unknown family, a folder without pictures, impossible sizes, or options
            that exclude each other.
    """
    from glom_video.formats import write_davis

    if clips < 1:
        raise InvalidInput(f"cannot render {clips} clips", "Ask for at least one.")
    _check_options(family, photos, bodies, people, photographs)
    name, draw = _renderer(
        "train" if family is None else family, photos, bodies, people, photographs
    )
    columns = (
        TextColumn("rendering"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("clips"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for number in progress.track(range(seed, seed + clips), description="rendering"):
            clip = draw(number, frames=frames, height=height, width=width)
            write_davis(
                out,
                f"{name}-{number:06d}",
                clip.images,
                {"part": clip.parts, "object": clip.objects},
                clip.parent,
            )


def _check_options(
    family: str | None,
    photos: Sequence[Path],
    bodies: Path | None,
    people: Path | None,
    photographs: Path | None,
) -> None:
    """Raises InvalidInput for options of which one would be ignored."""
    others = {"--people": people, "--bodies": bodies, "--photographs": photographs}
    named = [option for option, path in others.items() if path is not None]
    if people is not None and len(named) > 1:
        cause = f"--people and {named[1]} each ask for other clips"
        raise InvalidInput(cause, "Give one of them, and run again for the other.")
    if family is not None and named:
        cause = f"--family and {named[0]} each ask for other clips"
        raise InvalidInput(cause, "Give one of them, and run again for the other.")
    if photos and photographs is not None:
        raise InvalidInput(
            "clips of --photographs do not show --photos", "Leave one of the two out."
        )


def _renderer(
    family: str,
    photos: Sequence[Path],
    bodies: Path | None,
    people: Path | None,
    photographs: Path | None,
) -> tuple[str, Callable[..., "Clip"]]:
    """What clips are called, and what renders one: seed, frames, height, width -> clip."""
    # OpenCV is slow to import, and no other command needs it here.
    from glom_video.synth import Textures, render_clip
    from glom_video.synth.bodies import Bodies, render_body_clip
    from glom_video.synth.bodies.archive import Archive
    from glom_video.synth.humans import Humans
    from glom_video.synth.photo_clip import render_photo_clip
    from glom_video.synth.photographs import Photographs
    from glom_video.synth.surfaces import Surfaces

    if photographs is not None:
        draw = partial(render_photo_clip, photographs=Photographs.find(photographs), held_out=True)
        if bodies is None:
            return "photograph", draw
        surfaces = Surfaces.find(Archive.open(bodies))
        return "surface", partial(draw, surfaces=surfaces, surfaced=1.0)
    textures = Textures.load(photos)
    if people is not None:
        cast = Humans.find(people)
        return "person", partial(render_body_clip, textures=textures, bodies=cast, held_out=True)
    if bodies is not None:
        models = Bodies.find(bodies)
        return "body", partial(render_body_clip, textures=textures, bodies=models, held_out=True)
    return family, partial(render_clip, textures=textures, family=family)
