"""Frame rates far from 25: time lapses and high-speed cameras."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import write_clip

from glom_video.read.inspection import inspect


@pytest.mark.parametrize("seconds", [1, 10, 600])
def test_a_time_lapse_in_matroska_is_whole(tmp_path: Path, seconds: int) -> None:
    clip = tmp_path / "lapse.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1, seconds), pix_fmt="yuv420p")
        stream.height, stream.width = 48, 64
        for _ in range(12):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    found = inspect(clip)
    assert (found.decoded_frames, found.broken) == (12, "")


def test_a_time_lapse_that_is_cut_is_told_as_broken_off(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "lapse.mkv", range(0, 6000, 100), time_base=Fraction(1))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 7 // 10])
    assert "breaks off" in inspect(clip).broken


def test_two_thousand_frames_a_second_are_told(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "fast.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=2000, pix_fmt="yuv420p", options={"bf": "0"})
        stream.height, stream.width = 48, 64
        for _ in range(40):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    assert inspect(tmp_path / "fast.mp4").info.frame_rate == 2000
