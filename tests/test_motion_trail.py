"""The trail sums what moves by itself, goes along with the flow, and fades."""

import numpy as np
import pytest

from glom_video.motion import (
    TRAIL_MEMORY,
    trailed,
)
from glom_video.structures import Motion


def shifted(dx: float, residual: float, validity: float = 1.0, *, is_cut: bool = False) -> Motion:
    """Everything came from ``dx`` pixels to the right, ``residual`` of it by itself."""
    flow, own = (np.zeros((8, 12, 2), np.float32) for _ in range(2))
    flow[..., 0], own[..., 0] = dx, residual
    return Motion(flow, own, np.full((8, 12), validity, np.float32), np.eye(3), is_cut)


def test_a_trail_sums_what_moves_and_fades_where_it_stops() -> None:
    trail = None
    for _ in range(40):
        trail = trailed(trail, shifted(0, 0.5))
    assert trail is not None
    np.testing.assert_allclose(trail[..., 0], 0.5 / (1 - TRAIL_MEMORY), rtol=1e-3)
    stopped = trailed(trail, shifted(0, 0))
    np.testing.assert_allclose(stopped, TRAIL_MEMORY * trail)


def test_a_trail_goes_where_the_flow_takes_it() -> None:
    before = np.zeros((8, 12, 2), np.float32)
    before[3, 7, 0] = 2
    after = trailed(before, shifted(3, 0))
    assert after[3, 4, 0] == pytest.approx(2 * TRAIL_MEMORY)
    assert np.count_nonzero(after) == 1


@pytest.mark.parametrize(
    "motion",
    [shifted(0, 1.5, validity=0), shifted(40, 1.5), shifted(0, 1.5, is_cut=True)],
    ids=["unexplained", "outside", "cut"],
)
def test_a_trail_begins_anew_where_nothing_is_known_of_before(motion: Motion) -> None:
    np.testing.assert_allclose(trailed(np.full((8, 12, 2), 9, np.float32), motion), motion.residual)
