"""What the report shows of one clip, collected frame by frame in constant memory."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glom_video.evaluate import DRIFT_LAGS, ClipScorer, FrameFigures, PairCounts
from glom_video_pipelines.evaluate.clip_report.drawing import changed_pixels, css_colour, thumbnail
from glom_video_pipelines.evaluate.clip_report.moments import Moment, Moments
from glom_video_pipelines.evaluate.clip_report.spans import IdSpans, LevelSpans
from glom_video_pipelines.evaluate.clip_report.timeline import Timeline
from glom_video_pipelines.evaluate.score import Observed

MEANS = ("stability", "background_stability", "flicker", "coverage", "islands", "mbo")
"""Figures that are averaged over time."""
EVENTS = ("births", "gone", "switches", "merges", "splits")
"""Figures that are added up over time."""
MOST_LINES = 60
"""Ids whose spans are drawn, of one level."""
MOST_ROWS = 24
"""Ids on an axis of a confusion matrix."""


@dataclass(slots=True)
class _Level:
    """What is gathered at one level."""

    timeline: Timeline = field(default_factory=Timeline)
    spans: LevelSpans = field(default_factory=LevelSpans)
    moments: Moments = field(default_factory=Moments)
    previous_ids: frozenset[int] = frozenset()

    def add(self, place: int, figures: FrameFigures) -> None:
        """Curves, counts and spans of ids of the frame at ``place``, from 0."""
        ids, events, stable = frozenset(figures.ids.tolist()), figures.events, figures.stability
        values = {
            "stability": stable.share if stable else None,
            "background_stability": stable.background_share if stable else None,
            "flicker": figures.flicker,
            "coverage": figures.coverage,
            "mbo": figures.mbo,
            "islands": len(ids),
            "births": figures.births if place else None,
            "gone": len(self.previous_ids - ids),
        }
        if events:
            values |= {name: getattr(events, name) for name in ("switches", "merges", "splits")}
        self.timeline.add(place, values)
        parents = {number: figures.parents.get(number, 0) for number in ids}
        self.spans.add(place, parents, figures.births)
        self.previous_ids = ids


class ClipReport:
    """One method on one clip. ``pictures`` is how many frames are kept to be looked at, at the
    most."""

    def __init__(self, method: str, clip: str, pictures: int) -> None:
        self._method, self._clip, self._pictures = method, clip, pictures
        self._levels: dict[str, _Level] = {}
        self._kept: list[dict[str, Any]] = []
        self._every, self._places = 1, 0
        self._previous: Observed | None = None
        self._began: float | None = None

    def add(self, observed: Observed) -> None:
        """The next frame."""
        if self._began is None and observed.frame is not None:
            self._began = observed.frame.pts_seconds
        for level, figures in observed.figures.items():
            own = self._levels.setdefault(level, _Level())
            own.add(self._places, figures)
            stable = figures.stability
            if figures.warp_agreement is not None and stable is not None and stable.objects:
                own.moments.add(
                    self._places,
                    observed.name,
                    self._seconds(observed),
                    1 - figures.warp_agreement,
                    stable.kept / stable.objects,
                    lambda: self._pair(level, observed),  # noqa: B023 - called at once
                )
        if self._places % self._every == 0:
            self._keep(observed)
        self._previous = observed
        self._places += 1

    def _seconds(self, observed: Observed) -> float | None:
        """Since the first frame."""
        if observed.frame is None or self._began is None:
            return None
        return observed.frame.pts_seconds - self._began

    def _pair(self, level: str, observed: Observed) -> tuple[str, str]:
        """The frame before and this one at one level, changed pixels in red."""
        assert self._previous is not None, "agreement needs a frame before"
        assert observed.step is not None, "agreement needs a step"
        before, now = self._previous.labels[level], observed.labels[level]
        changed = changed_pixels(before, now, observed.step)
        return thumbnail(self._previous.frame, {level: before}), thumbnail(
            observed.frame, {level: now}, changed
        )

    def _keep(self, observed: Observed) -> None:
        """Keep a picture of this frame; when there are too many, every second goes."""
        parents = observed.figures["part"].parents if "part" in observed.figures else {}
        objects = observed.figures["object"].ids.tolist() if "object" in observed.figures else []
        tree = {
            number: sorted(part for part, parent in parents.items() if parent == number)
            for number in [*objects, 0]
        }
        picture = thumbnail(observed.frame, observed.labels)
        self._kept.append(
            {
                "place": self._places,
                "name": observed.name,
                "picture": picture,
                "tree": list(tree.items()),
            }
        )
        if len(self._kept) > self._pictures:
            self._kept, self._every = self._kept[::2], 2 * self._every

    def result(
        self, scorer: ClipScorer, figures: Mapping[str, Mapping[str, float]]
    ) -> dict[str, Any]:
        """Everything as JSON values, given what the scorer counted and the figures by level."""
        return {
            "method": self._method,
            "clip": self._clip,
            "frames": self._places,
            "kept": self._kept,
            "nesting": _matrix(scorer.tree.total()) if len(self._levels) > 1 else None,
            "levels": {
                level: self._level(level, own, scorer, figures.get(level, {}))
                for level, own in self._levels.items()
            },
        }

    def _level(
        self, level: str, own: _Level, scorer: ClipScorer, figures: Mapping[str, float]
    ) -> dict[str, Any]:
        """One level as JSON values."""
        matched = scorer.matched(level)
        lines = own.spans.longest(MOST_LINES)
        return {
            "places": own.timeline.places,
            "means": {name: own.timeline.means(name) for name in MEANS},
            "events": {name: own.timeline.totals(name) for name in EVENTS},
            "ids_seen": own.spans.ids_seen,
            "longest_ids": [_id_values(number, line) for number, line in lines.items()],
            "parent_colours": {
                state: css_colour(state) for line in lines.values() for _, _, state in line.spans
            },
            "moments": [_moment_values(moment) for moment in own.moments.worst_first()],
            "drift": [
                [lag, figures[f"drift_{lag}"]] for lag in DRIFT_LAGS if f"drift_{lag}" in figures
            ],
            "between": figures.get("between"),
            "confusion": _matrix(matched) if matched is not None else None,
        }


def _id_values(number: int, line: IdSpans) -> dict[str, Any]:
    return {
        "id": number,
        "colour": css_colour(number),
        "frames": line.frames,
        "spans": line.spans,
    }


def _moment_values(moment: Moment) -> dict[str, Any]:
    before, after = moment.pictures
    return {
        "place": moment.place,
        "name": moment.name,
        "seconds": moment.seconds,
        "badness": moment.badness,
        "stability": moment.stability,
        "before": before,
        "after": after,
    }


def _matrix(pairs: PairCounts) -> dict[str, Any] | None:
    """Of each row id the share of its pixels under each column id, for the largest ids of both; id
    0 is a column but no row."""
    table = zip(pairs.rows.tolist(), pairs.columns.tolist(), pairs.counts.tolist(), strict=True)
    cells = [(row, column, count) for row, column, count in table if row]
    if not cells:
        return None
    sizes, columns = Counter[int](), Counter[int]()
    for row, column, count in cells:
        sizes[row] += count
        columns[column] += count
    row_ids = sorted(number for number, _ in sizes.most_common(MOST_ROWS))
    column_ids = sorted(number for number, _ in columns.most_common(MOST_ROWS))
    shares = np.zeros((len(row_ids), len(column_ids)))
    for row, column, count in cells:
        if row in row_ids and column in column_ids:
            shares[row_ids.index(row), column_ids.index(column)] = count / sizes[row]
    # Rows that lie in the same column beside each other.
    order = np.lexsort((row_ids, shares.argmax(1)))
    return {
        "rows": [row_ids[i] for i in order],
        "columns": column_ids,
        "shares": shares[order].round(4).tolist(),
        "left_out": [len(sizes) - len(row_ids), len(columns) - len(column_ids)],
    }
