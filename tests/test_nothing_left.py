"""A run that did nothing leaves nothing; an output of another run is refused."""

import os
from pathlib import Path

import pytest
from conftest import Cli, MakeVideo, Options, is_one_error

from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.manifest import Manifest, read_manifest
from glom_video_pipelines.locked import OutputLock

ABSENT = ("--weights", "absent.safetensors")


@pytest.mark.parametrize(
    "words",
    [
        ("annotate", "-o", "new/out"),
        ("annotate", "-o", "new/out", "--format", "ytvis", "--with-frames"),
        ("evaluate", "-o", "new/out"),
        ("stream", "--view", "none", "--record", "new/a.mp4", "--events", "events.jsonl"),
    ],
    ids=" ".join,
)
def test_a_run_that_fails_at_its_start_leaves_nothing(
    words: tuple[str, ...],
    glom_video: Cli,
    make_video: MakeVideo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clip = make_video("clip.mp4", frames=2)
    monkeypatch.chdir(tmp_path)
    ran = glom_video(words[0], clip, *words[1:], *ABSENT)
    assert (ran.code, is_one_error(ran.err)) == (2, True), ran.err
    assert list(tmp_path.iterdir()) == [clip]


def test_it_leaves_what_was_there(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path, small_model: Options
) -> None:
    clip, other = (make_video(name, frames=2) for name in ("clip.mp4", "other.mp4"))
    out, empty, events = tmp_path / "out", tmp_path / "empty", tmp_path / "events.jsonl"
    empty.mkdir()
    events.touch()
    assert glom_video("annotate", clip, "-o", out, *small_model).code == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    for words in (("annotate", other, "-o", out), ("annotate", other, "-o", empty)):
        assert glom_video(*words, *ABSENT).code == 2
    assert glom_video("stream", clip, "--view", "none", "--events", events, *ABSENT).code == 2
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert list(empty.iterdir()) == []
    assert events.exists()


def test_a_source_that_failed_is_in_the_manifest(annotate: Cli, tmp_path: Path) -> None:
    """A run of many of which none could be read has done its work: it says of each why."""
    assert annotate(tmp_path / "absent.mp4", out=tmp_path / "out").code == 1
    assert read_manifest(tmp_path / "out")["absent"]["status"] == "failed"
    assert (tmp_path / "out" / "index.html").exists()


def test_an_output_of_another_run_is_refused_in_the_same_words(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    folder, video = tmp_path / "new" / "out", tmp_path / "new" / "a.mp4"
    unfinished = tmp_path / "new" / "a.partial.mp4"
    said = []
    with OutputLock(video, unfinished), Manifest(folder):
        for take in (
            lambda: OutputLock(video, unfinished),
            lambda: Manifest(folder),
        ):
            with pytest.raises(InvalidInput) as refused:
                take()
            said.append((refused.value.cause, refused.value.remedy))
        assert unfinished.exists(), "it is left to the run that has it"
    assert [cause for cause, _ in said] == [
        f"another run writes to {video}",
        f"another run writes to {folder}",
    ]
    assert len({remedy for _, remedy in said}) == 1
    assert not (tmp_path / "new").exists()
    with OutputLock(video, unfinished):
        pass


def test_a_lock_leaves_the_unfinished_file_of_the_run_after(tmp_path: Path) -> None:
    """The first has given its own file the final name; the next one's is still empty."""
    video, unfinished = tmp_path / "a.mp4", tmp_path / "a.partial.mp4"
    first = OutputLock(video, unfinished)
    if not unfinished.exists():
        pytest.skip("no locks here")
    os.replace(unfinished, video)
    second = OutputLock(video, unfinished)
    first.release()
    assert unfinished.exists()
    second.release()
    assert not unfinished.exists()
