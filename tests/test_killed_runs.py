"""A run that was killed just before it could write down that a clip is whole."""

import json
from pathlib import Path

import pytest

from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate import AnnotateOptions
from glom_video_pipelines.annotate.jobs import Job, plan
from glom_video_pipelines.annotate.outcome import begun_line

OPTIONS = AnnotateOptions(formats=("csv",))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "x.mp4").touch()
    (planned,) = plan([str(tmp_path / "x.mp4")], tmp_path / "out", OPTIONS, overwrite=False)
    return planned


def leave(job: Job, **changed: object) -> None:
    """What a killed run leaves: its line on a clip that was begun, and the outputs, which are
    whole."""
    job.outputs.folder.mkdir()
    (job.outputs.folder / "manifest.jsonl").write_text(
        json.dumps({**begun_line(job), **changed}) + "\n"
    )
    job.outputs.paths[0].touch()


def test_outputs_that_a_killed_run_had_just_finished_are_made_again(job: Job) -> None:
    leave(job)
    (again,) = plan([str(job.source)], job.outputs.folder, OPTIONS, overwrite=False)
    assert again.done_before is None


def test_a_source_that_was_touched_is_refused_alone(job: Job) -> None:
    leave(job, key="before it was touched")
    (job.outputs.folder.parent / "new.mp4").touch()
    jobs = plan(
        [str(job.source), str(job.outputs.folder.parent / "new.mp4")],
        job.outputs.folder,
        OPTIONS,
        overwrite=False,
    )
    assert [(each.name, each.is_refused, each.error is None) for each in jobs] == [
        ("x", True, False),
        ("new", False, True),
    ]


def test_outputs_of_other_settings_or_of_no_run_are_not_replaced(job: Job) -> None:
    leave(job, key="of another source")
    with pytest.raises(InvalidInput, match="exists already"):
        plan([str(job.source)], job.outputs.folder, OPTIONS, overwrite=False)


def test_outputs_that_were_whole_before_another_one_failed_are_made_again(job: Job) -> None:
    """The disk may be full for the last of several formats."""
    leave(job, is_begun=False, status="partial")
    (again,) = plan([str(job.source)], job.outputs.folder, OPTIONS, overwrite=False)
    assert again.done_before is None
    assert again.error is None
