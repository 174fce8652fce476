"""The backends agree on every odd file: decord where it seeks, PyAV where it reads up to the place,
and the whole clip read in sequence."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import MakeVideo
from corpus import CORPUS, Odd

from glom_video.read import frame_count, read, read_piece

WHOLE = [odd for odd in CORPUS if odd.status == "done"]


@pytest.mark.parametrize("odd", WHOLE, ids=lambda odd: odd.name)
def test_backends_give_the_same_frames(
    odd: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / odd.name
    odd.make(path)
    frames = list(read(path))
    assert frame_count(path) == len(frames) == odd.frames
    first = max(0, len(frames) - 3)
    for backend in ("decord where it can", "PyAV alone"):
        if backend == "PyAV alone":
            monkeypatch.setitem(sys.modules, "decord", None)
        for mine, theirs in zip(
            read_piece(path, first, len(frames) - first), frames[first:], strict=True
        ):
            assert (mine.index, mine.image.shape) == (theirs.index, theirs.image.shape), backend
            assert mine.pts_seconds == pytest.approx(theirs.pts_seconds, abs=1e-3), backend
            assert np.abs(mine.image.astype(int) - theirs.image).mean() < 2, backend


def _codes(path: Path, pixel_format: str, value: int, **context: object) -> np.ndarray:
    """What is read of frames whose luma is ``value`` and whose chroma is neutral."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.height, stream.width, stream.pix_fmt = 64, 64, pixel_format
        for name, said in context.items():
            setattr(stream.codec_context, name, said)
        frame = av.VideoFrame(64, 64, pixel_format)
        neutral = 128 << (2 if "10" in pixel_format else 0)
        for index, plane in enumerate(frame.planes):
            kind = np.uint16 if "10" in pixel_format else np.uint8
            plane.update(
                np.full(
                    plane.buffer_size // np.dtype(kind).itemsize, neutral if index else value, kind
                ).tobytes()
            )
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (read_back,) = read(path)
    return read_back.image.mean((0, 1))


@pytest.mark.parametrize(
    ("pixel_format", "value", "context", "grey"),
    [
        ("yuv420p", 16, {}, 0),
        ("yuv420p", 235, {}, 255),
        ("yuv420p", 126, {}, 128),
        ("yuvj420p", 0, {"color_range": 2}, 0),
        ("yuvj420p", 128, {"color_range": 2}, 128),
        ("yuv444p", 126, {}, 128),
        ("yuv420p10le", 64, {}, 0),
        ("yuv420p10le", 940, {}, 255),
    ],
)
def test_limited_and_full_range_come_out_as_the_same_greys(
    tmp_path: Path, pixel_format: str, value: int, context: dict[str, object], grey: int
) -> None:
    assert np.abs(_codes(tmp_path / "clip.mp4", pixel_format, value, **context) - grey).max() <= 2


def test_a_list_names_sources(tmp_path: Path, make_video: MakeVideo) -> None:
    from glom_video.read import expand
    from glom_video.structures import InvalidInput

    inner = make_video("a.mp4", folder=tmp_path / "clips")
    other = make_video("b.mp4", folder=tmp_path / "more")
    listed = tmp_path / "list.txt"
    listed.write_text(
        f"\ufeff# the night's work\n\nclips/*.mp4\n{other}\nhttps://host/c.mp4\n", encoding="utf-8"
    )
    assert expand([listed]) == [inner, other, "https://host/c.mp4"]
    listed.write_text("# nothing\n")
    with pytest.raises(InvalidInput, match="names no source"):
        expand([listed])


def test_http_gives_the_frames_of_the_file(tmp_path: Path, make_video: MakeVideo) -> None:
    import functools
    import http.server
    import threading

    from glom_video.structures import InvalidInput

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            return

    path = make_video("clip.mkv", frames=9)
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        over_http = list(read(f"{address}/clip.mkv"))
        with pytest.raises(InvalidInput, match=r"absent\.mp4 cannot be opened"):
            next(read(f"{address}/absent.mp4"))
        server.shutdown()
    for mine, theirs in zip(over_http, read(path), strict=True):
        assert (mine.index, mine.pts_seconds) == (theirs.index, theirs.pts_seconds)
        assert np.array_equal(mine.image, theirs.image)
