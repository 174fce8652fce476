"""Settings of the drawn picture."""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import Literal, get_args

from glom_video.structures import LEVEL_NAMES, Choice, LevelName, Range, allowed, check_fields

Layout = Literal["overlay", "side-by-side", "levels", "mask"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """Settings of the drawn picture.

    Raises:
        InvalidInput: a value is outside of its range.
    """

    layout: Layout = field(default="overlay", metadata=allowed(Choice(LAYOUTS)))
    """``overlay`` (H W 3), the default; ``side-by-side`` (H 2W 3), source and overlay; ``levels``
    (H 2W 3) for one level or (2H 2W 3) for both, each beside its agreement; ``mask`` (H W 3), flat
    colours on black."""
    level: LevelName | None = field(default=None, metadata=allowed(Choice(LEVEL_NAMES)))
    """Draw only this level, ``part`` or ``object``; default None: both, objects filled, with the
    borders of their parts inside."""
    object_id: int | None = field(default=None, metadata=allowed(Range(1)))
    """Draw only the object with this id and its parts: 1 or more; default None: all."""
    opacity: float = field(default=0.5, metadata=allowed(Range(0.0, 1.0)))
    """Opacity of the fill: 0 to 1, default 0.5."""
    with_ids: bool = field(default=True, metadata=allowed(Choice((True, False))))
    """Whether ids and scores are written into pictures drawn over the source's: True, the default,
    or False."""

    def __post_init__(self) -> None:
        check_fields(self)

    def notes(self, objects_seen: Set[int]) -> list[str]:
        """A note where the only object that was to be drawn is none of those of a clip."""
        if self.object_id is None or self.object_id in objects_seen:
            return []
        return [f"object {self.object_id} was never seen"]
