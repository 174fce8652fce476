"""Frame rates far from 25."""

from pathlib import Path

import av

from glom_video.read.inspection import inspect


def test_two_thousand_frames_a_second_are_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "fast.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=2000, pix_fmt="yuv420p", options={"bf": "0"})
        stream.height, stream.width = 48, 64
        for _ in range(40):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    assert inspect(tmp_path / "fast.mp4").info.frame_rate == 2000
