"""Writing: the source's times, shape and sound survive, and whatever goes wrong leaves a playable
part under a partial name."""

import signal
import subprocess
import sys
import textwrap
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import boxes_of, click_seconds, duration_of, grey_of, index_of, noise, pts_of, write_clip

from glom_video.formats import Mp4Writer
from glom_video.read import describe, read
from glom_video.structures import Frame, InvalidInput


def writer(path: Path, height: int = 48, width: int = 64, **options: Any) -> Mp4Writer:
    return Mp4Writer(
        path,
        height,
        width,
        **{"time_base": Fraction(1, 1000), "frame_rate": Fraction(25), **options},
    )


def annotate(
    source: Path,
    path: Path,
    *,
    start: float | None = None,
    end: float | None = None,
    stride: int = 1,
) -> list[Frame]:
    """What the command does, without a model: the frames go through unchanged. Returns what was
    read."""
    info = describe(source)
    frames = list(read(source, start_seconds=start, end_seconds=end, stride=stride))
    shape = {
        "time_base": info.time_base,
        "frame_rate": info.frame_rate / stride,
        "sample_aspect_ratio": info.sample_aspect_ratio,
    }
    sound = {
        "sound_from": source if info.has_sound else None,
        "is_cut_at_start": start is not None,
        "is_cut_at_end": end is not None,
    }
    with writer(path, info.height, info.width, **shape, **sound) as out:
        for frame in frames:
            out.write(frame.image, frame.pts_seconds)
    return frames


def sound_packets_of(path: Path, track: int = 0) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(audio=track)
            if packet.size
        ]


# --- mp4: times, shape, sound


@pytest.mark.parametrize(
    ("pts", "time_base"),
    [
        pytest.param([i * 1001 for i in range(12)], Fraction(1, 30000), id="30000/1001"),
        pytest.param(
            [0, 20, 40, 61, 80, 900, 921, 2700], Fraction(1, 600), id="uneven, gap before the end"
        ),
        pytest.param([0, 3000, 3040, 3080], Fraction(1, 1000), id="gap at the start"),
        pytest.param(range(200, 212), Fraction(1, 25), id="starts at 8 s"),
        pytest.param([5], Fraction(1, 25), id="one frame"),
    ],
)
def test_same_frames_at_the_same_ticks(tmp_path: Path, pts: list[int], time_base: Fraction) -> None:
    source = write_clip(tmp_path / "clip.mp4", pts, time_base=time_base)
    frames = annotate(source, tmp_path / "out" / "clip.mp4")
    out = tmp_path / "out" / "clip.mp4"
    assert pts_of(out) == pts_of(source) == [p * time_base for p in pts]
    assert [index_of(frame.image) for frame in read(out)] == [frame.index for frame in frames]
    assert duration_of(out) == pytest.approx(
        float((pts[-1] - pts[0]) * time_base), abs=float(1 / describe(source).frame_rate) + 0.001
    )
    assert boxes_of(out).index("moov") < boxes_of(out).index("mdat")
    assert [path.name for path in out.parent.iterdir()] == ["clip.mp4"]


def test_stride_keeps_the_times_of_the_kept(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4", range(25))
    annotate(source, tmp_path / "out.mp4", stride=4)
    assert pts_of(tmp_path / "out.mp4") == [Fraction(i, 25) for i in range(0, 25, 4)]
    assert duration_of(tmp_path / "out.mp4") == pytest.approx(1.0, abs=0.17)


def test_shape_and_colours(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 120, 30)]
    with writer(tmp_path / "out.mp4", 49, 65, sample_aspect_ratio=Fraction(4, 3)) as out:
        for index, colour in enumerate(colours):
            picture = np.full((49, 65, 3), colour, np.uint8)
            picture[-9:] = 255
            out.write(picture, index / 25)
    info = describe(tmp_path / "out.mp4")
    assert (info.height, info.width, info.sample_aspect_ratio) == (50, 66, Fraction(4, 3))
    assert (info.codec, info.pixel_format) == ("h264", "yuv420p")
    for frame, colour in zip(read(tmp_path / "out.mp4"), colours, strict=True):
        assert np.abs(frame.image[10:30, 10:50].mean((0, 1)) - colour).max() < 4
        assert frame.image[-1].min() > 230  # the row that was added repeats the last one


def test_times_that_do_not_go_forward_or_lie_before_zero(tmp_path: Path) -> None:
    with writer(tmp_path / "out.mp4") as out:
        for index, seconds in enumerate([-0.2, -0.16, -0.16, -0.18, 0.0]):
            out.write(np.full((48, 64, 3), grey_of(index), np.uint8), seconds)
    assert pts_of(tmp_path / "out.mp4") == [Fraction(ticks, 1000) for ticks in (0, 40, 41, 42, 200)]


