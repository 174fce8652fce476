"""What the user may choose of an evaluation."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What is scored, against what, and where the result goes."""

    paths: tuple[str | Path, ...]
    """As ``find_clips``: what is run through the model, and predictions as they stand."""
    truth: Path | None = None
    """Root of a DAVIS tree of true masks; without it only self-consistency is measured."""
    pictures: Path | None = None
    """Where the pictures under predictions are, if neither beside the truth nor noted by
    ``annotate``."""
    controls: bool = False
    peers: bool = False
    beside: tuple[str, ...] = ()
    """Other weights, each scored as one more method."""
    out: Path | None = None
    """Folder for ``report.html``, ``metrics.json`` and ``metrics.parquet``."""
    as_json: bool = False
    weights: str | None = None
    device: str = "auto"
    iters: int | None = None
    first_frames: int | None = None
    """Score only so many frames of each clip."""
    min_score: float | None = None
    """As of Perceiver."""
