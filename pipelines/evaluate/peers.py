"""The peers, and other weights of the model, by the names that tables give them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from glom_video.baselines import MovingMask, Peer, StillCamera, Superpixels
from pipelines.evaluate.frames import Perceive
from pipelines.evaluate.numbering import endings

if TYPE_CHECKING:
    from glom_video.glom import Glom

EACH_ALONE, GLOM_PYTORCH = "each frame alone, tracked", "glom-pytorch, untrained"
CLASSICAL: dict[str, Callable[[int, int], Peer]] = {
    "flow minus camera": MovingMask,
    "background subtraction": StillCamera,
    "superpixels, linked": Superpixels,
}
BESIDE = "beside: "
"""Begins the names of other weights."""


def is_peer(method: str) -> bool:
    return method in (*CLASSICAL, EACH_ALONE, GLOM_PYTORCH) or method.startswith(BESIDE)


def make_peers(glom: "Glom", iters: int | None) -> dict[str, Callable[[int, int], Peer]]:
    """Makers of all peers; ``glom`` is what "each frame alone" runs."""
    from glom_video.baselines.columns import EachAlone, GlomPytorch  # torch, which predictions on disk do not need

    return {**CLASSICAL, EACH_ALONE: partial(EachAlone, glom=glom, iters=iters), GLOM_PYTORCH: GlomPytorch}


def make_beside(weights: Sequence[str], device: str, iters: int | None) -> dict[str, Perceive]:
    """The model with each of these checkpoints, named as the file or, where that has the usual name, as its folder. Two of one name get ``_2``,
    ``_3`` in the order given."""
    from glom_video.perceive import perceive
    from pipelines.model import load_glom

    return {name: partial(perceive, glom=load_glom(path, device), iters=iters) for name, path in zip(_names(weights), weights, strict=True)}


def _names(weights: Sequence[str]) -> list[str]:
    shorts = [_short(path) for path in weights]
    return [f"{BESIDE}{short}{end}" for short, end in zip(shorts, endings(shorts), strict=True)]


def _short(weights: str) -> str:
    path = Path(weights)
    return path.parent.name if path.stem == "glom" and path.parent.name else path.stem
