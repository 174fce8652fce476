"""What several tests share: percepts with known memberships, small clips made on the spot, a tiny
model on disk, the command line in this process."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jaxtyping
import numpy as np
import pytest
import torch
from percepts import noise, percept_of, tracks_of

from glom_video.motion import MotionSettings
from glom_video.perceive import Settings
from glom_video.structures import Motion, Percept

if TYPE_CHECKING:
    from glom_video.glom import Glom
    from glom_video.synth import Textures

os.environ.setdefault("OMP_NUM_THREADS", "1")
torch.set_num_threads(1)


@pytest.fixture
def two_objects() -> Percept:
    """Noise of 120x200 with two objects of two parts each: ids 3 and 7, parts 1, 2 in 3 and 4, 9 in
    7."""
    objects = tracks_of({3: (20, 20, 90, 100), 7: (110, 20, 180, 100)}, 120, 200)
    parts = tracks_of(
        {1: (20, 20, 90, 60), 2: (20, 60, 90, 100), 4: (110, 20, 145, 100), 9: (145, 20, 180, 100)},
        120,
        200,
        {1: 3, 2: 3, 4: 7, 9: 7},
    )
    return percept_of(noise(120, 200), objects, parts)


MakePercept = Callable[..., Percept]


@pytest.fixture
def moment() -> MakePercept:
    """``moment(index, left=20, size=(120, 200))``: noise with object 3, of parts 1 and 2, at
    ``left``, and object 7 without parts."""

    def make(index: int, left: int = 20, size: tuple[int, int] = (120, 200)) -> Percept:
        objects = tracks_of({3: (left, 20, left + 60, 100), 7: (150, 20, 180, 60)}, *size)
        parts = tracks_of(
            {1: (left, 20, left + 60, 60), 2: (left, 60, left + 60, 100)}, *size, {1: 3, 2: 3}
        )
        height, width = size[0] // 2, size[1] // 2
        still = np.zeros((height, width, 2), np.float32)
        motion = Motion(
            flow=still,
            residual=still,
            validity=np.ones((height, width), np.float32),
            camera=np.eye(3),
        )
        return replace(percept_of(noise(*size), objects, parts, index), motion=motion)

    return make


def moving_square(frames: int, height: int = 96, width: int = 128) -> np.ndarray:
    """(t H W 3) uint8: a bright square that crosses a textured ground."""
    ground = noise(height // 8, width // 8).repeat(8, 0).repeat(8, 1) // 3
    clip = np.repeat(ground[None], frames, 0)
    for t in range(frames):
        left = 8 + (2 * t) % (width - 48)
        clip[t, 32:64, left : left + 32] = (230, 180, 60)
    return clip


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Nine photographs of a red disc before green noise, with their masks."""
    import cv2

    from glom_video.synth.photographs import MASKS, PICTURES

    for name in (PICTURES, MASKS):
        (tmp_path / name).mkdir()
    for number in range(9):
        picture = np.random.default_rng(number).integers(0, 60, (120, 160, 3), np.uint8)
        picture[..., 1] += 100
        mask = np.zeros((120, 160), np.uint8)
        cv2.circle(mask, (80, 60), 30 + number, 255, -1)
        picture[mask > 0] = (200, 40, 40)
        cv2.imwrite(
            str(tmp_path / PICTURES / f"{number}.jpg"),
            picture[:, :, ::-1],
            [cv2.IMWRITE_JPEG_QUALITY, 98],
        )
        cv2.imwrite(str(tmp_path / MASKS / f"{number}.png"), mask)
    return tmp_path


MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """``make_video(name, frames=8, rate=25, with_sound=False)`` writes a clip of moving_square and
    returns its path."""

    def make(
        name: str,
        frames: int = 8,
        rate: int = 25,
        with_sound: bool = False,
        folder: Path = tmp_path,
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        write_video(folder / name, moving_square(frames), rate, with_sound)
        return folder / name

    return make


def write_video(
    path: Path, images: np.ndarray, rate: int | Fraction = 25, with_sound: bool = False
) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = *images.shape[1:3], "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono") if with_sound else None
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
        if sound is not None:
            for start in range(0, int(16000 * len(images) / rate), 1024):
                piece = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                piece.sample_rate, piece.pts, piece.time_base = 16000, start, Fraction(1, 16000)
                container.mux(sound.encode(piece))
            container.mux(sound.encode(None))


def decoded(path: Path) -> list[float]:
    """Presentation times of all frames, after decoding each."""
    import av

    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def manifest(out: Path) -> dict[str, dict[str, Any]]:
    lines = json_lines(out / "manifest.jsonl")
    assert len({line["name"] for line in lines}) == len(lines), "one line per source"
    return {line["name"]: line for line in lines}


def is_one_error(text: str) -> bool:
    lines = text.strip().splitlines()
    return (
        len(lines) == 2
        and lines[0].startswith("error: ")
        and lines[1].startswith("fix: ")
        and "Traceback" not in text
    )


@pytest.fixture(scope="module", autouse=True)
def steps_run_in_python() -> Iterator[None]:
    """Models take their steps one operation after the other, with all shapes checked, and record
    none: to record one costs over a second while shapes are checked, as much as fifty steps. What
    is recorded says the same to the last bit, which tests/test_glom_recorded.py holds up; processes
    that tests start record."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("glom_video.glom.model.can_record", lambda device: False)
        yield


@pytest.fixture(scope="module")
def steps_recorded() -> Iterator[None]:
    """For modules that ask for recorded steps: shapes are not checked while one is recorded, when
    each size is a tensor and each check takes milliseconds."""
    trace = torch.jit.trace

    def unchecked(*given: Any, **options: Any) -> object:
        jaxtyping.config.update("jaxtyping_disable", True)
        try:
            return trace(*given, **options)
        finally:
            jaxtyping.config.update("jaxtyping_disable", False)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(torch.jit, "trace", unchecked)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium; skips where there is none."""
    from live_browser import chromium

    with chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def textures() -> "Textures":
    """Those that come with the package."""
    from glom_video.synth import Textures

    return Textures.load()


def small_glom(seed: int) -> "Glom":
    """A small model whose weights are drawn with this seed."""
    from small_gloms import untaught

    return untaught(seed)


@pytest.fixture(scope="module")
def glom() -> "Glom":
    return small_glom(3)


def loaded(glom: "Glom") -> "Future[Glom]":
    """A model that is there, for a run that waits for one."""
    model: Future[Glom] = Future()
    model.set_result(glom)
    return model


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a small model that has learnt nothing: enough for whatever does not ask what
    it sees."""
    path = tmp_path_factory.mktemp("weights") / "glom.safetensors"
    small_glom(0).save_pretrained(str(path))
    return path


Options = tuple[object, ...]
"""Of the command line, as they are typed."""

SMALL_GRID = 6_912
"""Area of a working picture with 12x16 columns: enough for whatever does not ask what is found."""
SMALL = Settings(motion=MotionSettings(SMALL_GRID))


@pytest.fixture
def small_model(tiny_weights: Path) -> Options:
    """Options of a command that make it quick, whatever the size of the clip."""
    return ("--weights", tiny_weights, "--working-pixels", SMALL_GRID)


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def glom_video(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """The command line, in this process: ``glom_video("annotate", path, "-o", out)`` returns exit
    code, stdout and stderr."""
    from glom_video_pipelines.cli import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["glom-video", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def annotate(glom_video: Cli, small_model: Options) -> Cli:
    """``annotate(clip, "--stride", 3, out=folder, formats=("davis",))``: ``glom-video annotate``
    with the small model."""

    def run(*arguments: object, out: Path, formats: Sequence[str] = ()) -> Ran:
        named = [word for name in formats for word in ("--format", name)]
        return glom_video("annotate", *arguments, "-o", out, *small_model, *named)

    return run
