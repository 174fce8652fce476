"""Each command end to end, with a tiny model that has learnt nothing and clips of a few frames."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import Ran, moving_square, write_video
from PIL import Image

from pipelines.annotate import scaled_size

Cli = Callable[..., Ran]
MakeVideo = Callable[..., Path]


def decoded(path: Path) -> list[float]:
    """Presentation times of all frames, after decoding each."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def sound_seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return (
            sum(float(packet.duration * packet.time_base) for packet in container.demux(audio=0) if packet.duration)
            if container.streams.audio
            else 0.0
        )


def picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def manifest(out: Path) -> dict[str, dict[str, object]]:
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert len({line["name"] for line in lines}) == len(lines), "one line per source"
    return {line["name"]: line for line in lines}


def is_one_error(text: str) -> bool:
    lines = text.strip().splitlines()
    return len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("fix: ") and "Traceback" not in text


# --- annotate


def test_annotate_keeps_frames_times_and_sound(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    clip = make_video("clip.mp4", frames=12, with_sound=True)
    ran = glom_video("annotate", clip, "-o", tmp_path / "out", "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [str(tmp_path / "out" / "clip.mp4")]
    assert decoded(tmp_path / "out" / "clip.mp4") == pytest.approx(decoded(clip), abs=1e-4)
    assert sound_seconds(tmp_path / "out" / "clip.mp4") == pytest.approx(sound_seconds(clip), abs=0.07)
    assert manifest(tmp_path / "out")["clip"]["status"] == "done"
    assert "12 frames" in ran.err
    silent = glom_video("annotate", clip, "-o", tmp_path / "silent", "--weights", tiny_weights, "--no-audio")
    assert silent.code == 0
    assert sound_seconds(tmp_path / "silent" / "clip.mp4") == 0


def test_annotate_writes_a_davis_tree_in_the_sources_size(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    clip, out = make_video("clip.mp4", frames=6), tmp_path / "out"
    ran = glom_video("annotate", clip, "-o", out, "--weights", tiny_weights, "--format", "davis", "--format", "mp4", "--size", "64")
    assert ran.code == 0, ran.err
    for level in ("part", "object"):
        masks = sorted((out / "Annotations" / level / "clip").iterdir())
        assert [mask.name for mask in masks] == [f"{index:05d}.png" for index in range(6)]
        assert all(picture_size(mask) == (128, 96) for mask in masks)
    with av.open(str(out / "clip.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (64, 48)


def test_annotate_takes_image_folders_and_names_masks_after_images(glom_video: Cli, tiny_weights: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "walk", tmp_path / "out"
    folder.mkdir()
    for number, image in zip((2, 10, 1), moving_square(3), strict=True):
        Image.fromarray(image).save(folder / f"shot{number}.png")
    ran = glom_video("annotate", folder, "-o", out, "--weights", tiny_weights, "--format", "davis", "--level", "object")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in (out / "Annotations" / "object" / "walk").iterdir()) == ["shot1.png", "shot10.png", "shot2.png"]
    assert not (out / "Annotations" / "part").exists()
    assert not (out / "walk.mp4").exists()


def test_start_end_and_stride_keep_the_frames_own_times(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    clip, out = make_video("clip.mp4", frames=20), tmp_path / "out"
    ran = glom_video("annotate", clip, "-o", out, "--weights", tiny_weights, "--stride", 3, "--end", "0:00.6", "--format", "davis", "--format", "mp4")
    assert ran.code == 0, ran.err
    assert decoded(out / "clip.mp4") == pytest.approx([index / 25 for index in (0, 3, 6, 9, 12)], abs=1e-4)
    assert len(list((out / "Annotations" / "part" / "clip").iterdir())) == 5


@pytest.mark.parametrize(("layout", "size"), [("side-by-side", (256, 96)), ("levels", (256, 192)), ("mask", (128, 96))])
def test_layouts(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, layout: str, size: tuple[int, int]) -> None:
    ran = glom_video("annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", "--weights", tiny_weights, "--layout", layout)
    assert ran.code == 0, ran.err
    with av.open(str(tmp_path / "out" / "clip.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_broken_files_give_one_line_each_and_do_not_disturb_the_others(
    glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path
) -> None:
    good, other, out = make_video("good.mp4", frames=4), make_video("other.mp4", frames=3), tmp_path / "out"
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video")
    ran = glom_video(
        "annotate", tmp_path / "empty.mp4", good, tmp_path / "text.mp4", tmp_path / "absent.mp4", other, "-o", out, "--weights", tiny_weights
    )
    assert ran.code == 1
    lines = ran.err.splitlines()
    for name in ("empty.mp4", "text.mp4", "absent.mp4"):
        (place,) = [number for number, line in enumerate(lines) if name in line]
        assert lines[place].startswith("error: ")
        assert lines[place + 1].startswith("fix: ")
    assert "Traceback" not in ran.err
    assert {name: line["status"] for name, line in manifest(out).items()} == {
        "empty": "failed",
        "good": "done",
        "text": "failed",
        "absent": "failed",
        "other": "done",
    }
    assert [len(decoded(out / name)) for name in ("good.mp4", "other.mp4")] == [4, 3]


def test_a_file_that_breaks_off_is_partial(glom_video: Cli, tiny_weights: Path, tmp_path: Path) -> None:
    import io

    stored = io.BytesIO()
    with av.open(stored, "w", format="matroska") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "5"})
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        for image in moving_square(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    clip = tmp_path / "clip.mkv"
    clip.write_bytes(stored.getvalue()[: len(stored.getvalue()) // 2])
    ran = glom_video("annotate", clip, "-o", tmp_path / "out", "--weights", tiny_weights)
    assert ran.code == 1
    line = manifest(tmp_path / "out")["clip"]
    assert line["status"] == "partial"
    assert line["outputs"] == [str(tmp_path / "out" / "clip.partial.mp4")]
    assert len(decoded(tmp_path / "out" / "clip.partial.mp4")) == line["frames"]
    assert is_one_error(ran.err)


def test_sources_of_one_name_are_numbered_in_the_order_given(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    sources = [
        make_video(name, frames=frames, folder=tmp_path / folder)
        for folder, name, frames in (("a", "x.mp4", 2), ("b", "x.mkv", 3), ("c", "x_2.mp4", 4))
    ]
    ran = glom_video("annotate", *sources, "-o", tmp_path / "out", "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    assert [len(decoded(tmp_path / "out" / name)) for name in ("x.mp4", "x_2.mp4", "x_2_2.mp4")] == [2, 3, 4]


def test_same_work_is_skipped_other_work_refused_unless_overwritten(
    glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=3), tmp_path / "out"
    command = ("annotate", clip, "-o", out, "--weights", tiny_weights)
    assert glom_video(*command).code == 0
    made = (out / "clip.mp4").stat().st_mtime_ns
    again = glom_video(*command)
    assert (again.code, again.out.strip()) == (0, str(out / "clip.mp4"))
    assert "skipped clip" in again.err
    assert manifest(out)["clip"]["status"] == "skipped"
    other = glom_video(*command, "--layout", "mask")
    assert other.code == 2
    assert is_one_error(other.err)
    assert "--overwrite" in other.err
    assert (out / "clip.mp4").stat().st_mtime_ns == made
    replaced = glom_video(*command, "--layout", "mask", "--overwrite")
    assert replaced.code == 0
    assert (out / "clip.mp4").stat().st_mtime_ns > made
    assert manifest(out)["clip"]["status"] == "done"


def test_a_second_run_does_what_the_first_left_undone(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    good, late, out = make_video("good.mp4", frames=3), tmp_path / "late.mp4", tmp_path / "out"
    late.touch()
    command = ("annotate", good, late, "-o", out, "--weights", tiny_weights)
    assert glom_video(*command).code == 1
    (out / "manifest.jsonl").write_text((out / "manifest.jsonl").read_text() + '{"name": "cut sho')  # as a killed run leaves it
    write_video(late, moving_square(4))
    assert glom_video(*command).code == 0
    assert {name: line["status"] for name, line in manifest(out).items()} == {"good": "skipped", "late": "done"}
    assert glom_video("annotate", make_video("new.mp4", frames=2), "-o", out, "--weights", tiny_weights).code == 0
    assert set(manifest(out)) == {"good", "late", "new"}


def test_outputs_that_exist_are_refused_before_the_weights_are_looked_at(glom_video: Cli, make_video: MakeVideo, tmp_path: Path) -> None:
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    out.mkdir()
    (out / "clip.mp4").write_text("something of the user's")
    ran = glom_video("annotate", clip, "-o", out, "--weights", tmp_path / "absent.safetensors")
    assert ran.code == 2
    assert "exists already" in ran.err
    assert (out / "clip.mp4").read_text() == "something of the user's"


def test_a_source_is_never_replaced_by_its_own_annotation(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    clip = make_video("clip.mp4", frames=2)
    ran = glom_video("annotate", clip, "-o", tmp_path, "--weights", tiny_weights, "--overwrite")
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert len(decoded(clip)) == 2


def test_dry_run_says_what_would_be_done_and_writes_nothing(glom_video: Cli, make_video: MakeVideo, tmp_path: Path) -> None:
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    ran = glom_video("annotate", clip, "-o", out, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    (line,) = json.loads(ran.out)["sources"]
    assert (line["action"], line["outputs"]) == ("annotate", [str(out / "clip.mp4")])
    assert "128x96" in glom_video("annotate", clip, "-o", out, "--dry-run").out
    assert not out.exists()


def test_json_is_one_object_with_times_by_stage(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    ran = glom_video("annotate", make_video("clip.mp4", frames=4), "-o", tmp_path / "out", "--weights", tiny_weights, "--json")
    result = json.loads(ran.out)
    assert (result["exit_code"], result["frames"], len(result["sources"])) == (0, 4, 1)
    assert {"decode", "motion", "glom", "islands", "track", "draw", "encode"} <= set(result["stage_ms"])
    assert sum(result["stage_ms"].values()) <= 1000 * result["seconds"] / 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("--weights", "absent.safetensors"),
        ("--device", "cuda:7"),
        ("--size", "wide"),
        ("--start", "soon"),
        ("--layout", "cubist"),
        ("--format", "gif"),
        ("--stride", "0"),
        ("--level", "scene"),
    ],
)
def test_wrong_options_are_usage_errors(
    glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, arguments: tuple[str, str]
) -> None:
    weights = () if "--weights" in arguments else ("--weights", tiny_weights)
    ran = glom_video("annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", *weights, *arguments)
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err
    assert not list((tmp_path / "out").glob("*.mp4"))


def test_debug_shows_the_trace(glom_video: Cli, make_video: MakeVideo, tmp_path: Path) -> None:
    ran = glom_video("annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", "--weights", tmp_path / "absent", "--debug")
    assert ran.code == 2
    assert "Traceback" in ran.err
    assert "error: " in ran.err


def test_a_bug_in_one_file_does_not_stop_the_others(
    glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipelines.annotate as annotate

    def failing(percept, **options):  # type: ignore[no-untyped-def]
        if percept.frame.image.shape[1] == 64:
            raise ZeroDivisionError("a bug")
        return percept.frame.image

    monkeypatch.setattr(annotate, "render", failing)
    write_video(tmp_path / "bad.mp4", moving_square(3, 48, 64))
    ran = glom_video("annotate", tmp_path / "bad.mp4", make_video("good.mp4", frames=3), "-o", tmp_path / "out", "--weights", tiny_weights)
    assert ran.code == 1
    assert "ZeroDivisionError" in ran.err
    assert {name: line["status"] for name, line in manifest(tmp_path / "out").items()} == {"bad": "partial", "good": "done"}


@pytest.mark.parametrize(
    ("size", "frame", "expected"), [(None, (97, 33), (97, 33)), ("640", (1080, 1920), (360, 640)), ("64x64", (480, 640), (48, 64))]
)
def test_size_keeps_the_aspect_and_never_enlarges(size: str | None, frame: tuple[int, int], expected: tuple[int, int]) -> None:
    assert scaled_size(size, *frame) == expected
    assert scaled_size("4000", *frame) == frame


# --- signals


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=Path(__file__).parents[1])


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    if not condition():
        process.kill()
        pytest.fail(f"nothing was written in time: {process.communicate()}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_playable_partial_and_exits_with_130(tiny_weights: Path, tmp_path: Path, number: signal.Signals) -> None:
    write_video(tmp_path / "long.mp4", np.concatenate([moving_square(100)] * 8))
    write_video(tmp_path / "next.mp4", moving_square(3))
    out = tmp_path / "out"
    process = start(
        "annotate", tmp_path / "long.mp4", tmp_path / "next.mp4", "-o", out, "--weights", tiny_weights, "--format", "mp4", "--format", "davis"
    )
    masks = out / "Annotations" / "part" / "long.partial"
    wait_for(lambda: masks.exists() and len(list(masks.iterdir())) > 20, process)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    line = manifest(out)["long"]
    assert line["status"] == "partial"
    assert 20 <= len(decoded(out / "long.partial.mp4")) == line["frames"] < 800
    assert not (out / "long.mp4").exists()
    assert not (out / "next.mp4").exists()
    assert "interrupted" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_stream_with_its_recording_whole(tiny_weights: Path, tmp_path: Path, number: signal.Signals) -> None:
    write_video(tmp_path / "long.mp4", np.concatenate([moving_square(100)] * 8))
    record = tmp_path / "live.mp4"
    process = start("stream", tmp_path / "long.mp4", "--view", "none", "--record", record, "--weights", tiny_weights, "--json")
    partial = tmp_path / "live.partial.mp4"
    wait_for(lambda: partial.exists() and partial.stat().st_size > 3000, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert len(decoded(record)) == json.loads(out)["frames"] > 0
    assert not partial.exists()


# --- stream


def test_stream_plays_a_file_to_its_end_and_records_true_times(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path) -> None:
    record = tmp_path / "live.mp4"
    ran = glom_video(
        "stream", make_video("clip.mp4", frames=15), "--view", "none", "--record", record, "--policy", "every", "--weights", tiny_weights, "--json"
    )
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert (result["frames"], result["dropped_frames"]) == (15, 0)
    assert 0 < result["latency_p50_ms"] <= result["latency_p95_ms"]
    assert decoded(record) == pytest.approx([index / 25 for index in range(15)], abs=1e-3)


def test_stream_drops_frames_rather_than_fall_behind(
    glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pipelines.stream as stream

    class Slow(stream.Perceiver):
        def __call__(self, frame):  # type: ignore[no-untyped-def]
            time.sleep(0.2)
            return super().__call__(frame)

    monkeypatch.setattr(stream, "Perceiver", Slow)
    ran = glom_video("stream", make_video("clip.mp4", frames=50), "--view", "none", "--weights", tiny_weights, "--json")
    result = json.loads(ran.out)
    assert result["dropped_frames"] > 10
    assert result["frames"] + result["dropped_frames"] <= 50
    assert result["latency_p95_ms"] < 2000


def test_stream_ends_with_one_line(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path) -> None:
    ran = glom_video("stream", make_video("clip.mp4", frames=5), "--view", "none", "--policy", "every", "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("5 frames, ")
    assert len(ran.out.splitlines()) == 1


def test_stream_errors(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    clip = make_video("clip.mp4", frames=2)
    no_window = glom_video("stream", clip, "--view", "window", "--weights", tiny_weights)
    assert (no_window.code, is_one_error(no_window.err)) == (2, True)
    absent = glom_video("stream", tmp_path / "absent.mp4", "--view", "none", "--weights", tiny_weights)
    assert (absent.code, is_one_error(absent.err)) == (1, True)
    (tmp_path / "mine.mp4").write_text("mine")
    existing = glom_video("stream", clip, "--view", "none", "--record", tmp_path / "mine.mp4", "--weights", tiny_weights)
    assert (existing.code, is_one_error(existing.err)) == (2, True)
    assert (tmp_path / "mine.mp4").read_text() == "mine"


def test_a_window_ends_with_q(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cv2

    import pipelines.stream as stream

    shown: list[tuple[int, ...]] = []
    monkeypatch.setattr(stream, "_can_open_window", lambda: True)
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture.shape))
    monkeypatch.setattr(cv2, "waitKey", lambda wait: ord("q") if len(shown) == 3 else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 1.0)
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None)
    record = tmp_path / "live.mp4"
    ran = glom_video("stream", make_video("clip.mp4", frames=100), "--view", "window", "--record", record, "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    assert shown == [(96, 128, 3)] * 3
    assert len(decoded(record)) == 3


# --- synth, evaluate, train


def test_synth_and_evaluate_of_the_truth_itself(glom_video: Cli, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    ran = glom_video("synth", tree, "--clips", 1, "--frames", 4, "--size", "96x72", "--seed", 5)
    assert ran.code == 0, ran.err
    (name,) = [path.name for path in (tree / "JPEGImages" / "72p").iterdir()]
    assert len(list((tree / "Annotations" / "part" / name).iterdir())) == 4
    shutil.copytree(tree / "Annotations", tmp_path / "masks" / "Annotations")
    scored = glom_video("evaluate", tmp_path / "masks", "--truth", tree, "--json", "-o", tmp_path / "report")
    assert scored.code == 0, scored.err
    assert json.loads(scored.out) == json.loads((tmp_path / "report" / "metrics.json").read_text())


def test_evaluate_runs_the_model_on_a_video(glom_video: Cli, make_video: MakeVideo, tiny_weights: Path) -> None:
    ran = glom_video("evaluate", make_video("clip.mp4", frames=5), "--weights", tiny_weights, "--json")
    assert ran.code == 0, ran.err
    json.loads(ran.out)


def test_train_writes_weights_that_annotate_takes(glom_video: Cli, make_video: MakeVideo, tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(
        "seed = 1\nworkers = 1\n[model]\ndim = 16\nhidden = 32\nencoder_widths = [8, 8, 16, 16]\n"
        "[[phase]]\nsteps = 2\nheight = 72\nwidth = 96\nframes = 2\nbatch = 2\nfresh = 1\npool = 4\nrendered_frames = 4\n"
    )
    ran = glom_video("train", config, "-o", tmp_path / "run")
    assert ran.code == 0, ran.err
    weights = Path(ran.out.strip())
    assert weights == tmp_path / "run" / "glom.safetensors"
    assert glom_video("annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", "--weights", weights).code == 0
    again = glom_video("train", config, "-o", tmp_path / "run")
    assert (again.code, is_one_error(again.err)) == (2, True)
    assert glom_video("train", "--resume", tmp_path / "run").code == 0


def test_broken_options_of_synth_train_and_evaluate_are_usage_errors(glom_video: Cli, tmp_path: Path) -> None:
    for arguments in (
        ("synth", tmp_path / "tree", "--size", "large"),
        ("synth", tmp_path / "tree", "--photos", tmp_path / "absent"),
        ("train", tmp_path / "absent.toml"),
        ("evaluate", tmp_path / "absent"),
    ):
        ran = glom_video(*arguments)
        assert ran.code == 2, ran
        assert "Traceback" not in ran.err
