"""No command writes to what it reads, whatever flags are given."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from glom_video.render import DrawSettings
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate import AnnotateOptions
from glom_video_pipelines.annotate.jobs import plan
from glom_video_pipelines.originals import refuse_replacing
from glom_video_pipelines.render import run_render
from glom_video_pipelines.stream.recording import StreamRecorder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("x.mov", "x.mp4"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.mark.parametrize("overwrite", [True, False])
def test_the_output_of_one_source_never_replaces_another(folder: Path, overwrite: bool) -> None:
    with pytest.raises(InvalidInput, match="would replace the original") as refused:
        plan([str(folder / "x.mov"), str(folder / "x.mp4")], folder, AnnotateOptions(), overwrite)
    assert "overwrite" not in refused.value.remedy


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_link_to_an_original_is_the_original(
    folder: Path, link: Callable[[Path, Path], None]
) -> None:
    link(folder / "x.mp4", folder / "out.mp4")
    with pytest.raises(InvalidInput, match="would replace"):
        refuse_replacing([str(folder / "x.mp4")], [folder / "out.mp4"])
    refuse_replacing(
        [str(folder / "x.mp4"), "http://example.org/x.mp4"], [folder / "x.mov", folder / "new.mp4"]
    )


@pytest.mark.parametrize("overwrite", [True, False])
def test_render_never_replaces_what_it_draws_over(folder: Path, overwrite: bool) -> None:
    with pytest.raises(InvalidInput, match="would replace") as refused:
        run_render(
            folder / "x.mov",
            str(folder / "x.mp4"),
            folder / "x.mp4",
            DrawSettings(),
            overwrite=overwrite,
        )
    assert "overwrite" not in refused.value.remedy
    assert (folder / "x.mp4").read_bytes() == b"x.mp4"


def test_a_recording_never_replaces_its_source(folder: Path) -> None:
    (folder / "y.partial.mp4").touch()
    with pytest.raises(InvalidInput, match="would replace"):
        StreamRecorder(str(folder / "y.partial.mp4"), folder / "y.mp4", ()).check()
