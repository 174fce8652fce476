"""Renders clips of jointed moving objects with exact masks into a DAVIS tree."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from glom_video.structures import InvalidInput


def run_synth(out: Path, *, clips: int, frames: int, seed: int, height: int, width: int, photos: Sequence[Path], family: str) -> None:
    """``clips`` clips of ``frames`` frames, seeds ``seed`` and up, written to ``out`` as ``<family>-<seed>``.

    Pictures come from the folders ``photos`` and from scikit-image.
    Raises InvalidInput for an unknown family, a folder without pictures, or impossible sizes.
    """
    from glom_video.formats import write_davis
    from glom_video.synth import Textures, render_clip  # OpenCV is slow to import and only this command needs it here

    if clips < 1:
        raise InvalidInput(f"cannot render {clips} clips", "ask for at least one")
    textures = Textures.load(photos)
    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TextColumn("clips"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for number in progress.track(range(seed, seed + clips), description="rendering"):
            clip = render_clip(number, frames=frames, height=height, width=width, textures=textures, family=family)
            write_davis(out, f"{family}-{number:06d}", clip.images, {"part": clip.parts, "object": clip.objects}, clip.parent)
