"""Files that were joined byte by byte: each piece begins its clock anew."""

from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from conftest import Cli

from glom_video.read import read
from glom_video.read.clock import Clock


def write_piece(path: Path, frames: int, rate: int = 10) -> Path:
    with av.open(str(path), "w", format="mpegts") as container:
        picture = container.add_stream("libx264", rate=rate, pix_fmt="yuv420p", options={"bf": "0"})
        picture.height, picture.width = 48, 64
        sound = container.add_stream("aac", rate=48000, layout="mono")
        for index in range(frames):
            container.mux(
                picture.encode(
                    av.VideoFrame.from_ndarray(
                        np.full((48, 64, 3), 20 * index % 255, np.uint8), format="rgb24"
                    )
                )
            )
        for index in range(48 * frames * 1000 // rate // 1024):
            samples = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            samples.sample_rate, samples.pts = 48000, 1024 * index
            container.mux(sound.encode(samples))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return path


def joined(path: Path, frames: int, pieces: int) -> Path:
    piece = write_piece(path.with_name("piece.ts"), frames).read_bytes()
    path.write_bytes(piece * pieces)
    path.with_name("piece.ts").unlink()
    return path


@pytest.mark.parametrize(("frames", "pieces"), [(20, 2), (8, 3)])
def test_frames_of_joined_files_keep_their_pace(tmp_path: Path, frames: int, pieces: int) -> None:
    times = [frame.pts_seconds for frame in read(joined(tmp_path / "c.ts", frames, pieces))]
    assert len(times) == frames * pieces
    assert np.diff(times) == pytest.approx(0.1, abs=0.002)


def test_a_joined_file_is_annotated_with_its_sound_in_step(annotate: Cli, tmp_path: Path) -> None:
    clip = joined(tmp_path / "c.ts", 20, 2)
    assert annotate(clip, out=tmp_path / "out").code == 0
    with av.open(str(tmp_path / "out" / "c.mp4")) as made:
        (track,) = made.streams.audio
        ends = [
            float((packet.pts + packet.duration) * packet.time_base)
            for packet in made.demux(track)
            if packet.pts is not None
        ]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(4.0, abs=0.2)


def test_one_picture_out_of_place_sets_no_clock_back() -> None:
    container = SimpleNamespace(format=SimpleNamespace(name="mpegts"))
    second = SimpleNamespace(numerator=1, denominator=1000)
    rate = SimpleNamespace(numerator=10, denominator=1)
    clock = Clock(
        container, SimpleNamespace(time_base=second, average_rate=rate, guessed_rate=rate)
    )
    times = [clock(SimpleNamespace(pts=pts, dts=pts)) for pts in (1000, 1100, 1200, 0, 1400, 1500)]
    assert times == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
