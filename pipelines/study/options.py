"""Options of a study."""

from dataclasses import dataclass, field
from pathlib import Path

from glom_video.perceive import Settings
from glom_video.track import TrackSettings

STUDY_SETTINGS = Settings(track=TrackSettings(min_score=0.0))
"""Shows all tracks: the threshold was fitted for the default weights, and a study may be of
others."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """The rendered clips of a study, the model that is run on them, and its settings."""

    clips: int
    """Of each family, or of each script."""
    size: tuple[int, int]
    """(height, width) of the clips in pixels."""
    frames: int = 16
    """Of each clip; a script has its own length."""
    photos: tuple[Path, ...] = ()
    """Folders of photographs for textures."""
    weights: str | None = None
    device: str = "auto"
    settings: Settings = field(default_factory=lambda: STUDY_SETTINGS)
    as_json: bool = False
