"""The step of a model at work as one call outside Python: recorded once per shape, and then not held up by what other threads do.

A step is some hundred small operations. Between two of them Python takes its lock again, and while another thread reads, draws or writes, each
time waits for up to five milliseconds. A recorded step takes the lock once.
"""

import sys
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
Step = Callable[..., Tensors]

KEPT = 16
"""Recordings, of the shapes used last: two for each shape."""
HAVE_TRACE = sys.version_info < (3, 14)
"""torch.jit.trace is not supported from there on."""


class Recorder:
    """Steps as they were recorded, by whatever decides what a step does: the shapes that it is given and ``key``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recorded: OrderedDict[tuple[object, ...], Step] = OrderedDict()

    def __call__(self, step: Step, key: tuple[object, ...], *given: Tensor) -> Tensors:
        """What ``step(*given)`` returns, to the last bit. Nothing in ``step`` may depend on the values it is given but its tensors."""
        name = (*key, *(tuple(x.shape) for x in given))
        with self._lock:
            recorded = self._recorded.get(name)
            if recorded is None:
                recorded = self._recorded[name] = record(step, given)
            self._recorded.move_to_end(name)
            if len(self._recorded) > KEPT:
                self._recorded.popitem(last=False)
        return recorded(*given)


def record(step: Step, given: Tensors) -> Step:
    """``step`` for tensors of these shapes."""
    with warnings.catch_warnings():
        # torch.compile, which is to follow torch.jit.trace, needs a compiler on the user's machine and minutes of time.
        warnings.filterwarnings("ignore", r"`torch\.jit\.trace", DeprecationWarning)
        # That a shape becomes a constant is what is wanted: each recording serves one.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]  # public by its documentation
        recorded: Step = torch.jit.trace(step, given, check_trace=False)
    return recorded
