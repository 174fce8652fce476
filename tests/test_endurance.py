"""A night's work in short: odd files, broken files, kills, full disks, long clips. docs/batch.md
has the environment variables that make it long."""

import os
import shutil
import signal
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from conftest import (
    Cli,
    MakeVideo,
    Options,
    decoded,
    is_one_error,
    manifest,
    moving_square,
    write_video,
)
from corpus import CORPUS, mutants, write_corpus
from processes import started

from glom_video.evaluate import ClipScorer, visible_step
from glom_video.structures import Motion
from glom_video_pipelines.annotate.jobs import plan
from glom_video_pipelines.annotate.manifest import read_manifest
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.reports import Report, Snapshot
from glom_video_pipelines.annotate.worker import MakeAnnotateWork

MUTANTS = int(os.environ.get("GLOM_VIDEO_MUTANTS", "40"))
FILES, KILLS = (
    int(os.environ.get("GLOM_VIDEO_FILES", "3")),
    int(os.environ.get("GLOM_VIDEO_KILLS", "1")),
)
FRAMES = int(os.environ.get("GLOM_VIDEO_FRAMES", "0"))


def test_every_odd_file_has_its_status_and_its_frames(annotate: Cli, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    ran = annotate(tmp_path / "corpus", out=tmp_path / "out")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    found = {Path(line["source"]).name: line for line in manifest(tmp_path / "out").values()}
    assert set(found) == {odd.name for odd in CORPUS}
    for odd in CORPUS:
        line = found[odd.name]
        frames = odd.frames if isinstance(odd.frames, range) else range(odd.frames, odd.frames + 1)
        assert (line["status"], odd.reason in line["reason"]) == (odd.status, True), line
        assert line["frames"] in frames, line
        if odd.status != "failed":
            assert len(decoded(Path(line["outputs"][0]))) == line["frames"]
    assert found["h264_10_bit_hdr.mp4"]["notes"] == [
        "HDR, read without tone mapping: it looks flat and pale"
    ]


@pytest.mark.timeout(3000)
def test_mutants_never_take_the_run_down(annotate: Cli, tmp_path: Path) -> None:
    names = {path.stem for path in mutants(tmp_path / "mutants", MUTANTS)}
    ran = annotate(tmp_path / "mutants", out=tmp_path / "out", formats=("mp4", "csv"))
    assert ran.code in (0, 1), ran.err
    lines = manifest(tmp_path / "out")
    assert set(lines) == names
    assert {line["status"] for line in lines.values()} <= {"done", "partial", "failed"}
    assert not [line for line in lines.values() if "internal error" in line["reason"]]
    assert max(line["seconds"] for line in lines.values()) < 70, "a hang is ended after 60 s"
    for line in lines.values():
        if line["status"] == "done":
            assert len(decoded(tmp_path / "out" / f"{line['name']}.mp4")) == line["frames"]


def _contents(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != "manifest.jsonl"
    }


@pytest.mark.timeout(3000)
def test_kills_cost_nothing_but_time(
    annotate: Cli, make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    """Of runs in processes of their own, in the middle of their work."""
    for index in range(FILES):
        make_video(
            f"clip{index:02d}.mp4",
            frames=40 + 3 * index,
            folder=tmp_path / "clips",
            with_sound=index % 2 == 0,
        )
    formats = ("mp4", "davis", "ytvis", "parquet")
    named = [word for name in formats for word in ("--format", name)]
    run = partial(annotate, tmp_path / "clips", "--threads", 1, formats=formats)
    begun = time.monotonic()
    assert run(out=tmp_path / "whole").code == 0
    lasts = time.monotonic() - begun
    random = np.random.default_rng(0)
    killed = (tmp_path / "clips", "-o", tmp_path / "killed", "--threads", 1)
    for _ in range(KILLS):
        batch = started("annotate", *killed, *small_model, *named)
        while batch.poll() is None and not list((tmp_path / "killed").glob("*.partial*")):
            time.sleep(0.02)
        try:
            batch.communicate(timeout=float(random.uniform(0, 0.9)) * lasts)
        except subprocess.TimeoutExpired:
            batch.send_signal(signal.SIGKILL)
            batch.communicate()
        assert not [
            path
            for path in (tmp_path / "killed").glob("*.mp4")
            if ".partial" not in path.name and not decoded(path)
        ]
    last = run(out=tmp_path / "killed")
    assert last.code == 0, last.err
    assert {line["status"] for line in manifest(tmp_path / "killed").values()} <= {
        "done",
        "skipped",
    }
    assert _contents(tmp_path / "killed") == _contents(tmp_path / "whole")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if not mounted or mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_one_clear_line_and_spoils_nothing(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path, small_disk: Path
) -> None:
    first = make_video("a.mp4", frames=3)
    assert annotate(first, out=small_disk).code == 0
    before = (small_disk / "a.mp4").read_bytes()
    texture = np.random.default_rng(0).integers(0, 256, (60, 240, 320, 3), np.uint8)
    write_video(tmp_path / "b.mp4", texture)
    ran = annotate(first, tmp_path / "b.mp4", out=small_disk)
    assert ran.code in (1, 2)
    assert "No space left on device" in ran.err
    assert "Traceback" not in ran.err
    assert (small_disk / "a.mp4").read_bytes() == before
    assert not (small_disk / "b.mp4").exists()
    assert read_manifest(small_disk)["a"]["status"] in ("done", "skipped")
    subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
    again = annotate(first, tmp_path / "b.mp4", out=small_disk)
    assert again.code == 0, again.err
    assert len(decoded(small_disk / "b.mp4")) == 60


def test_a_read_only_folder_is_one_clear_line(
    annotate: Cli, make_video: MakeVideo, small_disk: Path
) -> None:
    clip = make_video("a.mp4", frames=3)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    ran = annotate(clip, out=small_disk / "out")
    assert (ran.code, is_one_error(ran.err)) == (2, True), ran.err
    assert "cannot be written: Read-only file system" in ran.err


@pytest.mark.timeout(3000)
def test_metrics_do_not_grow_with_a_clip() -> None:
    """Without truth, ids that last: what is held after 300 frames is all that is held in the
    end."""
    still = np.zeros((30, 54, 2), np.float32)
    step = visible_step(Motion(still, still, np.ones((30, 54), np.float32), np.eye(3)), 30, 54)
    parts = np.kron(np.arange(9).reshape(3, 3), np.ones((10, 13), np.int32)).astype(np.int32)
    parts = np.pad(parts, ((0, 0), (0, 15)))
    embeddings = np.eye(8, 64, dtype=np.float32)
    scorer, held = ClipScorer("method", "clip"), []
    tracemalloc.start()
    frames = max(FRAMES, 501)
    for t in range(frames):
        labels = np.roll(parts, t % 7, 1)
        scorer.add(
            {"part": labels, "object": (labels + 1) // 2},
            {},
            step if t else None,
            seconds=t / 25,
            vectors={"part": (np.arange(1, 9), embeddings)},
        )
        if t >= 300 and t % 50 == 0:
            held.append(tracemalloc.get_traced_memory()[0] / 1e6)
    tracemalloc.stop()
    print(f"{held[0]:.2f} MB held after 300 frames, {max(held):.2f} MB at most in {frames}")
    assert max(held) < held[0] + 0.05


@pytest.mark.skipif(FRAMES < 1000, reason="long: GLOM_VIDEO_FRAMES=10000 asks for it")
@pytest.mark.timeout(6000)
def test_memory_does_not_grow_with_a_clip(tiny_weights: Path, tmp_path: Path) -> None:
    """Of a worker's work: the slope after the first 500 frames."""
    with av.open(str(tmp_path / "long.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        pictures = moving_square(80)
        for index in range(FRAMES):
            container.mux(
                stream.encode(av.VideoFrame.from_ndarray(pictures[index % 80], format="rgb24"))
            )
        container.mux(stream.encode(None))
    options = AnnotateOptions(
        weights=str(tiny_weights), formats=("mp4", "ytvis", "parquet"), threads=1
    )
    (job,) = plan([str(tmp_path / "long.mp4")], tmp_path / "out", options, overwrite=False)
    seen: list[tuple[int, float]] = []

    def tell(report: Report) -> None:
        if isinstance(report, Snapshot):
            seen.append((report.frames, psutil.Process().memory_info().rss / 1e6))

    line = MakeAnnotateWork(options)()(job, tell, threading.Event())
    assert (line["status"], line["frames"]) == ("done", FRAMES)
    late = np.array([each for each in seen if each[0] > 500])
    slope = 1000 * np.polyfit(late[:, 0], late[:, 1], 1)[0]
    quarters = [round(float(quarter[:, 1].mean())) for quarter in np.array_split(late, 4)]
    print(
        f"{slope:.2f} MB per 1,000 frames over {FRAMES} frames; by quarter {quarters} MB, "
        f"{late[:, 1].max():.0f} MB at most"
    )
    assert slope < 1.0
