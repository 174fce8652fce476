"""The moving picture of README: clips side by side, as ``glom-video annotate`` draws them.

    python docs/moving_picture.py vtest.avi head-pose-face-detection-female.mp4 -o docs/parse.webp

The street is OpenCV's sample (Apache-2.0), the person one of Intel's sample-videos (CC BY 4.0).
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

import glom_video as gv

RATE = 8
"""Pictures a second."""


def main() -> None:
    parser = argparse.ArgumentParser(description="An animated WebP of annotated clips.")
    parser.add_argument("clips", type=Path, nargs="+", metavar="CLIP")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.webp")
    parser.add_argument("--start", type=float, default=1.0, help="Seconds of each left out.")
    parser.add_argument("--seconds", type=float, default=3.0, help="Length of the loop.")
    parser.add_argument("--height", type=int, default=240, help="Of the pictures, in pixels.")
    parser.add_argument("--quality", type=int, default=70, help="Of the pictures, 0 to 100.")
    given = parser.parse_args()
    rows = [annotated(clip, given.start, given.seconds, given.height) for clip in given.clips]
    pictures = [Image.fromarray(np.hstack(at)) for at in zip(*rows, strict=True)]
    pictures[0].save(
        given.out,
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 / RATE),
        loop=0,
        quality=given.quality,
        method=6,
    )


def annotated(clip: Path, start: float, seconds: float, height: int) -> list[np.ndarray]:
    """Frames of the annotated video, ``RATE`` a second from ``start`` on, in this height; the last
    one again where the clip is shorter."""
    with TemporaryDirectory() as folder:
        command = ["annotate", clip, "-o", folder, "--end", start + seconds]
        program = "from glom_video_pipelines.cli import main; main()"
        subprocess.run([sys.executable, "-c", program, *map(str, command)], check=True)
        frames = list(gv.read(Path(folder) / f"{clip.stem}.mp4"))
    times = np.array([frame.pts_seconds for frame in frames])
    wanted = start + np.arange(round(RATE * seconds)) / RATE
    places = np.maximum(np.searchsorted(times, wanted, side="right") - 1, 0)
    return [_scaled(frames[place].image, height) for place in places]


def _scaled(image: np.ndarray, height: int) -> np.ndarray:
    width = round(image.shape[1] * height / image.shape[0])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


if __name__ == "__main__":
    main()
