"""A video that names no colour matrix is read as players read it: BT.709 from 720 lines or 1280
columns on, BT.601 below."""

from pathlib import Path

import av
import numpy as np
import pytest

from glom_video.read import read, read_piece

RED = (220, 30, 30)
WEIGHTS = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722)}


def untagged(path: Path, size: tuple[int, int], weights: tuple[float, float]) -> Path:
    """A red clip of (height, width) = size whose luma weighs red and blue as told."""
    red, green, blue = (value / 255 for value in RED)
    luma = weights[0] * red + (1 - sum(weights)) * green + weights[1] * blue
    chroma = [
        (value - luma) / (2 * (1 - weight))
        for value, weight in ((blue, weights[1]), (red, weights[0]))
    ]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, pix_fmt="yuv420p")
        stream.height, stream.width = size
        for index in range(6):
            planes = np.full((size[0] * 3 // 2, size[1]), round(16 + 219 * luma), np.uint8)
            quarter = size[0] * size[1] // 4
            planes.reshape(-1)[-2 * quarter : -quarter], planes.reshape(-1)[-quarter:] = (
                round(128 + 224 * value) for value in chroma
            )
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("size", "matrix"), [((720, 64), "BT.709"), ((64, 1280), "BT.709"), ((576, 720), "BT.601")]
)
def test_an_untagged_video_keeps_its_colours(
    size: tuple[int, int], matrix: str, tmp_path: Path
) -> None:
    path = untagged(tmp_path / "red.mp4", size, WEIGHTS[matrix])
    for frame in (next(read(path)), read_piece(path, 1, 2)[0]):
        assert np.abs(frame.image.mean((0, 1)) - RED).max() < 5
