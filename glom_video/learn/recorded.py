"""Forward and backward pass of a training step on a GPU as one CUDA graph.

They are ten thousand small operations. Launching each separately takes longer than the GPU needs
for it, even more so while other threads hold Python's lock. As one graph they take only the time
that the GPU needs.
"""

from dataclasses import fields
from functools import partial

import torch
from torch import Tensor

from glom_video.glom import Glom
from glom_video.glom.recorded import graph_of
from glom_video.learn.batch import Batch
from glom_video.learn.losses import Losses
from glom_video.learn.steps import find_gradients


class GradientRecorder:
    """As ``find_gradients``, for one model. One recording is kept, for the last batch shape; its
    gradients and losses stay in place and are overwritten by the next step."""

    def __init__(self, device: torch.device) -> None:
        self._generator = torch.Generator(device)
        self._recorded: _Recording | None = None

    def __call__(
        self,
        glom: Glom,
        batch: Batch,
        generator: torch.Generator,
        autocast: torch.dtype | None = None,
    ) -> Losses:
        if self._recorded is None or self._recorded.batch.images.shape != batch.images.shape:
            self._recorded = None  # its memory goes first
            with torch.cuda.device(self._generator.device):
                self._recorded = _Recording(glom, batch, self._generator, autocast)
        self._generator.set_state(generator.get_state())
        return self._recorded.replay(batch)


class _Recording:
    def __init__(
        self, glom: Glom, batch: Batch, generator: torch.Generator, autocast: torch.dtype | None
    ) -> None:
        self.batch = Batch(*(value.clone() for value in _values(batch)))
        # It forgets the gradients of before: those made while it is recorded lie in the graph's
        # memory, and are overwritten, not added to.
        self.graph, losses = graph_of(
            partial(find_gradients, glom, self.batch, generator, autocast), generator
        )
        self.losses = Losses(*(value.detach() for value in _values(losses)))

    def replay(self, batch: Batch) -> Losses:
        for own, given in zip(_values(self.batch), _values(batch), strict=True):
            own.copy_(given)
        self.graph.replay()
        return self.losses


def _values(of: Batch | Losses) -> tuple[Tensor, ...]:
    return tuple(getattr(of, item.name) for item in fields(of))
