"""What Rerun is told of a stream, read back by its own reader."""

from pathlib import Path

import numpy as np
import pytest
from conftest import SMALL, MakeVideo

from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.views.opening import available_view


def test_rerun_is_told_what_was_seen_and_when(tmp_path: Path, two_objects: Percept) -> None:
    rerun = pytest.importorskip("rerun", reason="rerun-sdk is not installed: an extra, and large")
    from rerun.chunk import RrdReader

    from glom_video_pipelines.stream.views.rerun_view import RerunView

    recording = rerun.RecordingStream("glom-video")
    recording.save(tmp_path / "stream.rrd")
    view = RerunView(recording)
    live = Live("0", Controls(), StreamRecorder("0", None, ()))
    view.publish(live, None)
    live.newest = LivePercept(two_objects, 0.0)
    view.publish(live, None)
    view.publish(live, None)
    recording.disconnect()
    told = {
        chunk.entity_path: chunk.to_record_batch()
        for chunk in RrdReader(tmp_path / "stream.rrd").stream()
    }
    assert {"/picture", "/picture/object", "/picture/part/boxes", "/count/part"} <= set(told)
    counts = {level: told[f"/count/{level}"] for level in ("part", "object")}
    assert {level: rows.num_rows for level, rows in counts.items()} == {"part": 1, "object": 1}
    assert counts["part"].column("Scalars:scalars").to_pylist() == [[4.0]]
    assert counts["object"].column("stream").cast("int64").to_pylist() == [0]
    boxes = told["/picture/object/boxes"]
    assert boxes.column("Boxes2D:labels").to_pylist() == [["3", "7"]]
    assert boxes.column("Boxes2D:class_ids").to_pylist() == [[3, 7]]
    assert boxes.column("Boxes2D:half_sizes").to_pylist() == [[[35.0, 40.0], [35.0, 40.0]]]
    ids = np.array(told["/picture/object"].column("SegmentationImage:buffer").to_pylist()[0][0])
    seen = ids.astype(np.uint8).view(np.uint16).reshape(120, 200)
    np.testing.assert_array_equal(seen, two_objects.ids("object"))


def test_a_file_is_shown_in_rerun_from_its_beginning_to_its_end(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a file in place of the viewer, of which the run is not told when it is closed."""
    rerun = pytest.importorskip("rerun", reason="rerun-sdk is not installed: an extra, and large")
    from rerun.chunk import RrdReader

    saved = tmp_path / "stream.rrd"
    monkeypatch.setattr("glom_video_pipelines.stream.views.opening.has_display", lambda: True)
    monkeypatch.setattr(rerun.RecordingStream, "spawn", lambda recording: recording.save(saved))
    options = StreamOptions(view="rerun", policy="every", weights=str(tiny_weights), settings=SMALL)
    assert run_stream(str(make_video("clip.mp4", frames=5)), options) == 0
    counted = [
        time
        for chunk in RrdReader(saved).stream()
        if chunk.entity_path == "/count/object"
        for time in chunk.to_record_batch().column("stream").cast("int64").to_pylist()
    ]
    assert len(set(counted)) == 5


def test_rerun_is_asked_for_where_it_can_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glom_video_pipelines.stream.views.opening.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match="rerun-sdk") as refused:
        available_view(StreamOptions(view="rerun"))
    assert "glom-video[rerun]" in refused.value.remedy
    monkeypatch.setattr("glom_video_pipelines.stream.views.opening.find_spec", lambda name: name)
    monkeypatch.setattr("glom_video_pipelines.stream.views.opening.has_display", lambda: False)
    with pytest.raises(InvalidInput, match="no display"):
        available_view(StreamOptions(view="rerun"))
    monkeypatch.setattr("glom_video_pipelines.stream.views.opening.has_display", lambda: True)
    assert available_view(StreamOptions(view="rerun")) == "rerun"
