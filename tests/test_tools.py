"""``probe``, ``doctor`` and ``render``, as their users run them."""

import json
import os
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import flip_bytes, noise, write_clip
from conftest import Cli, MakeVideo, decoded, is_one_error, moving_square, write_video
from corpus import textured
from PIL import Image

from glom_video.read import read
from glom_video_pipelines.locked import locked

# --- probe


def test_probe_says_what_is_in_a_file(glom_video: Cli, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(200, 225), aspect=Fraction(4, 3), sound=["aac"])
    ran = glom_video("probe", path)
    assert ran.code == 0, ran.err
    said = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in ran.out.splitlines()}
    assert said["codec"] == "h264, yuv420p, 8 bits"
    assert said["size"] == "64x48, pixels 4:3"
    assert said["rate"] == "25.000 frames/s"
    assert said["time"] == "1.000 s from 8.000 s"
    assert said["frames"] == "25 decoded, 25 declared"
    assert said["sound"] == "aac 44100 Hz 1 channel"
    assert said["damage"] == "none"


def test_probe_tells_uneven_times_and_broken_rates(glom_video: Cli, tmp_path: Path) -> None:
    uneven = write_clip(
        tmp_path / "uneven.mp4", [0, 40, 80, 1080, 1120], time_base=Fraction(1, 1000)
    )
    assert "variable: 40.0 to 1000.0 ms a frame" in glom_video("probe", uneven).out
    write_video(tmp_path / "ntsc.mp4", moving_square(8), Fraction(30000, 1001))
    assert "29.970 frames/s (30000/1001)" in glom_video("probe", tmp_path / "ntsc.mp4").out
    # 33 and 34 ms: Matroska counts milliseconds.
    rounded = write_clip(tmp_path / "rounded.mkv", range(30), time_base=Fraction(1, 30))
    assert "variable" not in glom_video("probe", rounded).out


