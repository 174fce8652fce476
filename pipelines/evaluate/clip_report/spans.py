"""When each id was there, and as what: spans of frames, bounded in number whatever the length of
the clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RESOLUTION = 400
"""Gaps shorter than this fraction of the clip so far could not be seen in a plot, and are
closed."""
MOST_IDS = 1000
"""More are pruned to the half that was seen longest."""


@dataclass(slots=True)
class IdSpans:
    """One id: spans as [first frame, last frame, what it was], and in how many frames it was
    seen."""

    frames: int = 0
    spans: list[list[int]] = field(default_factory=list)


class LevelSpans:
    """The spans of the ids of one level of one clip."""

    def __init__(self) -> None:
        self.ids_seen = 0
        self._lines: dict[int, IdSpans] = {}

    def add(self, place: int, states: Mapping[int, int], births: int) -> None:
        """One frame: each visible id and what it is (for a part, its object; 0 otherwise), and how
        many ids were never seen before."""
        self.ids_seen += births
        for number, state in states.items():
            line = self._lines.setdefault(number, IdSpans())
            line.frames += 1
            if (
                line.spans
                and line.spans[-1][2] == state
                and place - line.spans[-1][1] <= max(1, place // RESOLUTION)
            ):
                line.spans[-1][1] = place
            else:
                line.spans.append([place, place, state])
                line.spans = line.spans if len(line.spans) <= RESOLUTION else _coarser(line.spans)
        if len(self._lines) > MOST_IDS:
            self._lines = dict(
                sorted(self._lines.items(), key=lambda item: item[1].frames)[MOST_IDS // 2 :]
            )

    def longest(self, count: int) -> dict[int, IdSpans]:
        """The ids that were seen in most frames, in the order of their births."""
        chosen = sorted(self._lines.items(), key=lambda item: -item[1].frames)[:count]
        return dict(sorted(chosen, key=lambda item: item[1].spans[0][0]))


def _coarser(spans: list[list[int]]) -> list[list[int]]:
    """Half as many spans: each pair goes on as what its longer one was."""
    pairs = [spans[i : i + 2] for i in range(0, len(spans), 2)]
    return [
        [pair[0][0], pair[-1][1], max(pair, key=lambda span: span[1] - span[0])[2]]
        for pair in pairs
    ]