def test_sound_is_copied_packet_by_packet(tmp_path: Path) -> None:
    source = write_clip(
        tmp_path / "clip.mp4", range(25), sound=["aac", "libmp3lame"], sound_seconds=1.5
    )
    out = tmp_path / "out.mp4"
    annotate(source, out)
    for track in (0, 1):
        assert sound_packets_of(out, track) == sound_packets_of(source, track)
    assert duration_of(out) == pytest.approx(duration_of(source), abs=1 / 25)
    assert click_seconds(out) == pytest.approx(click_seconds(source), abs=0.001)


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_sound_from_other_containers(tmp_path: Path, suffix: str) -> None:
    source = write_clip(tmp_path / f"clip.{suffix}", range(25), sound=["aac"])
    out = tmp_path / "out.mp4"
    annotate(source, out)
    assert len(sound_packets_of(out)) == len(sound_packets_of(source))
    assert click_seconds(out) - float(pts_of(out)[0]) == pytest.approx(
        click_seconds(source) - float(pts_of(source)[0]), abs=0.002
    )


def test_sound_that_mp4_cannot_hold_becomes_aac(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mkv", range(25), sound=["pcm_s16le"])
    out = tmp_path / "out.mp4"
    annotate(source, out)
    with av.open(str(out)) as container:
        assert [track.codec_context.name for track in container.streams.audio] == ["aac"]
    assert click_seconds(out) == pytest.approx(0.5, abs=0.002)


@pytest.mark.parametrize("sound", ["aac", "pcm_s16le"])
def test_cut_begins_at_zero_with_its_own_sound(tmp_path: Path, sound: str) -> None:
    source = write_clip(
        tmp_path / "clip.mkv", range(50), sound=[sound], sound_seconds=2.0, click_at=1.1
    )
    out = tmp_path / "out.mp4"
    frames = annotate(source, out, start=0.8, end=1.4)
    assert [frame.index for frame in frames] == list(range(20, 35))
    assert pts_of(out) == [Fraction(i, 25) for i in range(15)]
    assert click_seconds(out) == pytest.approx(0.3, abs=0.003)
    assert duration_of(out) == pytest.approx(0.6, abs=0.05)


def test_pinned_threads_give_the_same_bytes(tmp_path: Path) -> None:
    pictures = noise(30, (120, 160))
    for name in ("a", "b", "c"):
        with writer(tmp_path / f"{name}.mp4", 120, 160, threads=1) as out:
            for index, picture in enumerate(pictures):
                out.write(picture, index / 25)
    assert len({(tmp_path / f"{name}.mp4").read_bytes() for name in "abc"}) == 1


def test_another_encoder_takes_over(tmp_path: Path) -> None:
    with writer(tmp_path / "out.mp4", encoders=("no-such-encoder", "libvpx-vp9")) as out:
        for index in range(5):
            out.write(np.full((48, 64, 3), grey_of(index), np.uint8), index / 25)
    assert out.encoder == "libvpx-vp9"
    assert [index_of(frame.image) for frame in read(tmp_path / "out.mp4")] == list(range(5))
    with pytest.raises(InvalidInput, match="none of the encoders"):
        writer(tmp_path / "none.mp4", encoders=("no-such-encoder",))


# --- mp4: what goes wrong


def test_exception_leaves_a_playable_partial(tmp_path: Path) -> None:
    def fail() -> None:
        with writer(tmp_path / "out.mp4") as out:
            for index in range(20):
                out.write(np.full((48, 64, 3), grey_of(index), np.uint8), index / 25)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["out.partial.mp4"]
    assert [index_of(frame.image) for frame in read(tmp_path / "out.partial.mp4")] == list(
        range(20)
    )
    with writer(tmp_path / "out.mp4") as out:  # the second run replaces it
        out.write(np.zeros((48, 64, 3), np.uint8), 0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


KILLED = """
    import sys, time
    from fractions import Fraction
    from pathlib import Path
    import numpy as np
    from glom_video.formats import Mp4Writer

    texture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    clock = {"time_base": Fraction(1, 1000), "frame_rate": Fraction(25)}
    with Mp4Writer(Path(sys.argv[1]), 48, 64, **clock, threads=1) as out:
        for index in range(10**6):
            out.write(np.roll(texture, index, axis=1), index / 25)
            if index == 80:
                print("go", flush=True)
            time.sleep(0.02 if index > 80 else 0)
"""


def test_sigkill_leaves_a_playable_partial(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "out.mp4")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"go\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == ["out.partial.mp4"]
    times = [frame.pts_seconds for frame in read(tmp_path / "out.partial.mp4")]
    assert len(times) > 30
    assert np.diff(times) == pytest.approx(1 / 25)


def test_full_disk_and_forbidden_folder_are_one_clear_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (tmp_path / "out.partial.mp4").symlink_to("/dev/full")
    with pytest.raises(
        InvalidInput, match=r"out\.mp4 cannot be written: No space left on device"
    ) as failed:
        writer(tmp_path / "out.mp4")
    assert "free space" in failed.value.remedy
    assert not (tmp_path / "out.mp4").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match=r"out\.mp4 cannot be written"):
        writer(tmp_path / "file" / "out.mp4")


def test_nothing_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no frame to write"), writer(tmp_path / "out.mp4"):
        pass
    with pytest.raises(KeyError), writer(tmp_path / "out.mp4"):
        raise KeyError
    with pytest.raises(ValueError, match="this file holds"), writer(tmp_path / "out.mp4") as out:
        out.write(np.zeros((50, 64, 3), np.uint8), 0.0)
    assert list(tmp_path.iterdir()) == []
