"""Of several sound tracks the one that the source means is the one that plays; channels and title
are kept."""

from pathlib import Path

import av
import numpy as np
from conftest import Cli


def write_two_tracks(path: Path) -> Path:
    """Two tracks of six channels in a codec that an mp4 does not take, the second one meant."""
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "A street"
        picture = container.add_stream("libx264", rate=10, pix_fmt="yuv420p")
        picture.height, picture.width = 48, 64
        tracks = []
        for language in ("deu", "fra"):
            track = container.add_stream("pcm_s16le", rate=48000, layout="5.1")
            track.metadata["language"] = language
            track.disposition = (
                av.stream.Disposition.default if language == "fra" else av.stream.Disposition(0)
            )
            tracks.append(track)
        for _ in range(6):
            container.mux(
                picture.encode(
                    av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
                )
            )
        container.mux(picture.encode(None))
        for track in tracks:
            samples = av.AudioFrame.from_ndarray(
                np.zeros((1, 6 * 24000), np.int16), format="s16", layout="5.1"
            )
            samples.sample_rate, samples.pts = 48000, 0
            container.mux(track.encode(samples))
            container.mux(track.encode(None))
    return path


def test_the_default_track_its_channels_and_the_title_are_kept(
    annotate: Cli, tmp_path: Path
) -> None:
    clip = write_two_tracks(tmp_path / "m.mkv")
    assert annotate(clip, out=tmp_path / "out").code == 0
    with av.open(str(tmp_path / "out" / "m.mp4")) as made:
        assert made.metadata["title"] == "A street"
        tracks = {track.metadata["language"]: track for track in made.streams.audio}
        assert {
            language: bool(track.disposition & av.stream.Disposition.default)
            for language, track in tracks.items()
        } == {
            "deu": False,
            "fra": True,
        }
        assert {track.codec_context.channels for track in tracks.values()} == {6}
