"""What time does to the columns: an expected next state, old states that fade, iterations that end when nothing changes any more."""

from dataclasses import replace

import pytest
import torch
from test_glom import glom_with, moving, pictures, untaught

from glom_video.glom import Glom


def taught_to_expect(glom: Glom, change: float) -> Glom:
    """The next state of every level adds ``change`` to its first number, per frame."""
    for net in glom.cell.next_state:
        net.change.bias.data[0] = change
    return glom


@torch.inference_mode()
def test_an_untaught_next_state_is_the_state() -> None:
    glom = untaught()
    levels = glom.step(pictures(1), moving(1, 0)).levels.unbind(1)
    for level, expected in zip(levels, glom.cell.expect(levels, torch.ones(1)), strict=True):
        torch.testing.assert_close(expected, level, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_the_next_state_goes_as_far_as_the_time_that_has_passed() -> None:
    glom = taught_to_expect(untaught(), 0.05)
    levels = glom.step(pictures(1), moving(1, 0)).levels.unbind(1)

    def gone(frames: float) -> float:
        expected = glom.cell.expect(levels, torch.tensor([frames]))
        return (expected[2] - levels[2])[..., 0].mean().item()

    assert gone(1.0) > 0
    assert gone(4.0) == pytest.approx(4 * gone(1.0), rel=0.15)


@torch.inference_mode()
def test_an_old_state_counts_less_than_a_fresh_one() -> None:
    """Same state, same frame; only the time between them differs. After ten frames the new picture decides more."""
    glom = glom_with(next_state=False)
    state = glom.step(pictures(1), moving(1, 0))
    shares = [
        glom.step_with_report(pictures(1, seed=1), moving(1, 0), state, elapsed=torch.tensor([frames]))[1].shares.weights[2] for frames in (1.0, 10.0)
    ]
    assert shares[1][0] < 0.7 * shares[0][0]
    assert shares[1][1] > shares[0][1]


@torch.inference_mode()
def test_each_stream_of_a_batch_has_its_own_time_step() -> None:
    glom = taught_to_expect(untaught(), 0.3)
    both = glom.step(pictures(1).expand(2, -1, -1, -1), moving(1, 0).expand(2, -1, -1, -1))
    after = glom.step(pictures(1, seed=1).expand(2, -1, -1, -1), moving(1, 0).expand(2, -1, -1, -1), both, elapsed=torch.tensor([1.0, 5.0]))
    alone = glom.step(pictures(1, seed=1), moving(1, 0), glom.step(pictures(1), moving(1, 0)), elapsed=torch.tensor([5.0]))
    torch.testing.assert_close(after.levels[1], alone.levels[0], atol=1e-4, rtol=0)
    assert (after.levels[0] - after.levels[1]).abs().max() > 0.05


@torch.inference_mode()
def test_iterations_end_when_the_columns_have_settled() -> None:
    """After a picture that is all new the columns change less and less."""
    frame, still = pictures(1), moving(1, 0)
    restless, patient = glom_with(iters=8), glom_with(iters=8, settled=0.001)
    state = restless.step(pictures(1, seed=7), still, iters=1)
    assert restless.step_with_report(frame, still, state)[1].iterations == 8
    after, report = patient.step_with_report(frame, still, state)
    assert 1 < report.iterations < 8
    torch.testing.assert_close(after.levels, restless.step(frame, still, state, iters=report.iterations).levels, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_a_settled_stream_waits_for_the_others_unchanged() -> None:
    """A batch gives what each stream gives alone, although one settles sooner: its picture is the one that it knew."""
    glom = glom_with(iters=8, settled=0.001)
    frames, still = pictures(1).expand(2, -1, -1, -1), moving(1, 0).expand(2, -1, -1, -1)
    state = glom.step(torch.cat([pictures(1, seed=7), pictures(1)]), still)
    together, report = glom.step_with_report(frames, still, state)
    alone = [glom.step_with_report(frames[:1], still[:1], replace(state, levels=state.levels[k : k + 1])) for k in range(2)]
    assert alone[1][1].iterations < alone[0][1].iterations == report.iterations
    for k in range(2):
        torch.testing.assert_close(together.levels[k], alone[k][0].levels[0], atol=1e-3, rtol=0)
