"""``glom-video demo``: render a clip, annotate it, and open the page of results."""

import sys
import webbrowser
from pathlib import Path

import numpy as np

from glom_video.formats import Format, Outputs
from glom_video.structures import InvalidInput, LevelName
from glom_video_pipelines.annotate import AnnotateOptions, RunOptions, annotate_batch
from glom_video_pipelines.annotate.foreign import refuse_foreign
from glom_video_pipelines.annotate.index_page import NAME
from glom_video_pipelines.annotate.manifest import read_manifest
from glom_video_pipelines.annotate.results import print_results
from glom_video_pipelines.screen import has_display

CLIP, SEED = "demo", 7
HEIGHT, WIDTH = 180, 320
PICTURES = Path("clip", "JPEGImages", f"{HEIGHT}p", CLIP)
"""In the output folder: the source."""
FORMATS: tuple[Format, ...] = ("mp4", "sheet")


def run_demo(
    out: Path,
    *,
    browser: bool = True,
    weights: str | None = None,
    device: str = "auto",
    frames: int = 24,
) -> int:
    """Render a clip of so many ``frames`` into ``out/clip`` (with its true masks), annotate it into
    ``out`` and open ``out/index.html``, where there is a display and ``browser`` is asked for.

    Returns the exit code of ``annotate``. Raises InvalidInput as that does, and for files with the
    results' names that are not of an earlier demo.
    """
    _refuse_others(out)
    options = AnnotateOptions(formats=FORMATS, weights=weights, device=device)
    clip = str(rendered(out, frames))
    batch = annotate_batch([clip], out, options, RunOptions(overwrite=True))
    print_results(batch.lines, batch.seconds)
    page = (out / NAME).resolve()
    print(page)
    if browser and has_display() and not webbrowser.open(page.as_uri()):
        print(f"no browser can be opened: open {page} in one", file=sys.stderr)
    return batch.exit_code


def _refuse_others(out: Path) -> None:
    refuse_foreign(out, ())
    source = str(read_manifest(out).get(CLIP, {}).get("source", ""))
    if Path(source).parts[-len(PICTURES.parts) :] == PICTURES.parts:
        return  # an earlier demo's results are replaced
    for path in Outputs(out, CLIP, FORMATS).paths:
        if path.exists():
            raise InvalidInput(
                f"{path} is there already, and is not of an earlier demo",
                "Choose another folder with -o.",
            )


def rendered(out: Path, frames: int) -> Path:
    """The folder of the clip's pictures, in a DAVIS tree with its masks; drawn the first time."""
    pictures = out / PICTURES
    if not pictures.exists():
        from glom_video.formats import write_davis
        from glom_video.synth import Textures, render_clip

        clip = render_clip(
            SEED, frames=frames, height=HEIGHT, width=WIDTH, textures=Textures.load()
        )
        masks: dict[LevelName, np.ndarray] = {"part": clip.parts, "object": clip.objects}
        write_davis(out / PICTURES.parts[0], CLIP, clip.images, masks, clip.parent)
    return pictures
