"""All settings, from motion to the drawn picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from glom_video.glom import GlomSettings
from glom_video.islands import IslandSettings
from glom_video.motion import MotionSettings
from glom_video.render import DrawSettings
from glom_video.track import TrackSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings value per stage.

    Raises:
        TypeError: a value is another stage's.
    """

    motion: MotionSettings = field(default_factory=MotionSettings)
    glom: GlomSettings = field(default_factory=GlomSettings)
    islands: IslandSettings = field(default_factory=IslandSettings)
    track: TrackSettings = field(default_factory=TrackSettings)
    draw: DrawSettings = field(default_factory=DrawSettings)
    """For ``render``; ``Perceiver`` and ``perceive`` ignore it."""

    def __post_init__(self) -> None:
        for stage, kind in STAGES.items():
            value = getattr(self, stage)
            if not isinstance(value, kind):
                raise TypeError(f"{stage} is of {kind.__name__}, not {type(value).__name__}")

    @classmethod
    def from_dict(cls, stored: Mapping[str, Mapping[str, Any]]) -> "Settings":
        """Inverse of ``dataclasses.asdict``."""
        return cls(**{stage: kind(**stored[stage]) for stage, kind in STAGES.items()})


STAGES: dict[str, Any] = {item.name: item.type for item in fields(Settings)}
"""The class of each stage's settings."""
DEFAULT_SETTINGS = Settings()
