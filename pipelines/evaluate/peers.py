"""The peers by the names that tables give them."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from glom_video.baselines import MovingMask, Peer, StillCamera, Superpixels

if TYPE_CHECKING:
    from glom_video.glom import Glom

EACH_ALONE, GLOM_PYTORCH = "each frame alone, tracked", "glom-pytorch, untrained"
CLASSICAL: dict[str, Callable[[int, int], Peer]] = {
    "flow minus camera": MovingMask,
    "background subtraction": StillCamera,
    "superpixels, linked": Superpixels,
}
PEERS = (*CLASSICAL, EACH_ALONE, GLOM_PYTORCH)


def make_peers(glom: "Glom", iters: int | None) -> dict[str, Callable[[int, int], Peer]]:
    """Makers of all peers; ``glom`` is what "each frame alone" runs."""
    from glom_video.baselines.columns import EachFrameAlone, GlomPytorch  # torch, which predictions on disk do not need

    return {**CLASSICAL, EACH_ALONE: partial(EachFrameAlone, glom=glom, iters=iters), GLOM_PYTORCH: GlomPytorch}
