"""``glom-video demo``: render a clip, annotate it, and open the page of results."""

import sys
import webbrowser
from pathlib import Path

import numpy as np

from glom_video.structures import LevelName
from glom_video_pipelines.annotate import AnnotateOptions, RunOptions, annotate_batch
from glom_video_pipelines.annotate.index_page import NAME
from glom_video_pipelines.annotate.results import print_results
from glom_video_pipelines.screen import has_display

CLIP, SEED = "demo", 7
HEIGHT, WIDTH = 180, 320


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

    Returns the exit code of ``annotate``. Raises InvalidInput as that does.
    """
    options = AnnotateOptions(formats=("mp4", "sheet"), weights=weights, device=device)
    clip = str(rendered(out / "clip", frames))
    batch = annotate_batch([clip], out, options, RunOptions(overwrite=True))
    print_results(batch.lines, batch.seconds)
    page = (out / NAME).resolve()
    print(page)
    if browser and has_display() and not webbrowser.open(page.as_uri()):
        print(f"no browser can be opened: open {page} in one", file=sys.stderr)
    return batch.exit_code


def rendered(root: Path, frames: int) -> Path:
    """The folder of the clip's pictures, in a DAVIS tree with its masks; drawn the first time."""
    pictures = root / "JPEGImages" / f"{HEIGHT}p" / CLIP
    if not pictures.exists():
        from glom_video.formats import write_davis
        from glom_video.synth import Textures, render_clip

        clip = render_clip(
            SEED, frames=frames, height=HEIGHT, width=WIDTH, textures=Textures.load()
        )
        masks: dict[LevelName, np.ndarray] = {"part": clip.parts, "object": clip.objects}
        write_davis(root, CLIP, clip.images, masks, clip.parent)
    return pictures
