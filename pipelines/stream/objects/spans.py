"""When in a file each object was seen, for its seek bar."""

from typing import Any

from glom_video.structures import Percept
from glom_video_pipelines.stream.objects.tree import css_colour

BINS = 240
"""That a file is cut into: what is sent and kept does not grow with it."""
MOST_LINES = 16
"""Objects that are shown."""


class ObjectSpans:
    """Ids by place in the file. What is played again replaces what was seen there before."""

    def __init__(self) -> None:
        self._bins: dict[int, set[int]] = {}
        self._entered: tuple[int, int] | None = None
        """Bin and piece of the last frame."""

    def add(self, percept: Percept, position_seconds: float, piece: int, duration: float) -> None:
        """One frame at its place in a file of a duration in seconds."""
        share = position_seconds / duration if duration > 0 else 0.0
        place = min(int(share * BINS), BINS - 1)
        if self._entered != (place, piece):
            self._bins[place] = set()
            self._entered = place, piece
        self._bins[place] |= set(percept.tracks["object"].ids.tolist())

    def lines(self) -> list[dict[str, Any]]:
        """Of the objects that were seen longest, by first appearance: id, colour and spans as
        [begin, end] in shares of the file."""
        places: dict[int, list[int]] = {}
        for place, ids in sorted(self._bins.items()):
            for id_ in ids:
                places.setdefault(id_, []).append(place)
        longest = sorted(places, key=lambda id_: (-len(places[id_]), id_))[:MOST_LINES]
        return [
            {"id": id_, "colour": css_colour(id_), "spans": self._spans(places[id_])}
            for id_ in sorted(longest, key=lambda id_: (places[id_][0], id_))
        ]

    def _spans(self, places: list[int]) -> list[list[float]]:
        """Places that follow each other, nothing but unplayed ones between them, are one span."""
        spans: list[list[int]] = []
        for place in places:
            if spans and all(at not in self._bins for at in range(spans[-1][1] + 1, place)):
                spans[-1][1] = place
            else:
                spans.append([place, place])
        return [[round(begin / BINS, 4), round((end + 1) / BINS, 4)] for begin, end in spans]
