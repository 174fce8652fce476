"""Ids of tracks and numbers of parts."""

from collections.abc import Set
from dataclasses import dataclass, field

from glom_video.structures import LEVEL_NAMES


@dataclass(slots=True)
class Ids:
    """Gives out ids, from 1 per level and none twice, and numbers of parts, from 1 per object."""

    next_id: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVEL_NAMES, 1))
    part_counts: dict[int, int] = field(default_factory=dict)
    """Number of parts that each remembered object has had, by its id."""

    def new_id(self, level: str) -> int:
        """An id that no track of a named level has had."""
        number = self.next_id[level]
        self.next_id[level] += 1
        return number

    def new_part_number(self, owner: int) -> int:
        """A number that no part of an object has had."""
        self.part_counts[owner] = self.part_counts.get(owner, 0) + 1
        return self.part_counts[owner]

    def keep_counts_of(self, owners: Set[int]) -> None:
        """Forget how many parts other objects have had; their ids do not come back."""
        self.part_counts = {
            owner: count for owner, count in self.part_counts.items() if owner in owners
        }
