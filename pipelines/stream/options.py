"""Options of a live run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glom_video.formats import Format
from glom_video.perceive import Settings
from glom_video.read import Policy
from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS

View = Literal["window", "web", "rerun", "none"]


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """None leaves the choice to the stage that it concerns."""

    view: View | None = None
    host: str | None = None
    port: int | None = None
    public_url: str | None = None
    """Where a proxy serves the page."""
    record: Path | None = None
    formats: tuple[Format, ...] = ()
    events: Path | None = None
    """Where each event is written as it is told."""
    zones: Path | None = None
    notify: str | None = None
    """Address that each event is sent to."""
    virtual_camera: bool = False
    policy: Policy = "latest"
    give_up_seconds: float | None = None
    loop: bool = False
    """A file begins again at its end."""
    settings: Settings = LIVE_SETTINGS
    """``draw`` is how the picture is drawn at first: viewers may ask for more."""
    weights: str | None = None
    device: str = "auto"

    def of_page(self) -> str | None:
        """An option that was given and concerns the page only."""
        given = {"--public-url": self.public_url, "--host": self.host, "--port": self.port}
        return next((name for name, value in given.items() if value is not None), None)
