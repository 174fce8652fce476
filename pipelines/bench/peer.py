"""Beside PyPI's glom-pytorch: one iteration at the same number of columns, levels, width and
iterations, batch 1, measured in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom import Glom, GlomConfig
from glom_video.structures import InvalidInput
from glom_video_pipelines.bench.growth import square_inputs
from glom_video_pipelines.bench.timing import timed_in_turn

LEVELS, DIM, ITERATIONS = 4, 64, 5
WIDENING = 4
"""glom-pytorch's networks are four times as wide inside as its vectors. Ours are given the same
here; by default they are twice as wide."""
PATCH = 6


@dataclass(frozen=True, slots=True)
class Comparison:
    """Milliseconds per iteration at one number of columns."""

    columns: int
    ours: float
    ours_fp32: float
    theirs: float

    @property
    def times_faster(self) -> float:
        return self.theirs / self.ours

    def to_dict(self) -> dict[str, Any]:
        times = {"ours_ms": self.ours, "ours_fp32_ms": self.ours_fp32, "theirs_ms": self.theirs}
        return {
            "columns": self.columns,
            **{name: round(ms, 3) for name, ms in times.items()},
            "times_faster": round(self.times_faster, 2),
        }


def peer_version() -> str:
    """Raises InvalidInput where glom-pytorch is not installed."""
    try:
        return version("glom-pytorch")
    except ImportError as error:
        raise InvalidInput(
            "--peer compares with glom-pytorch, which is not installed",
            "Install it: pip install 'glom-video[peers]'.",
        ) from error


@torch.inference_mode()
def compare_with_peer(
    columns: Sequence[int], repeats: int, products: torch.dtype | None, device: torch.device
) -> list[Comparison]:
    """One iteration is what a step of 1 + ITERATIONS takes more than a step of one, over
    ITERATIONS: what comes before the first is not in it."""
    compared = []
    for count in columns:
        image, motion = square_inputs(count, device)
        methods = {
            "ours": _ours(_model(device).for_inference(products), image, motion),
            "ours_fp32": _ours(_model(device).for_inference(torch.float32), image, motion),
            "theirs": _theirs(image),
        }
        tasks = {
            (name, iters): partial(method, iters)
            for name, method in methods.items()
            for iters in (1, 1 + ITERATIONS)
        }
        timings = timed_in_turn(tasks, repeats)
        times = {
            name: (timings[name, 1 + ITERATIONS].p50_ms - timings[name, 1].p50_ms) / ITERATIONS
            for name in methods
        }
        compared.append(Comparison(image.shape[-1] ** 2 // PATCH**2, **times))
    return compared


def _ours(
    glom: Glom, image: Float[Tensor, "1 3 H W"], motion: Float[Tensor, "1 7 H W"]
) -> Callable[[int], float]:
    """As ``annotate`` runs it: through a recording of the step."""
    patches, state = glom.encode(image, motion), glom.step(image, motion)
    elapsed = torch.ones(1, device=image.device)

    def infer(iters: int) -> float:
        output = glom.infer(patches, motion, state, iters=iters, elapsed=elapsed)
        return output.state.levels[0, 0, 0, 0].item()

    return infer


def _theirs(image: Float[Tensor, "1 3 H W"]) -> Callable[[int], float]:
    peer = _peer(image.shape[-1], image.device)
    return lambda iters: float(peer(image, iters=iters)[0, 0, 0, 0])


def _peer(side: int, device: torch.device) -> nn.Module:
    from glom_pytorch import Glom as PeerGlom

    torch.manual_seed(0)
    peer: nn.Module = PeerGlom(dim=DIM, levels=LEVELS, image_size=side, patch_size=PATCH)
    return peer.to(device).eval()


def _model(device: torch.device) -> Glom:
    torch.manual_seed(0)
    return Glom(replace(GlomConfig(), levels=LEVELS, dim=DIM, hidden=WIDENING * DIM)).to(device)
