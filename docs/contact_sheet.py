"""A contact sheet: clips as rows, evenly spaced frames as columns, both levels drawn as
``annotate`` draws them.

Six of the first 60 frames of each clip:

    python docs/contact_sheet.py CLIP... -o SHEET.jpg

The pictures of docs/batch.md:

    python docs/contact_sheet.py vtest.avi --at 20 --at 40 --at 60 --width 480 -o docs/vtest.jpg
    python docs/contact_sheet.py sample_clips/JPEGImages/180p/* --at 0 --at 4 --at 8 --at 12 --at 16
    --at 20 --width 240 -o docs/samples.jpg
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

import glom_video as gv


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Clips as rows, frames as columns, annotated at both levels."
    )
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="SHEET.jpg")
    parser.add_argument("--weights", default=None, help="Default: those of the package.")
    parser.add_argument("--frames", type=int, default=60, help="Frames of each clip that are seen.")
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument(
        "--at",
        type=int,
        action="append",
        help="A frame to show, by its index; repeatable. Default: evenly spaced ones.",
    )
    parser.add_argument("--width", type=int, default=320, help="Of one picture, in pixels.")
    given = parser.parse_args()
    glom = gv.Glom.from_pretrained(given.weights)
    rows = []
    for clip in given.clips:
        print(clip.name, file=sys.stderr)
        rows.append(row(clip, glom, given.at, given.frames, given.columns, given.width))
    cells = max(len(pictures) for pictures in rows)
    sheet = np.vstack(
        [
            np.hstack([*pictures, *[np.zeros_like(pictures[0])] * (cells - len(pictures))])
            for pictures in rows
        ]
    )
    cv2.imwrite(str(given.out), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def row(
    clip: Path, glom: gv.Glom, at: Sequence[int] | None, frames: int, columns: int, width: int
) -> list[UInt8[np.ndarray, "H W 3"]]:
    """Pictures of one clip, of one size."""
    percepts = islice(gv.perceive(gv.read(clip), glom), max(at) + 1 if at else frames)
    drawn = [_small(gv.render(percept), width) for percept in percepts]
    return [
        drawn[place]
        for place in at or np.linspace(0, len(drawn) - 1, columns).round().astype(int)
        if place < len(drawn)
    ]


def _small(picture: UInt8[np.ndarray, "H W 3"], width: int) -> UInt8[np.ndarray, "H2 W2 3"]:
    height = round(width * picture.shape[0] / picture.shape[1])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]  # its stubs know no dtype


if __name__ == "__main__":
    main()
