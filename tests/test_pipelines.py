"""Each command but annotate end to end, and signals in the middle of both that run long. The model
is tiny and has learnt nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
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
from processes import started

from glom_video.perceive import ColumnOutput, Perceiver, PreparedFrame
from glom_video_pipelines import cli

# --- signals


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 90.0
) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    if not condition():
        process.kill()
        pytest.fail(f"nothing was written in time: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_playable_partial_and_exits_with_130(
    small_model: Options, tmp_path: Path, number: signal.Signals
) -> None:
    write_video(tmp_path / "long.mp4", np.concatenate([moving_square(100)] * 8))
    write_video(tmp_path / "next.mp4", moving_square(3))
    out = tmp_path / "out"
    process = started(
        "annotate",
        tmp_path / "long.mp4",
        tmp_path / "next.mp4",
        "-o",
        out,
        *small_model,
        "--format",
        "mp4",
        "--format",
        "davis",
    )
    masks = out / "Annotations" / "part" / "long.partial"
    wait_for(lambda: masks.exists() and len(list(masks.iterdir())) > 20, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    line = manifest(out)["long"]
    assert line["status"] == "partial"
    frames = len(decoded(out / "long.partial.mp4"))
    assert 20 <= frames < 800
    assert line["frames"] == frames
    assert not (out / "long.mp4").exists()
    assert not (out / "next.mp4").exists()
    assert "interrupted" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_stream_with_its_recording_whole(
    small_model: Options, tmp_path: Path, number: signal.Signals
) -> None:
    write_video(tmp_path / "long.mp4", np.concatenate([moving_square(100)] * 8))
    record = tmp_path / "live.mp4"
    process = started(
        "stream",
        tmp_path / "long.mp4",
        "--view",
        "none",
        "--record",
        record,
        *small_model,
        "--json",
    )
    partial = tmp_path / "live.partial.mp4"
    wait_for(lambda: partial.exists() and partial.stat().st_size > 3000, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert len(decoded(record)) == json.loads(out)["frames"] > 0
    assert not partial.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_a_library_made_another_error_of_is_one(
    glom_video: Cli, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """As torch does inside a recorded model: Ctrl-C in bench was an internal error."""

    def interrupted(arguments: list[str]) -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(60)
        except KeyboardInterrupt:
            raise RuntimeError("the interpreter failed") from None

    monkeypatch.setattr(cli, "app", interrupted)
    # Tests that run in the background of a shell would ignore it, as the command does then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ran = glom_video("bench")
    assert (ran.code, ran.err) == (130, "")


# --- stream


def test_stream_plays_a_file_to_its_end_and_records_true_times(
    glom_video: Cli, make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    record = tmp_path / "live.mp4"
    ran = glom_video(
        "stream",
        make_video("clip.mp4", frames=15),
        "--view",
        "none",
        "--record",
        record,
        "--policy",
        "every",
        *small_model,
        "--json",
    )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert (result["frames"], result["dropped_frames"]) == (15, 0)
    assert 0 < result["latency_p50_ms"] <= result["latency_p95_ms"]
    assert decoded(record) == pytest.approx([index / 25 for index in range(15)], abs=1e-3)


def test_stream_drops_frames_rather_than_fall_behind(
    glom_video: Cli,
    make_video: MakeVideo,
    small_model: Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(Perceiver):
        def update_columns(self, prepared: PreparedFrame) -> ColumnOutput:
            time.sleep(0.2)
            return super().update_columns(prepared)

    monkeypatch.setattr(import_module("glom_video.perceive"), "Perceiver", Slow)
    ran = glom_video(
        "stream",
        make_video("clip.mp4", frames=50),
        "--view",
        "none",
        *small_model,
        "--json",
    )
    result = json.loads(ran.out)
    assert result["dropped_frames"] > 10
    assert result["frames"] + result["dropped_frames"] <= 50
    assert result["latency_p95_ms"] < 2000


def test_stream_ends_with_one_line(
    glom_video: Cli, make_video: MakeVideo, small_model: Options
) -> None:
    ran = glom_video(
        "stream",
        make_video("clip.mp4", frames=5),
        "--view",
        "none",
        "--policy",
        "every",
        *small_model,
    )
    assert ran.code == 0, ran.err
    assert ran.out.startswith("5 frames, ")
    assert len(ran.out.splitlines()) == 1


def test_stream_errors(
    glom_video: Cli,
    make_video: MakeVideo,
    small_model: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    clip = make_video("clip.mp4", frames=2)
    no_window = glom_video("stream", clip, "--view", "window", *small_model)
    assert (no_window.code, is_one_error(no_window.err)) == (2, True)
    absent = glom_video("stream", tmp_path / "absent.mp4", "--view", "none", *small_model)
    assert (absent.code, is_one_error(absent.err)) == (2, True)
    (tmp_path / "mine.mp4").write_text("mine")
    existing = glom_video(
        "stream",
        clip,
        "--view",
        "none",
        "--record",
        tmp_path / "mine.mp4",
        *small_model,
    )
    assert (existing.code, is_one_error(existing.err)) == (2, True)
    assert (tmp_path / "mine.mp4").read_text() == "mine"


def test_a_window_ends_with_q(
    glom_video: Cli,
    make_video: MakeVideo,
    small_model: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cv2

    from glom_video_pipelines.stream.views import opening

    shown: list[tuple[int, ...]] = []
    monkeypatch.setattr(opening, "can_open_window", lambda: True)
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture.shape))
    monkeypatch.setattr(cv2, "waitKey", lambda wait: ord("q") if len(shown) == 3 else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 1.0)
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None)
    record = tmp_path / "live.mp4"
    ran = glom_video(
        "stream",
        make_video("clip.mp4", frames=100),
        "--view",
        "window",
        "--record",
        record,
        *small_model,
    )
    assert ran.code == 0, ran.err
    assert shown == [(96, 128, 3)] * 3
    # The window is drawn again while the next frame is awaited.
    assert 1 <= len(decoded(record)) <= 3


# --- synth, evaluate, train


def test_synth_and_evaluate_of_the_truth_itself(glom_video: Cli, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    ran = glom_video("synth", tree, "--clips", 1, "--frames", 4, "--size", "96x72", "--seed", 5)
    assert ran.code == 0, ran.err
    (name,) = [path.name for path in (tree / "JPEGImages" / "72p").iterdir()]
    assert len(list((tree / "Annotations" / "part" / name).iterdir())) == 4
    shutil.copytree(tree / "Annotations", tmp_path / "masks" / "Annotations")
    scored = glom_video(
        "evaluate", tmp_path / "masks", "--truth", tree, "--json", "-o", tmp_path / "report"
    )
    assert scored.code == 0, scored.err
    assert json.loads(scored.out) == json.loads((tmp_path / "report" / "metrics.json").read_text())


def test_evaluate_runs_the_model_on_a_video(
    glom_video: Cli, make_video: MakeVideo, small_model: Options
) -> None:
    ran = glom_video("evaluate", make_video("clip.mp4", frames=5), *small_model, "--json")
    assert ran.code == 0, ran.err
    json.loads(ran.out)


def test_train_writes_weights_that_annotate_takes(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(
        "seed = 1\nworkers = 1\n[model]\ndim = 16\nhidden = 32\nencoder_widths = [8, 8, 16, 16]\n"
        "[[phase]]\nsteps = 2\nheight = 72\nwidth = 96\nframes = 2\nbatch = 2\nfresh = 1\npool = "
        "4\nrendered_frames = 4\n"
    )
    ran = glom_video("train", config, "-o", tmp_path / "run")
    assert ran.code == 0, ran.err
    weights = Path(ran.out.strip())
    assert weights == tmp_path / "run" / "glom.safetensors"
    assert (
        glom_video(
            "annotate",
            make_video("clip.mp4", frames=2),
            "-o",
            tmp_path / "out",
            "--weights",
            weights,
        ).code
        == 0
    )
    again = glom_video("train", config, "-o", tmp_path / "run")
    assert (again.code, is_one_error(again.err)) == (2, True)
    assert glom_video("train", "--resume", tmp_path / "run").code == 0


def test_broken_options_of_synth_train_and_evaluate_are_usage_errors(
    glom_video: Cli, tmp_path: Path
) -> None:
    for arguments in (
        ("synth", tmp_path / "tree", "--size", "large"),
        ("synth", tmp_path / "tree", "--photos", tmp_path / "absent"),
        ("train", tmp_path / "absent.toml"),
        ("evaluate", tmp_path / "absent"),
    ):
        ran = glom_video(*arguments)
        assert ran.code == 2, ran
        assert "Traceback" not in ran.err
