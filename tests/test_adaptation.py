"""Learning without labels: the teacher is followed where it is sure, what is hidden is guessed, and
a run on clips of a user resumes exactly."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import json_lines
from renderers_here import RenderersHere, train_here
from safetensors.torch import load_file
from small_gloms import glom_with
from test_learn_batch import batch_of, fresh
from test_train import stopped_after
from training_configs import ONE_STEP, TINY

from glom_video.learn import Footage, SelfDistillation
from glom_video.learn.adaptation import ground_consensus, masked, pairwise_consensus
from glom_video.structures import InvalidInput
from glom_video_pipelines.train import VIDEO_LIST, remembered, run_train
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.footage import (
    Piece,
    Video,
    cropped,
    find_videos,
    read_random_piece,
)

SAMPLES = Path(__file__).parents[1] / "sample_clips" / "JPEGImages" / "180p"
DIM = 16


def footage(clips: int = 2, frames: int = 3) -> Footage:
    batch = batch_of(clips, frames)
    return Footage(batch.images, batch.motion, batch.elapsed, batch.interval)


# The loss


def islands(ids: torch.Tensor) -> torch.Tensor:
    return F.one_hot(ids, DIM).float() * 3


def halves() -> torch.Tensor:
    """Ids (1 2 n) of 60 columns: two islands."""
    return (torch.arange(60) >= 30).long().expand(1, 2, -1)


def test_to_see_the_teachers_islands_costs_next_to_nothing() -> None:
    assert pairwise_consensus(islands(halves()), islands(halves()), fresh()).item() < 0.02


def test_to_merge_or_to_swap_what_the_teacher_keeps_apart_costs() -> None:
    assert pairwise_consensus(islands(0 * halves()), islands(halves()), fresh()).item() > 1
    assert pairwise_consensus(islands(1 - halves()), islands(halves()), fresh()).item() > 3


def test_where_the_teacher_is_undecided_nothing_is_asked() -> None:
    """Its two islands lie at a cosine of a half: alike or not, nobody knows, so to merge them costs
    a fraction of what it costs where it is sure."""
    first, second = torch.eye(DIM)[:2]
    undecided = torch.stack([first, 0.5 * first + 0.75**0.5 * second])[halves()]
    merged = torch.stack([first, first])[halves()]
    sure_cost = pairwise_consensus(merged, islands(halves()), fresh()).item()
    assert pairwise_consensus(merged, undecided, fresh()).item() < 0.2 * sure_cost


@pytest.mark.parametrize("opinion", [0.1, 0.45, 0.55, 0.9])
def test_a_column_is_drawn_to_the_teachers_own_doubt_about_the_background(opinion: float) -> None:
    targets = torch.full((1, 1, 3), opinion)
    seen = (targets + torch.tensor([-0.1, 0.0, 0.1])).requires_grad_()
    ground_consensus(seen, targets).backward()
    assert seen.grad is not None
    below, at, above = seen.grad.flatten()
    assert below < 0 < above
    assert at.abs() < 1e-5 * (above - below)


def test_the_teacher_is_not_taught_and_the_student_is() -> None:
    teacher, student = glom_with(), glom_with()
    SelfDistillation(teacher, footage()).loss(student, fresh()).backward()
    assert all(value.grad is None for value in teacher.parameters())
    for name in ("encoder.out.weight", "cell.bottom_up.0.out.weight"):
        taught = student.get_parameter(name).grad
        assert taught is not None
        assert taught.abs().max() > 0


def test_a_few_lessons_bring_the_student_nearer_to_the_teacher() -> None:
    teacher, student = glom_with(), glom_with()
    torch.manual_seed(1)
    for value in student.parameters():
        value.data += 0.05 * torch.randn_like(value)
    optimiser, lesson = (
        torch.optim.Adam(student.parameters(), 2e-3),
        SelfDistillation(teacher, footage()),
    )
    losses = []
    for _ in range(15):
        loss = lesson.loss(student, fresh())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_the_student_does_not_see_about_a_quarter_of_a_clip_all_along() -> None:
    given = footage(4, 3)
    seen = masked(given, fresh())
    hidden = (seen.images == 0.5).all(2)
    assert 0.08 < hidden.float().mean() < 0.45
    assert torch.equal(hidden[:, 0], hidden[:, 2]), "the same places in every frame"
    assert torch.equal(masked(given, fresh()).images, seen.images)
    assert (given.images == 0.5).float().mean() < 0.01, "the footage itself stays whole"


def test_of_some_clips_the_student_is_not_shown_what_moves() -> None:
    """What moves against the camera goes, and the flow along which columns are carried stays."""
    given = footage(40, 2)
    motion = torch.rand_like(given.motion) + 0.1
    seen = masked(replace(given, motion=motion), fresh()).motion
    is_still = (seen[:, :, 2:4] == 0).all(dim=(1, 2, 3, 4))
    assert 5 < is_still.sum() < 35
    assert not seen[is_still][:, :, 5:7].any()
    for plane in (0, 1, 4):
        assert torch.equal(seen[:, :, plane], motion[:, :, plane])
    assert torch.equal(seen[~is_still], motion[~is_still])


# Clips


def test_pieces_are_cut_to_size_and_keep_their_shape() -> None:
    """A white square stays a square: pictures are cut, not squeezed."""
    image = np.zeros((120, 300, 3), np.uint8)
    image[40:80, 130:170] = 255
    piece = cropped(image, 60, 60, (0.5, 0.5))
    rows, columns = np.nonzero(piece[..., 0] > 127)
    assert piece.shape == (60, 60, 3)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), abs=1) == 19
    assert cropped(image, 60, 60, (0.5, 0.0)).max() == 0, "cut at the left there is no square"


def test_a_piece_is_drawn_by_its_seed() -> None:
    phase = Phase(steps=1, height=96, width=96, frames=3, batch=1, fresh=1, pool=1)
    videos = tuple(Video(folder, 24) for folder in sorted(SAMPLES.iterdir()))
    pieces = [read_random_piece(seed, phase, videos) for seed in (1, 1, 2, 3)]
    assert pieces[0].images.shape == (3, 96, 96, 3)
    assert pieces[0].motion.shape == (3, 7, 96, 96)
    assert pieces[0].motion[0].any(), "the frame before the piece gives its first frame a motion"
    assert np.array_equal(pieces[0].images, pieces[1].images)
    assert not all(np.array_equal(pieces[0].images, other.images) for other in pieces[2:])


def test_clips_that_are_too_short_are_left_out() -> None:
    found = find_videos([str(SAMPLES)], 4)
    assert {video.frames for video in found} == {24}
    with pytest.raises(InvalidInput, match="more than 24 frames"):
        find_videos([str(SAMPLES)], 24)


# A run


def test_a_run_that_adapts_goes_on_exactly_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It remembers its clips, and learns something else than a run without them."""
    config = tmp_path / "config.toml"
    config.write_text(TINY)
    clips = [str(folder) for folder in sorted(SAMPLES.iterdir())]
    whole = load_file(train_here(config, tmp_path / "whole", adapt=clips))
    plain = load_file(train_here(config, tmp_path / "plain"))
    assert not torch.equal(whole["encoder.out.weight"], plain["encoder.out.weight"])
    stopped_after(2, monkeypatch, config, tmp_path / "halved", adapt=clips)
    halved = load_file(train_here(config, tmp_path / "halved", resume=True))
    assert all(torch.equal(whole[name], halved[name]) for name in whole)


