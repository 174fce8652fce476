"""The moving picture of README: a clip beside its parse, as ``glom-video annotate`` draws it.

python docs/moving_picture.py sample_clips/JPEGImages/180p/train-000031 -o docs/parse.webp
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import glom_video as gv


def main() -> None:
    parser = argparse.ArgumentParser(description="An animated WebP of a clip beside its parse.")
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.webp")
    parser.add_argument("--seconds", type=float, default=2.4, help="Length of the loop.")
    parser.add_argument("--quality", type=int, default=75, help="Of the pictures, 0 to 100.")
    given = parser.parse_args()
    pictures = annotated(given.clip)
    pictures[0].save(
        given.out,
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 * given.seconds / len(pictures)),
        loop=0,
        quality=given.quality,
        method=6,
    )


def annotated(clip: Path) -> list[Image.Image]:
    """The frames of ``annotate --layout side-by-side``, read back from its video."""
    with TemporaryDirectory() as folder:
        command = ["annotate", clip, "-o", folder, "--layout", "side-by-side"]
        program = "from glom_video_pipelines.cli import main; main()"
        subprocess.run([sys.executable, "-c", program, *map(str, command)], check=True)
        video = Path(folder) / f"{clip.name}.mp4"
        return [Image.fromarray(frame.image) for frame in gv.read(video)]


if __name__ == "__main__":
    main()
