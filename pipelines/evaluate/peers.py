"""The peers, and other weights of the model, by the names that tables give them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from glom_video.baselines import MovingMask, StillCamera, Superpixels
from glom_video.baselines.columns import EachAlone, GlomPytorch
from glom_video.glom import Glom
from glom_video.perceive import Settings
from glom_video_pipelines.evaluate.controls import is_control
from glom_video_pipelines.evaluate.methods import MakeModel, MakePeer, Methods, model_on_clip
from glom_video_pipelines.evaluate.numbering import endings
from glom_video_pipelines.evaluate.options import EvaluateOptions
from glom_video_pipelines.model import load_glom

EACH_ALONE, GLOM_PYTORCH = "each frame alone, tracked", "glom-pytorch, untrained"
CLASSICAL: dict[str, MakePeer] = {
    "flow minus camera": MovingMask,
    "background subtraction": StillCamera,
    "superpixels, linked": Superpixels,
}
BESIDE = "beside: "
"""Begins the names of other weights."""


def is_peer(method: str) -> bool:
    """Whether a method of the tables is a peer or another model, run beside what is evaluated."""
    return method in (*CLASSICAL, EACH_ALONE, GLOM_PYTORCH) or method.startswith(BESIDE)


def is_other(method: str) -> bool:
    """Whether a method of the tables is a control or a peer, and not what is evaluated."""
    return is_peer(method) or is_control(method)


def load_methods(options: EvaluateOptions, *, model: bool) -> Methods:
    """The model, if it is needed, and what else is asked for.

    Raises InvalidInput for weights or a device that are not there.
    """
    beside = _beside(options.beside, options.device, options.settings)
    if not model and not options.peers:
        return Methods(beside=beside, controls=options.controls, motion=options.settings.motion)
    glom = load_glom(options.weights, options.device)
    peers = _peers(glom, options.settings) if options.peers else {}
    model_of_clip = partial(model_on_clip, glom, options.settings)
    return Methods(model_of_clip, peers, beside, options.controls, options.settings.motion)


def _peers(glom: Glom, settings: Settings) -> dict[str, MakePeer]:
    """Makers of all peers; ``glom`` is what "each frame alone" runs."""
    return {
        **CLASSICAL,
        EACH_ALONE: partial(EachAlone, glom=glom, settings=settings),
        GLOM_PYTORCH: GlomPytorch,
    }


def _beside(weights: Sequence[str], device: str, settings: Settings) -> dict[str, MakeModel]:
    """The model with each of these checkpoints, named as the file or, where that has the usual
    name, as its folder. Two of one name get ``_2``, ``_3`` in the order given."""
    return {
        name: partial(model_on_clip, load_glom(path, device), settings)
        for name, path in zip(_names(weights), weights, strict=True)
    }


def _names(weights: Sequence[str]) -> list[str]:
    shorts = [_short(path) for path in weights]
    return [f"{BESIDE}{short}{end}" for short, end in zip(shorts, endings(shorts), strict=True)]


def _short(weights: str) -> str:
    path = Path(weights)
    return path.parent.name if path.stem == "glom" and path.parent.name else path.stem
