"""The processes that train one model together: torchrun starts them, each takes its share of every
batch, gradients are averaged."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from glom_video.structures import InvalidInput
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import Shard
from glom_video_pipelines.training.precision import chosen_device


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """Who this process is among them. Alone, all of it costs nothing."""

    rank: int
    size: int
    device: torch.device

    @property
    def is_first(self) -> bool:
        """Whether this process logs and saves."""
        return self.rank == 0

    @property
    def shard(self) -> Shard:
        return Shard(self.rank, self.size)

    def check(self, phases: tuple[Phase, ...]) -> None:
        """Raises InvalidInput where a batch cannot be shared out evenly: averages of unlike shares
        would weigh clips unlike."""
        for phase in phases:
            if phase.batch % self.size:
                raise InvalidInput(
                    f"a batch of {phase.batch} clips cannot be shared by {self.size} processes",
                    "Choose a number of processes that divides it.",
                )

    def average_gradients(self, model: nn.Module) -> None:
        """In place; one message for all parameters."""
        if self.size == 1:
            return
        gradients = [
            parameter.grad for parameter in model.parameters() if parameter.grad is not None
        ]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.size
        for gradient, piece in zip(
            gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(piece.view_as(gradient))

    def agree(self, values: Tensor, stop: bool) -> tuple[list[float], bool]:
        """Mean of each value over the processes, and whether any of them wants to stop: all of them
        stop after the same step."""
        if self.size == 1:
            return values.tolist(), stop
        both = torch.cat([values, values.new_tensor([float(stop)])])
        dist.all_reduce(both)
        *means, stops = both.tolist()
        return [mean / self.size for mean in means], stops > 0

    def broadcast(self, choice: str, choices: tuple[str, ...]) -> str:
        """The first process's choice, for all; a barrier for all processes."""
        if self.size == 1:
            return choice
        place = torch.tensor([choices.index(choice)], device=self.device)
        dist.broadcast(place, 0)
        dist.barrier()
        return choices[int(place)]


@contextmanager
def process_group(device: str) -> Iterator[ProcessGroup]:
    """This process's place among those that torchrun started; alone without it."""
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    chosen = chosen_device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if size == 1:
        yield ProcessGroup(0, 1, chosen)
        return
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield ProcessGroup(rank, size, chosen)
    finally:
        dist.destroy_process_group()