def test_probe_of_a_damaged_file_exits_with_1(glom_video: Cli, tmp_path: Path) -> None:
    path = textured(tmp_path / "clip.mp4", 60, size=(120, 160), movflags="faststart")
    whole = path.read_bytes()
    flip_bytes(path, 40, seed=1)
    ran = glom_video("probe", path, "--json")
    said = json.loads(ran.out)
    assert ran.code == 1
    assert said["info"]["frames_declared"] == 60
    assert 0 < said["corrupt_frames"] <= said["decoded_frames"] == 60 - said["lost_frames"]
    assert "corrupt" in said["damage"]
    path.write_bytes(whole[: len(whole) // 2])
    cut = glom_video("probe", path)
    assert cut.code == 1
    assert "breaks off after" in cut.out
    for index in range(3):
        Image.new("RGB", (32, 32)).save(tmp_path / f"{index}.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    assert glom_video("probe", tmp_path).out.endswith(" 1 corrupt frame\n")
    path.write_text("no video")
    refused = glom_video("probe", path)
    assert (refused.code, is_one_error(refused.err), refused.out) == (1, True, "")


# --- doctor


def test_doctor_says_what_there_is(glom_video: Cli) -> None:
    ran = glom_video("doctor", "--json")
    assert ran.code == 0, ran.err
    said = json.loads(ran.out)
    assert said["machine"]["python"] == sys.version.split()[0]
    assert said["libraries"]["av"] == av.__version__
    assert said["encoder"] in said["encoders"]
    assert "cpu" in said["devices"]
    assert "libavcodec" in glom_video("doctor").out


def test_doctor_says_why_something_is_missing(
    glom_video: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    there = importlib.import_module

    def without(name: str, package: str | None = None) -> object:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        if name == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        if name == "pycocotools":
            raise ValueError("numpy.dtype size changed,\nmay indicate binary incompatibility")
        if name == "scipy":
            raise OSError("libgfortran.so.5: cannot open shared object file")
        return there(name, package)

    monkeypatch.setattr(importlib, "import_module", without)
    ran = glom_video("doctor")
    assert ran.code == 1
    assert "missing: libGL.so.1: cannot open shared object file" in ran.out
    assert (
        "missing: not installed (no --workers and --ray-address: pip install 'glom-video[ray]')"
        in ran.out
    )
    assert "missing: numpy.dtype size changed, may indicate binary incompatibility (no" in ran.out
    cv2, scipy = ran.err.split("error: ")[1:]
    assert is_one_error(f"error: {cv2}")
    assert "libgl1" in cv2
    assert scipy.startswith("scipy is missing: libgfortran.so.5")


# --- render


@pytest.mark.parametrize("format_", ["coco", "ytvis"])
def test_render_draws_again_what_annotate_drew(
    glom_video: Cli, annotate: Cli, make_video: MakeVideo, tmp_path: Path, format_: str
) -> None:
    clip, out = make_video("clip.mp4", frames=6, with_sound=True), tmp_path / "out"
    made = annotate(clip, "--layout", "mask", out=out, formats=(format_, "mp4"))
    assert made.code == 0, made.err
    again = tmp_path / "again.mp4"
    ran = glom_video("render", out / f"clip.{format_}.json", clip, "-o", again, "--layout", "mask")
    assert (ran.code, ran.out.strip()) == (0, str(again)), ran.err
    assert decoded(again) == decoded(out / "clip.mp4")
    for before, after in zip(read(out / "clip.mp4"), read(again), strict=True):
        assert np.abs(before.image.astype(int) - after.image.astype(int)).mean() < 4
    with av.open(str(again)) as container:
        assert len(container.streams.audio) == 1
    assert ran.err == ""
    refused = glom_video("render", out / f"clip.{format_}.json", clip, "-o", again)
    assert (refused.code, is_one_error(refused.err)) == (2, True)
    lock = locked(tmp_path / "busy.partial.mp4")
    refused = glom_video("render", out / f"clip.{format_}.json", clip, "-o", tmp_path / "busy.mp4")
    if lock is not None:
        assert (refused.code, "another run writes" in refused.err) == (2, True)
        os.close(lock)
    saved = json.loads((out / f"clip.{format_}.json").read_text())
    for annotation in saved["annotations"]:
        annotation["given_name"] = "Кот 😀"
    (tmp_path / "named.json").write_text(json.dumps(saved))
    ran = glom_video("render", tmp_path / "named.json", clip, "-o", again, "--overwrite")
    assert (ran.code, ran.err) == (0, "no font has 😀: pictures show ? instead\n")


def test_an_object_that_never_comes_is_said_to_be_missing(
    glom_video: Cli, annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """Its masks and pictures are empty, which alone looks like a fault."""
    clip, out = make_video("clip.mp4", frames=4), tmp_path / "out"
    made = annotate(clip, "--object", 99, "--json", out=out, formats=("csv",))
    (line,) = json.loads(made.out)["sources"]
    assert (line["status"], line["notes"]) == ("done", ["object 99 was never seen"])
    assert "(object 99 was never seen)" in made.err
    made = annotate(clip, "--min-score", 0, "--json", out=tmp_path / "all", formats=("ytvis",))
    (line,) = json.loads(made.out)["sources"]
    assert (line["objects"] > 0, line["notes"]) == (True, [])
    tracks = tmp_path / "all" / "clip.ytvis.json"
    for number, said in ((1, ""), (99, "object 99 was never seen\n")):
        again = tmp_path / f"{number}.mp4"
        ran = glom_video("render", tracks, clip, "-o", again, "--object", number)
        assert (ran.code, ran.err) == (0, said)


def test_a_level_that_tracks_lack_is_said_to_be_missing(
    glom_video: Cli, annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=4), tmp_path / "out"
    options = ("--min-score", 0, "--level", "object")
    assert annotate(clip, *options, out=out, formats=("coco",)).code == 0
    tracks = out / "clip.coco.json"
    for level, said in (("object", ""), ("part", f"{tracks} holds no parts: nothing is drawn\n")):
        ran = glom_video("render", tracks, clip, "-o", out / f"{level}.mp4", "--level", level)
        assert (ran.code, ran.err) == (0, said)


def test_render_of_a_part_of_a_clip_draws_that_part(
    glom_video: Cli, annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=20), tmp_path / "out"
    cut = ("--start", "0.2", "--end", "0.6", "--stride", 2)
    assert annotate(clip, *cut, out=out, formats=("coco", "mp4")).code == 0
    assert (
        glom_video("render", out / "clip.coco.json", clip, "-o", tmp_path / "again.mp4").code == 0
    )
    assert (
        decoded(tmp_path / "again.mp4")
        == decoded(out / "clip.mp4")
        == pytest.approx([0, 0.08, 0.16, 0.24, 0.32])
    )


def test_render_refuses_what_does_not_belong_together(
    glom_video: Cli, annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=3), tmp_path / "out"
    assert annotate(clip, out=out, formats=("coco",)).code == 0
    tracks = out / "clip.coco.json"
    other = write_clip(tmp_path / "other.mp4", range(3))
    (tmp_path / "list.json").write_text("[]")
    for arguments in (
        (tracks, other),
        (tmp_path / "list.json", clip),
        (tmp_path / "absent.json", clip),
    ):
        ran = glom_video("render", *arguments, "-o", tmp_path / "again.mp4")
        assert (ran.code, is_one_error(ran.err)) == (2, True), ran
    # Needs what saved tracks do not hold.
    ran = glom_video("render", tracks, clip, "-o", tmp_path / "again.mp4", "--layout", "levels")
    assert (ran.code, is_one_error(ran.err)) == (2, True), ran
    assert "overlay, side-by-side or mask" in ran.err
    assert not (tmp_path / "again.mp4").exists()
    shorter = make_video("shorter.mp4", frames=2)
    ran = glom_video("render", tracks, shorter, "-o", tmp_path / "again.mp4")
    assert ran.code == 0, ran.err
    assert "has only 2 of the 3 frames" in ran.err


@pytest.mark.parametrize("format_", ["coco", "ytvis"])
@pytest.mark.parametrize("is_folder", [False, True])
def test_render_says_that_another_source_is_not_the_one(
    glom_video: Cli, annotate: Cli, tmp_path: Path, format_: str, is_folder: bool
) -> None:
    """Of the same size and length, so that nothing else tells. A renamed original is one."""

    def source(name: str, first: int) -> Path:
        path = tmp_path / name
        pictures = noise(first + 3, (48, 64))[first:]
        if not is_folder:
            return write_clip(path.with_suffix(".mp4"), range(3), pictures=pictures)
        path.mkdir()
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(path / f"{number}.bmp")
        return path

    clip, other, out = source("clip", 0), source("other", 10), tmp_path / "out"
    assert annotate(clip, out=out, formats=(format_,)).code == 0
    tracks, again = out / f"clip.{format_}.json", tmp_path / "again.mp4"
    moved = clip.rename(tmp_path / f"moved{clip.suffix}")
    ran = glom_video("render", tracks, moved, "-o", again)
    assert (ran.code, ran.err) == (0, "")
    ran = glom_video("render", tracks, other, "-o", again, "--overwrite")
    assert ran.code == 0
    assert ran.err == (
        f"{other} is not the file that {tracks} was made from: name that one if the masks do not "
        "fit\n"
    )
    saved = json.loads(tracks.read_text())
    del saved["videos"][0]["source_fingerprint"]
    tracks.write_text(json.dumps(saved))
    ran = glom_video("render", tracks, other, "-o", again, "--overwrite")
    assert (ran.code, ran.err) == (0, ""), "files of earlier versions say nothing of it"
