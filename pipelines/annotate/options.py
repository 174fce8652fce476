"""Options of an annotation, and hashes that tell earlier results from new ones."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from glom_video.events import NO_PLACES, Places
from glom_video.formats import Format
from glom_video.glom.package_weights import FILE_NAME, PACKAGE_WEIGHTS
from glom_video.perceive import Settings
from glom_video.structures import LEVEL_NAMES, LevelName


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """Everything that determines the outputs. None leaves the choice to the stage."""

    settings: Settings = field(default_factory=Settings)
    """``draw.level`` is also the only level that is exported."""
    formats: tuple[Format, ...] = ("mp4",)
    places: Places = NO_PLACES
    """Zones and lines for events."""
    start_seconds: float | None = None
    end_seconds: float | None = None
    stride: int = 1
    size: str | None = None
    """As ``scaled_size`` takes it."""
    weights: str | None = None
    device: str = "auto"
    with_sound: bool = True
    with_frames: bool = False
    """Whether the source's pictures are written beside the masks, and the json of all clips."""
    max_corrupt: float = 0.05
    """Share of damaged and lost frames above which a clip counts as partial."""
    threads: int | None = None
    """Threads of the model, OpenCV and the encoder in each worker; None leaves it to each. With a
    fixed number a video's bytes are repeatable."""

    @property
    def levels(self) -> tuple[LevelName, ...]:
        """Levels that are drawn and exported."""
        level = self.settings.draw.level
        return LEVEL_NAMES if level is None else (level,)

    @property
    def config_hash(self) -> str:
        """Hash of everything that determines the outputs, except the weights."""
        apart = {"weights", "device", "max_corrupt", "threads"}
        chosen = {name: value for name, value in asdict(self).items() if name not in apart}
        return digest(json.dumps(chosen, sort_keys=True))


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a batch is run, which changes nothing in its outputs."""

    overwrite: bool = False
    """Replace outputs of other sources or settings."""
    workers: int | None = None
    """Files at a time, more than one with Ray; None: one, or with ``ray_address`` one a machine."""
    ray_address: str | None = None
    """Cluster whose machines share the work; None: this machine."""
    debug: bool = False
    """Show the trace of an internal error."""


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


def weights_digest(weights: str | None) -> str:
    """Hash of the checkpoint's bytes; for a hub id, or what cannot be read, what was given."""
    path = PACKAGE_WEIGHTS if weights is None else Path(weights)
    path = path / FILE_NAME if os.path.isdir(path) else path
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return str(weights)
