"""A reader of stdout or stderr that ends, as in ``| head -1``: the work goes on, quietly."""

from pathlib import Path

import pytest
from conftest import MakeVideo, Options, manifest
from processes import started


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")], ids="+".join)
def test_a_batch_whose_reader_has_ended_is_done(
    streams: tuple[str, ...], make_video: MakeVideo, small_model: Options, tmp_path: Path
) -> None:
    """With stderr in the pipe, too, every line of progress would end it."""
    clips, out = [make_video(name, frames=2) for name in ("a.mp4", "b.mp4")], tmp_path / "out"
    with started("annotate", *clips, "-o", out, *small_model) as process:
        for name in streams:
            getattr(process, name).close()
        assert process.stderr is not None
        said = "" if "stderr" in streams else process.stderr.read()
        assert process.wait(120) == 0
    assert "error" not in said.lower()
    assert "exception" not in said.lower()
    assert {name: line["status"] for name, line in manifest(out).items()} == {
        "a": "done",
        "b": "done",
    }
    assert all((out / name).exists() for name in ("a.mp4", "b.mp4"))


@pytest.mark.parametrize(
    ("words", "code"), [(("config",), 0), (("--help",), 0), (("probe", "absent.mp4"), 1)]
)
@pytest.mark.parametrize("is_unbuffered", [False, True])
def test_each_command_keeps_its_exit_code_and_says_nothing_of_it(
    words: tuple[str, ...], code: int, is_unbuffered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1" if is_unbuffered else "")
    with started(*words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == code
    assert said == "" if code == 0 else said.startswith("error: ")
    assert "BrokenPipe" not in said


def test_text_reaches_a_reader_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what the encoding lacks."""
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with started("probe", "кот.mp4") as process:
        out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert said.startswith(r"error: there is no file \u043a\u043e\u0442.mp4")
