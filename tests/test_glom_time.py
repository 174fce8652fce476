"""What time does to the columns: an expected next state, old states that fade."""

import pytest
import torch
from small_gloms import glom_with, moving, pictures, untaught

from glom_video.glom import Glom


def taught_to_expect(glom: Glom, change: float) -> Glom:
    """The next state of every level adds ``change`` to its first number, per frame."""
    for net in glom.cell.next_state:
        net.get_parameter("change.bias").data[0] = change
    return glom


@torch.inference_mode()
def test_an_untaught_next_state_is_the_state() -> None:
    glom = untaught()
    levels = glom.step(pictures(1), moving(1, 0)).levels.unbind(1)
    for level, expected in zip(levels, glom.cell.predict(levels, torch.ones(1)), strict=True):
        torch.testing.assert_close(expected, level, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_the_next_state_goes_as_far_as_the_time_that_has_passed() -> None:
    glom = taught_to_expect(untaught(), 0.05)
    levels = glom.step(pictures(1), moving(1, 0)).levels.unbind(1)

    def gone(frames: float) -> float:
        expected = glom.cell.predict(levels, torch.tensor([frames]))
        return (expected[2] - levels[2])[..., 0].mean().item()

    assert gone(1.0) > 0
    assert gone(4.0) == pytest.approx(4 * gone(1.0), rel=0.15)


@torch.inference_mode()
def test_an_old_state_counts_less_than_a_fresh_one() -> None:
    """Same state, same frame; only the time between them differs. After ten frames the new picture
    decides more."""
    glom = glom_with(next_state=False)
    state = glom.step(pictures(1), moving(1, 0))
    shares = [
        glom.advance(
            glom.encode(pictures(1, seed=1), moving(1, 0)),
            moving(1, 0),
            state,
            elapsed=torch.tensor([frames]),
        )[1].weights[2]
        for frames in (1.0, 10.0)
    ]
    assert shares[1][0] < 0.7 * shares[0][0]
    assert shares[1][1] > shares[0][1]


@torch.inference_mode()
def test_each_stream_of_a_batch_has_its_own_time_step() -> None:
    glom = taught_to_expect(untaught(), 0.3)
    both = glom.step(pictures(1).expand(2, -1, -1, -1), moving(1, 0).expand(2, -1, -1, -1))
    after = glom.step(
        pictures(1, seed=1).expand(2, -1, -1, -1),
        moving(1, 0).expand(2, -1, -1, -1),
        both,
        elapsed=torch.tensor([1.0, 5.0]),
    )
    alone = glom.step(
        pictures(1, seed=1),
        moving(1, 0),
        glom.step(pictures(1), moving(1, 0)),
        elapsed=torch.tensor([5.0]),
    )
    torch.testing.assert_close(after.levels[1], alone.levels[0], atol=1e-4, rtol=0)
    assert (after.levels[0] - after.levels[1]).abs().max() > 0.05
