"""A recorded step: the same to the last bit, and not held up by other threads. Small random
weights."""

import sys
import warnings
from dataclasses import replace

import pytest
import torch
from small_gloms import SMALL

from glom_video.glom import Glom, GlomConfig
from glom_video.glom.outputs import StepOutput
from glom_video.glom.recorded import HAVE_TRACE, KEPT, StepRecorder
from glom_video.structures import GlomState

pytestmark = pytest.mark.skipif(
    not HAVE_TRACE,
    reason="this Python cannot record steps: they are run one operation after the other",
)


@pytest.fixture(scope="module", autouse=True)
def steps_run_in_python(steps_recorded: None) -> None:
    """Not here: they are recorded, as they are for users."""


def model(config: GlomConfig = SMALL) -> Glom:
    torch.manual_seed(1)
    return Glom(config)


def inferred(
    glom: Glom,
    frames: int,
    clips: int = 1,
    height: int = 72,
    width: int = 96,
    iters: int | None = None,
) -> list[StepOutput]:
    generator, state, outputs = torch.Generator().manual_seed(2), None, []
    for index in range(frames):
        image = torch.rand(clips, 3, height, width, generator=generator).to(glom.ground.device)
        motion = torch.randn(clips, 7, height, width, generator=generator).to(glom.ground.device)
        elapsed = torch.full((clips,), 1.0 + index, device=glom.ground.device)
        outputs.append(
            glom.infer(glom.encode(image, motion), motion, state, iters=iters, elapsed=elapsed)
        )
        state = outputs[-1].state
    return outputs


def assert_same(one: StepOutput, other: StepOutput) -> None:
    assert torch.equal(one.state.levels, other.state.levels)
    assert (one.state.grid, one.state.frames_seen) == (other.state.grid, other.state.frames_seen)
    assert torch.equal(one.agreement, other.agreement)
    assert torch.equal(one.contributions, other.contributions)


@pytest.mark.parametrize(
    "config",
    [SMALL, replace(SMALL, next_state=False)],
)
@pytest.mark.parametrize("products", [torch.float32, torch.bfloat16])
def test_a_recorded_step_says_what_the_step_says(config: GlomConfig, products: torch.dtype) -> None:
    """Other pictures, motion, states and times than those it was recorded with, several grids and
    batches, and one or two iterations."""
    recorded, plain = model(config).for_inference(products), model(config).for_inference(products)
    plain._recorder = None
    for clips, height, width, iters in (
        (1, 72, 96, None),
        (2, 72, 96, None),
        (1, 48, 72, 2),
        (1, 72, 96, None),
    ):
        for one, other in zip(
            inferred(recorded, 4, clips, height, width, iters),
            inferred(plain, 4, clips, height, width, iters),
            strict=True,
        ):
            assert_same(one, other)
    assert recorded._recorder is not None
    kept = recorded._recorder._recorded.values()
    assert len(kept) == 6, "what is shown, and the step, for each of three"
    assert None not in kept


@pytest.mark.skipif(not HAVE_TRACE, reason="steps are not recorded here")
@pytest.mark.parametrize("kind", [DeprecationWarning, FutureWarning])
def test_what_torch_warns_of_recording_is_kept_from_the_user(
    kind: type[Warning], monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    trace = torch.jit.trace

    def warning(*given: object, **named: object) -> object:
        warnings.warn("`torch.jit.trace` is deprecated. Please switch.", kind, stacklevel=2)
        return trace(*given, **named)

    monkeypatch.setattr(torch.jit, "trace", warning)
    recorder = StepRecorder()
    for _ in range(3):
        (doubled,) = recorder(lambda x: (2 * x,), (), torch.ones(3))
        assert doubled.tolist() == [2, 2, 2]
    assert not recwarn.list


def test_of_many_shapes_the_last_are_kept() -> None:
    recorder, calls = StepRecorder(), []

    def double(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        calls.append(tuple(x.shape))
        return (2 * x,)

    for size in range(1, KEPT + 3):
        for _ in range(3):
            assert torch.equal(recorder(double, (), torch.ones(size))[0], torch.full((size,), 2.0))
        assert len(calls) == 2 * size, "once to be run and once to be recorded"
    assert len(recorder._recorded) == KEPT
    recorder(double, (), torch.ones(KEPT + 2))
    assert len(calls) == 2 * (KEPT + 2)
    recorder(double, (), torch.ones(1))
    assert len(calls) == 2 * (KEPT + 2) + 1


def test_what_comes_once_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture alone takes a tenth of the time that its recording would."""
    monkeypatch.setattr(torch.jit, "trace", None)
    glom = model().for_inference()
    for height, width in ((48, 72), (72, 96), (72, 72)):
        inferred(glom, 1, height=height, width=width)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_a_step_is_recorded_as_a_graph_that_says_what_the_step_says() -> None:
    recorded, plain = (
        model().cuda().for_inference(torch.float32),
        model().cuda().for_inference(torch.float32),
    )
    plain._recorder = None
    for clips, height, width in ((1, 72, 96), (2, 72, 96), (1, 48, 72), (1, 72, 96)):
        for one, other in zip(
            inferred(recorded, 4, clips, height, width),
            inferred(plain, 4, clips, height, width),
            strict=True,
        ):
            assert_same(one, other)


def calls_from_python(glom: Glom, state: GlomState) -> int:
    """Of functions and operations, while a frame is seen: at each, another thread may take Python's
    lock away."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    image, motion, elapsed = torch.rand(1, 3, 72, 96), torch.randn(1, 7, 72, 96), torch.ones(1)
    glom.infer(glom.encode(image, motion), motion, state, elapsed=elapsed)
    sys.setprofile(count)
    try:
        glom.infer(glom.encode(image, motion), motion, state, elapsed=elapsed)
    finally:
        sys.setprofile(None)
    return calls


def test_a_recorded_step_gives_other_threads_few_chances_to_hold_it_up() -> None:
    recorded, plain = model().for_inference(), model().for_inference()
    plain._recorder = None
    state = inferred(recorded, 3)[-1].state
    # Most of them are checks of types, which only tests make.
    assert calls_from_python(recorded, state) < calls_from_python(plain, state) / 4
