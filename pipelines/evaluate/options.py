"""Options of an evaluation."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from glom_video.perceive import Settings


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
    settings: Settings = field(default_factory=Settings)
    """Of the model, of ``beside`` and of the peer that is the model without memory."""
    first_frames: int | None = None
    """Score only so many frames of each clip."""

    @property
    def concerns_model_alone(self) -> bool:
        """Whether anything was chosen that makes no difference unless a clip is run through the
        model itself."""
        by_default = Settings()
        of_model = replace(self.settings, motion=by_default.motion)  # flow is for all metrics
        has_settings = of_model != by_default and not self.beside
        return not self.peers and (self.weights is not None or has_settings)
