"""Renders clips of jointed moving objects with exact masks into a DAVIS tree."""

import filecmp
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from glom_video.structures import InvalidInput, LevelName

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
    overwrite: bool = False,
) -> None:
    """Write ``clips`` clips of ``frames`` frames, with seeds from ``seed`` up, to ``out`` as
    ``<family>-<seed>``. The same call again writes the same.

    Args:
        photos: folders of pictures, used besides those of scikit-image; excludes photographs.
        family: of objects, "train" without; excludes the three below.
        bodies: 0 A.D.'s public.zip: render clips of held-out bodies instead, as ``body-<seed>``.
        people: the folder of MakeHuman's data: render clips of people in held-out clothes instead,
            as ``person-<seed>``; excludes the two others.
        photographs: a folder with masks: render clips of held-out photographs instead, as
            ``photograph-<seed>``; with both, clips of bare surfaces, half of them with objects, as
            ``surface-<seed>``.
        overwrite: replace clips of these names that are not the same.

    Raises:
        InvalidInput: an unknown family, a folder without pictures, impossible sizes, options that
            exclude each other, or another clip of one of these names, before any is written.
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
    there = {number: _files(out, _name(name, number)) for number in range(seed, seed + clips)}
    # Those that are there come first, so that one that differs is refused before any is written.
    numbers = sorted(there, key=lambda number: not there[number])
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for number in progress.track(numbers, description="rendering"):
            clip = draw(number, frames=frames, height=height, width=width)
            masks: dict[LevelName, np.ndarray] = {"part": clip.parts, "object": clip.objects}
            write = partial(
                write_davis,
                name=_name(name, number),
                images=clip.images,
                masks=masks,
                parents=clip.parent,
            )
            if there[number] and not overwrite:
                _refuse_another(out, _name(name, number), write)
            write(out)


def _name(family: str, seed: int) -> str:
    return f"{family}-{seed:06d}"


def _files(root: Path, name: str) -> list[Path]:
    """What writing a clip of this name would replace: its files in a tree."""
    folders = (f"JPEGImages/*p/{name}", f"Annotations/part/{name}", f"Annotations/object/{name}")
    in_folders = (path for folder in folders for path in root.glob(f"{folder}/*"))
    return [*sorted(in_folders), *root.glob(f"Parents/{name}.json")]


def _refuse_another(root: Path, name: str, write: Callable[[Path], None]) -> None:
    """Raises InvalidInput if ``write`` would remove or change a file of a clip that is there."""
    with TemporaryDirectory() as temporary:
        write(Path(temporary))
        for path in _files(root, name):
            new = Path(temporary) / path.relative_to(root)
            if not new.is_file() or not filecmp.cmp(path, new, shallow=False):
                raise InvalidInput(
                    f"{root} holds another clip {name}: {path.relative_to(root)} would be lost",
                    "Give --overwrite to replace it, another folder, or another --seed.",
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
