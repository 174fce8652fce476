"""Which sources ``glom-video annotate`` takes, skips, numbers and refuses, and what becomes of
broken ones."""

import json
import threading
from pathlib import Path
from typing import Any

import av
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
from percepts import noise
from PIL import Image

from glom_video.render import DrawSettings, render
from glom_video.structures import Percept
from glom_video_pipelines.annotate.jobs import plan
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.worker import MakeAnnotateWork


def test_broken_files_give_one_line_each_and_do_not_disturb_the_others(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    good, other, out = (
        make_video("good.mp4", frames=4),
        make_video("other.mp4", frames=3),
        tmp_path / "out",
    )
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video")
    ran = annotate(
        tmp_path / "empty.mp4", good, tmp_path / "text.mp4", tmp_path / "absent.mp4", other, out=out
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


def test_a_file_that_breaks_off_is_partial(annotate: Cli, tmp_path: Path) -> None:
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
    ran = annotate(clip, out=tmp_path / "out")
    assert ran.code == 1
    line = manifest(tmp_path / "out")["clip"]
    assert line["status"] == "partial"
    assert line["outputs"] == [str(tmp_path / "out" / "clip.partial.mp4")]
    assert len(decoded(tmp_path / "out" / "clip.partial.mp4")) == line["frames"]
    progress = "[1/1] clip: frame "  # a slow machine gets to report some
    assert is_one_error(
        "\n".join(told for told in ran.err.splitlines() if not told.startswith(progress))
    )


def test_sources_of_one_name_are_numbered_in_the_order_given(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    sources = [
        make_video(name, frames=frames, folder=tmp_path / folder)
        for folder, name, frames in (("a", "x.mp4", 2), ("b", "x.mkv", 3), ("c", "x_2.mp4", 4))
    ]
    ran = annotate(*sources, out=tmp_path / "out")
    assert ran.code == 0, ran.err
    assert [
        len(decoded(tmp_path / "out" / name)) for name in ("x.mp4", "x_2.mp4", "x_2_2.mp4")
    ] == [2, 3, 4]


def test_same_work_is_skipped_other_work_refused_unless_overwritten(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=3), tmp_path / "out"
    assert annotate(clip, out=out).code == 0
    made = (out / "clip.mp4").stat().st_mtime_ns
    again = annotate(clip, out=out)
    assert (again.code, again.out.strip()) == (0, str(out / "clip.mp4"))
    assert "skipped clip" in again.err
    assert manifest(out)["clip"]["status"] == "skipped"
    other = annotate(clip, "--layout", "mask", out=out)
    assert other.code == 2
    assert is_one_error(other.err)
    assert "--overwrite" in other.err
    assert (out / "clip.mp4").stat().st_mtime_ns == made
    replaced = annotate(clip, "--layout", "mask", "--overwrite", out=out)
    assert replaced.code == 0
    assert (out / "clip.mp4").stat().st_mtime_ns > made
    assert manifest(out)["clip"]["status"] == "done"


def test_a_second_run_does_what_the_first_left_undone(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    good, late, out = make_video("good.mp4", frames=3), tmp_path / "late.mp4", tmp_path / "out"
    late.touch()
    assert annotate(good, late, out=out).code == 1
    # As a killed run leaves it.
    (out / "manifest.jsonl").write_text((out / "manifest.jsonl").read_text() + '{"name": "cut sho')
    write_video(late, moving_square(4))
    assert annotate(good, late, out=out).code == 0
    assert {name: line["status"] for name, line in manifest(out).items()} == {
        "good": "skipped",
        "late": "done",
    }
    assert annotate(make_video("new.mp4", frames=2), out=out).code == 0
    assert set(manifest(out)) == {"good", "late", "new"}


def test_outputs_that_exist_are_refused_before_the_weights_are_looked_at(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    out.mkdir()
    (out / "clip.mp4").write_text("something of the user's")
    ran = glom_video("annotate", clip, "-o", out, "--weights", tmp_path / "absent.safetensors")
    assert ran.code == 2
    assert "exists already" in ran.err
    assert (out / "clip.mp4").read_text() == "something of the user's"


def test_what_was_drawn_is_neither_annotated_nor_evaluated_by_mistake(
    annotate: Cli, glom_video: Cli, make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    """OUT of a run with the default format holds videos only; its masks are added later."""
    clip, out = make_video("clip.mp4", frames=3), tmp_path / "out"
    assert annotate(clip, out=out).code == 0
    again = annotate(out, out=tmp_path / "again")
    assert (again.code, again.out) == (2, "")
    assert "nothing but outputs of earlier runs" in again.err
    named = annotate(out / "clip.mp4", out=tmp_path / "again")
    assert named.code == 0, f"as the error says: {named.err}"
    scored = glom_video("evaluate", out, *small_model)
    assert scored.code == 2
    assert "holds what annotate has drawn, but no masks" in scored.err
    assert annotate(clip, out=out, formats=("davis",)).code == 0, "as the error says"
    scored = glom_video("evaluate", out, *small_model)
    assert (scored.code, "out, clip: 3 frames" in scored.err) == (0, True), scored.err


def test_a_format_that_is_added_later_leaves_what_was_there(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """Its run alone was noted: the videos drawn before counted as sources, the page lost them, and
    the command that had made them was refused."""
    clip = make_video("clip.mp4", frames=2)
    folder, out = clip.parent, clip.parent / "out"
    assert annotate(folder, out=out).code == 0
    drawn = (out / "clip.mp4").read_bytes()
    assert annotate(folder, out=out, formats=("davis",)).code == 0
    masks = [f"Annotations/{level}/clip" for level in ("part", "object")]
    for format_, outputs in (("mp4", ["clip.mp4"]), ("davis", masks)):
        again = annotate(folder, out=out, formats=(format_,))
        assert again.code == 0, again.err
        assert "skipped clip: done before" in again.err
        assert again.out.split() == [str(out / output) for output in outputs]
    assert (out / "clip.mp4").read_bytes() == drawn
    page = (out / "index.html").read_text()
    assert 'src="clip.mp4"' in page
    assert 'href="Annotations/object/clip"' in page
    assert set(manifest(out)) == {"clip"}


def test_what_another_run_replaces_does_not_count_as_done(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    assert annotate(clip, out=out, formats=("mp4", "csv")).code == 0
    assert annotate(clip, "--overwrite", "--opacity", "0.1", out=out).code == 0
    again = annotate(clip, out=out, formats=("mp4", "csv"))
    assert again.code == 2
    assert "clip.mp4 and 1 more exist already" in again.err
    line: dict[str, Any] = manifest(out)["clip"]
    assert line["outputs"] == [str(out / "clip.mp4")]
    assert [each["outputs"] for each in line["earlier"]] == [[str(out / "clip.csv")]]


def test_outputs_that_were_done_before_are_named_as_they_are_now(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as they were from the folder that the first run was in."""
    clip = make_video("clip.mp4", frames=2)
    monkeypatch.chdir(tmp_path)
    assert annotate(clip, out=Path("out")).out.split() == ["out/clip.mp4"]
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    again = annotate(clip, out=Path("../out"))
    assert (again.code, again.out.split()) == (0, ["../out/clip.mp4"])


def test_a_source_keeps_its_name_when_others_come_and_go(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """By the order alone it got another one's name, and was refused or annotated again."""
    folder, out = tmp_path / "in", tmp_path / "out"
    for day in ("2", "3"):
        (folder / day).mkdir(parents=True)
        make_video("cam.mp4", frames=2).rename(folder / day / "cam.mp4")
    assert annotate(folder, out=out).code == 0
    (folder / "1").mkdir()
    make_video("cam.mp4", frames=3).rename(folder / "1" / "cam.mp4")
    ran = annotate(folder, out=out)
    assert ran.code == 0, ran.err
    assert ran.err.count("skipped cam") == 2
    (folder / "2" / "cam.mp4").unlink()
    assert annotate(folder, out=out).err.count("skipped cam") == 2
    sources = {name: Path(str(line["source"])).parent.name for name, line in manifest(out).items()}
    assert sources == {"cam": "2", "cam_2": "3", "cam_3": "1"}


def test_addresses_that_differ_in_their_query_are_other_sources(tmp_path: Path) -> None:
    """``?id=2`` was skipped as done once ``?id=1`` was. A new password makes no other source."""
    keys = [
        plan([address], tmp_path, AnnotateOptions(), overwrite=False)[0].key
        for address in (
            "http://ann:old@host/watch?id=1",
            "http://ann:new@host/watch?id=1",
            "http://ann:new@host/watch?id=2",
        )
    ]
    assert keys[0] == keys[1] != keys[2]


def test_a_folder_of_pictures_is_known_by_its_pictures(annotate: Cli, tmp_path: Path) -> None:
    """It was known by its own time, which changed with outputs in it and not with its pictures."""
    folder = tmp_path / "walk"
    folder.mkdir()
    for index in range(2):
        Image.fromarray(noise(48, 64)).save(folder / f"{index}.png")
    assert annotate(folder, out=folder).code == 0
    again = annotate(folder, out=folder)
    assert (again.code, again.out.split()) == (0, [str(folder / "walk.mp4")])
    assert "skipped" in again.err
    Image.fromarray(noise(48, 64)[::-1]).save(folder / "0.png")
    changed = annotate(folder, out=folder)
    assert changed.code == 2
    assert "made from another source" in changed.err


def test_a_contact_sheet_is_not_put_among_the_pictures_of_its_source(
    annotate: Cli, tmp_path: Path
) -> None:
    """The next run would have taken it for a frame."""
    Image.fromarray(noise(48, 64)).save(tmp_path / "0.png")
    ran = annotate(tmp_path, "--overwrite", out=tmp_path, formats=("sheet",))
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert "would be a picture of the source" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


def test_a_source_is_never_replaced_by_its_own_annotation(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip = make_video("clip.mp4", frames=2)
    ran = annotate(clip, "--overwrite", out=tmp_path)
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert len(decoded(clip)) == 2


def test_dry_run_says_what_would_be_done_and_writes_nothing(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip, out = make_video("clip.mp4", frames=2), tmp_path / "out"
    ran = glom_video("annotate", clip, "-o", out, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    (line,) = json.loads(ran.out)["sources"]
    assert (line["action"], line["outputs"]) == ("annotate", [str(out / "clip.mp4")])
    assert "128x96" in glom_video("annotate", clip, "-o", out, "--dry-run").out
    assert not out.exists()


def test_dry_run_refuses_a_folder_that_cannot_be_one(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path
) -> None:
    """It said that all is well, and the run itself then did not begin."""
    clip, taken, gone = make_video("clip.mp4", frames=2), tmp_path / "file", tmp_path / "gone"
    taken.write_text("")
    gone.symlink_to(tmp_path / "nowhere")
    for out in (taken, taken / "below" / "it", gone):
        planned = glom_video("annotate", clip, "-o", out, "--dry-run")
        ran = glom_video("annotate", clip, "-o", out)
        assert (planned.code, ran.code) == (2, 2), out
        assert planned.err == ran.err


@pytest.mark.parametrize("given", [("--weights", "absent"), ("--device", "cuda:99")])
def test_dry_run_refuses_weights_and_devices_that_are_not_there(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path, given: tuple[str, str]
) -> None:
    command = ("annotate", make_video("clip.mp4", frames=2), "-o", tmp_path / "out", *given)
    planned, ran = glom_video(*command, "--dry-run"), glom_video(*command)
    assert (planned.code, ran.code) == (2, 2)
    assert is_one_error(planned.err)
    assert planned.err == ran.err


def test_debug_shows_the_trace(glom_video: Cli, make_video: MakeVideo, tmp_path: Path) -> None:
    ran = glom_video(
        "annotate",
        make_video("clip.mp4", frames=2),
        "-o",
        tmp_path / "out",
        "--weights",
        tmp_path / "absent",
        "--debug",
    )
    assert ran.code == 2
    assert "Traceback" in ran.err
    assert "error: " in ran.err


def test_a_bug_that_one_file_brings_out_stays_with_it(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, since a patch does not reach the worker's."""

    def failing(percept: Percept, settings: DrawSettings) -> np.ndarray:
        if percept.frame.index == 2:
            raise ZeroDivisionError("a bug")
        return render(percept, settings)

    monkeypatch.setattr("glom_video_pipelines.annotate.clip.render", failing)
    options = AnnotateOptions(weights=str(tiny_weights))
    (job,) = plan(
        [str(make_video("bad.mp4", frames=4))], tmp_path / "out", options, overwrite=False
    )
    line = MakeAnnotateWork(options)()(job, lambda report: None, threading.Event())
    assert (line["status"], line["frames"]) == ("partial", 3)
    assert "ZeroDivisionError: a bug" in line["reason"]
    assert len(decoded(tmp_path / "out" / "bad.partial.mp4")) == 2


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("manifest.jsonl", ("mp4",)),
        ("annotations/instances_all.json", ("coco", "ytvis")),
        ("Parents/clip.json", ("davis",)),
    ],
)
def test_no_file_of_the_user_is_replaced_by_one_beside_the_outputs(
    annotate: Cli, make_video: MakeVideo, tmp_path: Path, name: str, formats: tuple[str, ...]
) -> None:
    """Only outputs of their own were looked at: a manifest or a data set of another program was
    replaced without a word."""
    clip, mine = make_video("clip.mp4", frames=2), tmp_path / "out" / name
    mine.parent.mkdir(parents=True)
    mine.write_text('{"audio_filepath": "a.wav", "images": []}\n')
    frames = ("--with-frames",) if "coco" in formats else ()
    for first in (("--dry-run",), ()):
        ran = annotate(clip, *frames, *first, out=tmp_path / "out", formats=formats)
        assert (ran.code, is_one_error(ran.err)) == (2, True), ran.err
        assert str(mine) in ran.err
        assert "--overwrite" in ran.err
    assert "audio_filepath" in mine.read_text()
    again = (clip, *frames, "--overwrite")
    assert annotate(*again, out=tmp_path / "out", formats=formats).code == 0
    assert "audio_filepath" not in mine.read_text()
    assert annotate(*again[:-1], out=tmp_path / "out", formats=formats).code == 0, "its own"