@pytest.mark.parametrize("name", ["two\nlines", "\u2028", "no UTF-8: \udcff", '"quoted" \\n', "ä"])
def test_a_run_remembers_clips_of_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line breaks and bytes that are no text ended the run, or kept it from being resumed."""
    config, clip = tmp_path / "config.toml", tmp_path / name
    config.write_text(TINY)
    shutil.copytree(next(SAMPLES.iterdir()), clip)
    out = tmp_path / "run"
    stopped_after(1, monkeypatch, config, out, adapt=[str(clip)])
    assert remembered(out / VIDEO_LIST) == [str(clip)]
    assert train_here(config, out, resume=True).exists()


def test_a_list_of_clips_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    (tmp_path / VIDEO_LIST).write_text("/a/b c.mp4\n/d.mp4\n")
    assert remembered(tmp_path / VIDEO_LIST) == ["/a/b c.mp4", "/d.mp4"]


def test_a_clip_of_a_run_that_is_gone_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, clip, out = tmp_path / "config.toml", tmp_path / "clip", tmp_path / "run"
    config.write_text(TINY)
    shutil.copytree(next(SAMPLES.iterdir()), clip)
    stopped_after(1, monkeypatch, config, out, adapt=[str(clip)])
    moved = clip.rename(tmp_path / "moved")
    with pytest.raises(InvalidInput, match=r"videos\.txt names") as gone:
        train_here(config, out, resume=True)
    assert "--adapt" in gone.value.remedy
    assert train_here(config, out, resume=True, adapt=[str(moved)]).exists()
    (out / VIDEO_LIST).write_text('"half a line\n')
    with pytest.raises(InvalidInput, match="is no list of clips"):
        train_here(config, out, resume=True)


def test_a_run_begun_anew_adapts_to_no_clips_of_the_one_that_failed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, out = tmp_path / "config.toml", tmp_path / "run"
    config.write_text(ONE_STEP)
    plain = load_file(train_here(config, tmp_path / "plain"))
    stopped_after(0, monkeypatch, config, out, adapt=[str(SAMPLES)])
    assert (out / VIDEO_LIST).exists()
    again = load_file(train_here(config, out))
    assert all(torch.equal(plain[name], again[name]) for name in plain)
    assert not (out / VIDEO_LIST).exists(), "and none when it is resumed"


class Reading(RenderersHere):
    """Takes a while to read a piece of a clip, or ends."""

    def __init__(self, *, breaks: bool = False) -> None:
        super().__init__()
        self.breaks = breaks

    def submit(self, work: Callable[..., Any], /, *what: Any, **options: Any) -> Future[Any]:
        if work is read_random_piece:
            work = self._read
        return super().submit(work, *what, **options)

    def _read(self, *what: Any) -> Piece:
        if self.breaks:
            raise BrokenProcessPool
        time.sleep(0.2)
        return read_random_piece(*what)


def test_waiting_for_pieces_of_clips_is_logged_as_waiting(tmp_path: Path) -> None:
    config, out = tmp_path / "config.toml", tmp_path / "run"
    config.write_text(ONE_STEP)
    run_train(config, out, adapt=[str(SAMPLES)], rendering=Reading())
    assert json_lines(out / "log.jsonl")[0]["waited"] >= 0.4


def test_a_reading_process_that_ends_is_told_with_a_remedy(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(ONE_STEP)
    with pytest.raises(InvalidInput, match="ended unexpectedly") as ended:
        run_train(config, tmp_path / "run", adapt=[str(SAMPLES)], rendering=Reading(breaks=True))
    assert "--resume" in ended.value.remedy


def test_an_address_is_nothing_to_adapt_to() -> None:
    """It was said to be a missing file, with its password."""
    with pytest.raises(InvalidInput, match=r"rtsp://\*\*\*@host/live is an address"):
        find_videos(["rtsp://ann:secret@host/live"], 4)
