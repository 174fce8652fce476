"""The step of a model as one call outside Python, recorded once per shape, when that comes for the
second time, so that other threads do not hold it up.

A step is some hundred small operations. Between two of them Python takes its lock again, and each
time waits up to five milliseconds if another thread reads, draws or writes. A recorded step takes
the lock once. On a GPU, launching each operation separately costs more than the operations do; a
recorded step is launched as one graph.
"""

import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
StepFunction = Callable[..., Tensors]
Found = TypeVar("Found")

KEPT = 16
"""Most recordings kept, those of the shapes used last; two per shape."""
WARM_UP_STEPS = 2
"""Unrecorded runs on a GPU before a step is recorded."""
HAVE_TRACE = sys.version_info < (3, 14)
"""Whether this Python has torch.jit.trace."""


class StepRecorder:
    """Recorded steps by the shapes of their inputs and a ``key`` of everything else that a step
    depends on.

    Recording takes ten times as long as a step: a single picture, and a live stream's first one, do
    without it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorded: OrderedDict[tuple[object, ...], StepFunction | None] = OrderedDict()
        """None of what came once."""

    def __call__(self, step: StepFunction, key: tuple[object, ...], *given: Tensor) -> Tensors:
        """What ``step(*given)`` returns, to the last bit. ``step`` may depend on nothing but
        tensors' values and ``key``."""
        name = (*key, *(tuple(x.shape) for x in given))
        with self._lock:
            recorded = self._recorded.get(name)
            if recorded is None:
                is_second = name in self._recorded
                recorded = self._recorded[name] = record(step, given) if is_second else None
            self._recorded.move_to_end(name)
            if len(self._recorded) > KEPT:
                self._recorded.popitem(last=False)
        return (recorded or step)(*given)

    def __reduce__(self) -> tuple[type["StepRecorder"], tuple[()]]:
        """A copied or pickled model makes its own recordings."""
        return StepRecorder, ()


def can_record(device: torch.device) -> bool:
    """Whether steps on this device can be recorded."""
    return device.type == "cuda" or (device.type == "cpu" and HAVE_TRACE)


def record(step: StepFunction, given: Tensors) -> StepFunction:
    """``step``, recorded for tensors of these shapes."""
    if not given[0].is_cuda:
        return _traced(step, given)
    with torch.cuda.device(given[0].device):
        return _captured(step, given)


def _traced(step: StepFunction, given: Tensors) -> StepFunction:
    with warnings.catch_warnings():
        # torch.compile, which is to follow torch.jit.trace, needs a compiler on the user's machine
        # and minutes of time. How it is warned of differs between versions of torch.
        warnings.filterwarnings("ignore", r"`torch\.jit\.trace")
        # That a shape becomes a constant is what is wanted: each recording serves one.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]  # public by its documentation
        recorded: StepFunction = torch.jit.trace(step, given, check_trace=False)

    def replayed(*given: Tensor) -> Tensors:
        # torch would profile its first call and rewrite it in its second one, which takes a tenth
        # of a second and makes it no faster.
        with torch.jit.optimized_execution(False):  # type: ignore[attr-defined]  # as above
            return recorded(*given)

    return replayed


def _captured(step: StepFunction, given: Tensors) -> StepFunction:
    """Recorded as a CUDA graph. It reads and writes its own memory, so inputs are copied in and
    results copied out."""
    kept, lock = tuple(x.clone() for x in given), threading.Lock()
    graph, found = graph_of(partial(step, *kept))

    def replayed(*given: Tensor) -> Tensors:
        with lock:
            for mine, theirs in zip(kept, given, strict=True):
                mine.copy_(theirs)
            graph.replay()
            return tuple(x.clone() for x in found)

    return replayed


def graph_of(
    work: Callable[[], Found], generator: torch.Generator | None = None
) -> tuple[torch.cuda.CUDAGraph, Found]:
    """A CUDA graph of ``work`` on the current GPU, and what it returned, which each replay
    overwrites. ``generator``: the generator that ``work`` draws from."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    # Tables are laid down, and kernels chosen, before the recording.
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP_STEPS):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    if generator is not None:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
        found = work()
    return graph, found
