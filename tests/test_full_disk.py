"""A disk that fills up while a clip is written: what is said, and what is left."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import is_one_error, json_lines
from evaluated_trees import Tree, tree
from percepts import noise
from photo_folders import FindsTheMiddle
from PIL import Image
from processes import MAIN
from small_gloms import SMALL, glom_with
from training_configs import ONE_STEP
from walk_clip import HEIGHT, INFO, WIDTH, percepts

from glom_video.formats import FORMATS, ClipWriter, Format, Mp4Writer, Outputs
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.manifest import Manifest, read_manifest
from glom_video_pipelines.evaluate import EvaluateOptions, run_evaluate
from glom_video_pipelines.masks import run_masks
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.train import CONFIG, run_train, write_inputs
from glom_video_pipelines.training.checkpoint import TrainingRun
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.config import TrainConfig
from glom_video_pipelines.training.journal import journal

__all__ = ["tree"]

resource = pytest.importorskip("resource")


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """The system refuses to let any file of this process grow beyond so many bytes."""
    before, wrote = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    # Python would keep half of a module that is imported meanwhile, for all runs to come.
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = wrote


def mp4(path: Path, height: int, width: int) -> Mp4Writer:
    return Mp4Writer(path, height, width, time_base=Fraction(1, 25), frame_rate=Fraction(25))


def write_clip(outputs: Outputs) -> None:
    with ClipWriter(outputs, INFO, mp4) as writer:
        for percept in percepts():
            writer.write(percept, noise(HEIGHT, WIDTH) if writer.takes_pictures else None)


def refusal_of(outputs: Outputs, size: int) -> str:
    """Cause of what went wrong, empty if nothing did."""
    try:
        with files_end_at(size):
            write_clip(outputs)
    except InvalidInput as refused:
        return refused.cause
    return ""


@pytest.mark.parametrize("size", [0, 9_000])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_that_does_not_fit_is_refused_in_words_and_left_partial(
    tmp_path: Path, format_: Format, size: int
) -> None:
    outputs = Outputs(tmp_path, "clip", (format_,))
    cause = refusal_of(outputs, size)
    assert cause or size > 0 or format_ == "events", "only the list of no events needs no byte"
    assert not cause or "cannot be written" in cause
    assert all(path.exists() != bool(cause) for path in outputs.paths)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not cause or all("partial" in str(path) for path in left)
    assert not list(tmp_path.rglob("*.spool"))


def test_a_manifest_that_cannot_be_shortened_keeps_every_line(tmp_path: Path) -> None:
    with Manifest(tmp_path) as manifest:
        for status in ("partial", "done"):
            manifest.add({"name": "clip", "status": status})
        (tmp_path / "manifest.jsonl.partial").mkdir()
    assert read_manifest(tmp_path)["clip"]["status"] == "done"


def test_masks_of_photographs_are_whole_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run leaves alone what an earlier one has written, so half a mask would stay for ever."""

    monkeypatch.setattr("glom_video_pipelines.masks.Saliency", FindsTheMiddle)
    (tmp_path / "in").mkdir()
    Image.fromarray(noise(64, 64)).save(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    for size in (0, 50):  # of the picture and of the mask, which has more than 50 bytes
        with files_end_at(size), pytest.raises(InvalidInput, match="cannot be written"):
            run_masks([tmp_path / "in"], tmp_path / "x.onnx", out)
        assert not list(out.glob("*/*.png")) + list(out.glob("*/*.jpg"))
    assert run_masks([tmp_path / "in"], tmp_path / "x.onnx", out) == 1


def test_scores_whose_report_finds_no_room_are_told(
    tree: Tree, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that had been computed was lost."""
    out = tree.root.parent / "report"
    with files_end_at(9_000):
        code = run_evaluate(EvaluateOptions((tree.predictions,), truth=tree.root, out=out))
    shown = capsys.readouterr()
    assert code == 1
    assert "object level: accuracy against truth" in shown.out
    assert is_one_error("\n".join(shown.err.strip().splitlines()[-2:]))
    assert "cannot be written" in shown.err
    assert not list(out.glob("*.partial*"))


def test_weights_and_checkpoints_are_whole_or_stay_as_they_were(tmp_path: Path) -> None:
    """A full disk was an internal error of torch or of safetensors."""
    glom, run = (
        glom_with(),
        TrainingRun.begin(TrainConfig((Phase(1, 48, 48, 2, 1, 1, 1),), SMALL, {})),
    )
    weights, checkpoint = tmp_path / "glom.safetensors", tmp_path / "checkpoint.pt"
    saves: list[tuple[Path, Callable[[], None]]] = [
        (weights, lambda: glom.save_pretrained(str(weights))),
        (checkpoint, lambda: run.save(checkpoint)),
    ]
    for path, save in saves:
        save()
        before = path.read_bytes()
        with files_end_at(9_000), pytest.raises(InvalidInput, match="cannot be written"):
            save()
        assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [checkpoint, weights]


def test_an_event_that_finds_no_room_leaves_no_half_line(tmp_path: Path) -> None:
    """The disk took its beginning, to which a later run would have appended."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.write({"kind": "appeared"})
    with files_end_at(30), pytest.raises(InvalidInput, match="cannot be written"):
        log.write({"kind": "left"})
    assert log.has_failed
    log.write({"kind": "merged"})
    log.close()
    assert [row["kind"] for row in json_lines(path)] == ["appeared", "merged"]


def test_the_inputs_of_a_run_are_whole_or_not_there(tmp_path: Path) -> None:
    """An empty config stayed, which the same command then took for another one."""
    config = tmp_path / "mine.toml"
    config.write_text(ONE_STEP)
    with files_end_at(10), pytest.raises(InvalidInput, match="run cannot be written"):
        run_train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_is_resumed_on_a_full_disk_keeps_its_config(tmp_path: Path) -> None:
    """It was emptied before it was written again, and no run could be resumed with it."""
    text = "# A long config.\n" * 100
    (tmp_path / CONFIG).write_text(text)
    with files_end_at(1_000), pytest.raises(InvalidInput, match="cannot be written"):
        write_inputs(tmp_path, tmp_path / CONFIG, ())
    assert (tmp_path / CONFIG).read_text() == text


def test_a_log_that_cannot_be_shortened_stays_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(f'{{"step": {step}}}\n' for step in range(1, 2_000)))
    before = log.read_text()
    with files_end_at(9_000), pytest.raises(OSError, match="too large"), journal(tmp_path, 1_500):
        pass
    assert log.read_text() == before


def test_an_event_that_finds_no_room_spoils_no_later_one(tmp_path: Path) -> None:
    """Of several sources, each goes on logging until it finds no room itself."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.write({"kind": "appeared"})
    for room in (5, 0):
        with (
            files_end_at(path.stat().st_size + room),
            pytest.raises(InvalidInput, match="cannot be written"),
        ):
            log.write({"kind": "split"})
    log.write({"kind": "left"})
    log.close()
    assert path.read_text().splitlines() == ['{"kind": "appeared"}', '{"kind": "left"}']


def test_results_that_find_no_room_are_one_clear_line() -> None:
    """As of ``glom-video config > FILE`` on a full disk."""
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-c", MAIN, "config"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert ran.returncode == 2
    assert is_one_error(ran.stderr)
    assert "no space left on device" in ran.stderr
