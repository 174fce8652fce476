"""The metrics that need no truth, by name: never to be called accuracy."""

from collections.abc import Iterator, Mapping

from glom_video.evaluate.drift import DRIFT_LAGS
from glom_video.evaluate.metric import Metric, survival_metrics


def _drift() -> Iterator[tuple[str, Metric]]:
    for lag in DRIFT_LAGS:
        heading = f"drift, {lag} frame" + "s" * (lag > 1)
        meaning = f"1 - cosine of an island's vector between two frames {lag} apart"
        yield (
            f"drift_{lag}",
            Metric(heading, "self-consistency", "lower", meaning, lag in (1, 10)),
        )


CONSISTENCY: Mapping[str, Metric] = {
    "coverage": Metric(
        "coverage",
        "self-consistency",
        None,
        "share of the picture under islands: what could be stable",
    ),
    "islands": Metric(
        "islands a frame",
        "self-consistency",
        None,
        "how many there are",
    ),
    "stability": Metric(
        "stability",
        "self-consistency",
        "higher",
        "share of the visible pixels that are an object now or before, motion followed, and "
        "keep their id",
    ),
    "background_stability": Metric(
        "background's stability",
        "self-consistency",
        "higher",
        "share of the visible pixels that are background now or before, motion followed, "
        "and stay it",
    ),
    **dict(
        survival_metrics(
            "self-consistency", "own_", "which object is which is told by appearance and place"
        )
    ),
    "warp_agreement": Metric(
        "warp agreement",
        "self-consistency",
        "higher",
        "share of all visible pixels, objects and background mixed, whose id is the one "
        "that the optical flow brings there",
        is_shown=False,
    ),
    "flicker": Metric(
        "flicker",
        "self-consistency",
        "lower",
        "share of all visible pixels whose id is another than in the frame before, at the "
        "same place",
        is_shown=False,
    ),
    **dict(_drift()),
    "between": Metric(
        "cosine between",
        "self-consistency",
        None,
        "mean cosine between the vectors of different islands of a frame, the control of "
        "drift: drift of .1 says little where different islands are only .1 apart",
    ),
    "life": Metric(
        "life, frames",
        "self-consistency",
        "higher",
        "median frames from an id's first to its last",
    ),
    "life_lower": Metric(
        "life, lower quartile",
        "self-consistency",
        "higher",
        "lower quartile of the frames from an id's first to its last",
        is_shown=False,
    ),
    "life_upper": Metric(
        "life, upper quartile",
        "self-consistency",
        "higher",
        "upper quartile of the frames from an id's first to its last",
        is_shown=False,
    ),
    "births": Metric(
        "births /100",
        "self-consistency",
        "lower",
        "ids that begin after the first frame, per 100 frames",
    ),
    "deaths": Metric(
        "deaths /100",
        "self-consistency",
        "lower",
        "ids that end before the last frame, per 100 frames",
    ),
    "switches": Metric(
        "id switches /100",
        "self-consistency",
        "lower",
        "islands that go on under another id, per 100 frames",
        is_shown=False,
    ),
    "merges": Metric(
        "merges /100",
        "self-consistency",
        "lower",
        "islands that two or more become one of, per 100 frames",
        is_shown=False,
    ),
    "splits": Metric(
        "splits /100",
        "self-consistency",
        "lower",
        "islands that become two or more, per 100 frames",
        is_shown=False,
    ),
    "recovery": Metric(
        "recovery, frames",
        "self-consistency",
        "lower",
        "frames until warp agreement is back within .02 of what it was, after a cut, "
        "missing frames, or a step that hides most of the picture",
    ),
    "containment": Metric(
        "containment",
        "self-consistency",
        "higher",
        "largest share of a part inside one object, mean",
    ),
    "parent_switches": Metric(
        "parent switches /100",
        "self-consistency",
        "lower",
        "times that a part changes its object, per 100 frames",
    ),
}
"""In the order of tables."""
