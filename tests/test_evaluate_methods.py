"""All methods of a clip are given the same frames, each read once, with the motion between them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from percepts import percept_of, tracks_from_ids
from PIL import Image

from glom_video.baselines import Answer, Peer
from glom_video.evaluate import VisibleStep
from glom_video.motion import MotionSettings
from glom_video.perceive import PreparedFrame
from glom_video.read import read
from glom_video.structures import Frame, Motion, Percept
from glom_video_pipelines.evaluate import Methods, find_clips, frames, score_clip
from glom_video_pipelines.evaluate.frames import GivenFrame, given_frames
from glom_video_pipelines.evaluate.score import NO_TRUTH
from glom_video_pipelines.evaluate.steps import KeptSteps

FRAMES, HEIGHT, WIDTH = 8, 60, 80


def square(t: int) -> np.ndarray:
    labels = np.zeros((HEIGHT, WIDTH), np.int32)
    labels[20:45, 10 + 3 * t : 35 + 3 * t] = 1
    return labels


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    ground = np.random.default_rng(0).integers(0, 128, (HEIGHT, WIDTH, 3), np.uint8)
    (tmp_path / "square").mkdir()
    for t in range(FRAMES):
        picture = np.where(square(t)[..., None] > 0, 220, ground).astype(np.uint8)
        Image.fromarray(picture).save(tmp_path / "square" / f"{t:05d}.png")
    return tmp_path / "square"


def predicted(folder: Path, places: range | list[int]) -> Path:
    for t in places:
        path = folder / "Annotations" / "object" / "square" / f"{t:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(square(t).astype(np.uint8)).save(path)
    return folder


class Noted:
    """A model and a peer that note what they are given."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.motions: list[Motion] = []

    def model(self) -> Callable[[PreparedFrame], Percept]:
        def see(prepared: PreparedFrame) -> Percept:
            self._note(prepared.frame, prepared.motion)
            whole, nothing = square(prepared.frame.index), np.zeros((HEIGHT, WIDTH), np.int32)
            tracks = tracks_from_ids(whole, [1]), tracks_from_ids(nothing, [])
            return percept_of(prepared.frame.image, *tracks, prepared.frame.index)

        return see

    def peer(self, height: int, width: int) -> Peer:
        def see(frame: Frame, motion: Motion) -> Answer:
            self._note(frame, motion)
            return Answer({"object": square(frame.index)})

        return see

    def _note(self, frame: Frame, motion: Motion) -> None:
        self.frames.append(frame.index)
        self.motions.append(motion)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The clips that were opened."""
    opened: list[Path] = []

    def counted(source: Path) -> object:
        opened.append(source)
        return read(source)

    monkeypatch.setattr(frames, "read", counted)
    return opened


def test_a_clip_is_read_once_for_all_methods(pictures: Path, reads: list[Path]) -> None:
    own, other, peer = Noted(), Noted(), Noted()
    methods = Methods(
        own.model, {"a peer": peer.peer}, {"beside: other": other.model}, controls=True
    )
    scores = score_clip(find_clips([pictures], None)[0], None, methods)
    assert len(reads) == 1
    assert own.frames == other.frames == peer.frames == list(range(FRAMES))
    for motions in zip(own.motions, other.motions, strict=True):
        assert motions[0] is motions[1]
    named = [score.method for score in scores if score.level == "object"]
    assert named == [
        "glom-video",
        "glom-video, ids unlinked",
        "beside: other",
        "a peer",
        "one island",
        "every column",
        "fixed grid",
        "glom-video, last map frozen",
    ]
    figures = {score.method: score.figures for score in scores if score.level == "object"}
    assert figures["a peer"] == {name: figures["glom-video"][name] for name in figures["a peer"]}
    assert figures["glom-video, last map frozen"]["flicker"] == 0.0


def test_a_whole_prediction_is_read_once_too(
    pictures: Path, tmp_path: Path, reads: list[Path]
) -> None:
    other = Noted()
    (clip,) = find_clips([predicted(tmp_path / "theirs", range(FRAMES - 2))], None, pictures)
    score_clip(clip, None, Methods(beside={"beside: other": other.model}))
    assert len(reads) == 1
    assert other.frames == list(range(FRAMES - 2))


def test_a_model_beside_a_prediction_with_a_hole_sees_all_and_is_measured_over_no_hole(
    pictures: Path, tmp_path: Path
) -> None:
    other, peer = Noted(), Noted()
    (clip,) = find_clips([predicted(tmp_path / "theirs", [0, 1, 2, 5, 6])], None, pictures)
    methods = Methods(peers={"a peer": peer.peer}, beside={"beside: other": other.model})
    scores = score_clip(clip, None, methods)
    assert other.frames == list(range(7))
    assert peer.frames == [0, 1, 2, 5, 6]
    assert peer.motions[3].is_cut
    figures = {score.method: score.figures for score in scores if score.level == "object"}
    assert figures["beside: other"]["warp_agreement"] == figures["theirs"]["warp_agreement"]


def test_the_first_frame_after_a_gap_is_told_what_moves_next(
    pictures: Path, tmp_path: Path
) -> None:
    (clip,) = find_clips([predicted(tmp_path / "theirs", [0, 1, 2, 5, 6])], None, pictures)
    given: list[GivenFrame] = list(
        given_frames(clip, NO_TRUTH, MotionSettings(), for_models=False, for_peers=False)
    )
    assert [each.motion is not None for each in given] == [False, True, True, False, True]
    first = given[3].prepared
    assert first is not None
    rightwards = -first.motion.flow[..., 0]
    inside = rightwards[110:180, 190:230]
    assert np.median(inside) > 2.0, "the square goes on as it will"


@pytest.mark.parametrize(
    "most", [pytest.param(2**20, id="in memory"), pytest.param(64, id="in a file")]
)
def test_steps_come_back_as_they_were(most: int) -> None:
    drawn = np.random.default_rng(0)
    steps: list[VisibleStep | None] = [None]
    for _ in range(4):
        now = np.flatnonzero(drawn.random(5000) < 0.4)
        steps.append(VisibleStep(now, drawn.integers(0, 5000, len(now)), float(drawn.random())))
    kept = KeptSteps(most)
    for place, step in enumerate(steps):
        kept.add(f"{place:05d}", place / 25, step)
    for place, (name, seconds, step) in enumerate(kept):
        before = steps[place]
        assert (name, seconds) == (f"{place:05d}", place / 25)
        if before is None or step is None:
            assert step is before
            continue
        assert step.share == before.share
        assert np.array_equal(step.now, before.now)
        assert np.array_equal(step.before, before.before)
