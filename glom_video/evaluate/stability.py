"""Stability: the share of object pixels that keep their id from frame to frame, moved along the
flow.

``glom-video evaluate`` and the live page both use this figure. It is the warp agreement of Lai et
al., "Learning blind video temporal consistency", ECCV 2018, with ids instead of colours, over the
pixels that are an object before or after. The background, which is most of most pictures and easily
stable, has its own figure and is never mixed in.
"""

from dataclasses import dataclass

from glom_video.evaluate.overlaps import PairCounts


@dataclass(frozen=True, slots=True)
class Stability:
    """Visible pixels of one step, or of several, whose counts are added up."""

    kept: int = 0
    """That are an object before and after, under one id."""
    objects: int = 0
    """That are an object before or after."""
    background_kept: int = 0
    """That are background before and after."""
    background: int = 0
    """That are background before or after."""

    def __add__(self, other: "Stability") -> "Stability":
        return Stability(
            self.kept + other.kept,
            self.objects + other.objects,
            self.background_kept + other.background_kept,
            self.background + other.background,
        )

    @property
    def share(self) -> float | None:
        """Stability, in [0, 1]; None where there was no object."""
        return self.kept / self.objects if self.objects else None

    @property
    def background_share(self) -> float | None:
        """The background's, in [0, 1]; None where there was none."""
        return self.background_kept / self.background if self.background else None


def stability(step: PairCounts) -> Stability:
    """Of one step, from the overlaps of the map before (rows), carried along the flow, with the
    present one (columns); 0 is background."""
    before, now = step.rows > 0, step.columns > 0
    same = step.rows == step.columns
    kept, objects, background_kept, background = (
        int(step.counts[pixels].sum())
        for pixels in (same & now, before | now, same & ~now, ~(before & now))
    )
    return Stability(kept, objects, background_kept, background)
