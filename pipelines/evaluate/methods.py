"""Methods that are scored on a clip: callables from a frame to label maps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from glom_video.baselines import Answer, Peer
from glom_video.formats import ClipMasks
from glom_video.glom import Glom
from glom_video.motion import MotionSettings
from glom_video.perceive import Perceiver, PreparedFrame, Settings
from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.evaluate.frames import GivenFrame
from glom_video_pipelines.evaluate.inputs import Clip, as_size

Method = Callable[[GivenFrame], Answer | None]
"""Given the frames of one clip in order; None where it has nothing to show."""
OwnMethod = Callable[[GivenFrame], Answer]
"""The one that is evaluated: it answers for every frame that is scored."""
Model = Callable[[PreparedFrame], Percept]
"""A model on one clip, given all frames of the recording in order."""
MakeModel = Callable[[], Model]
MakePeer = Callable[[int, int], Peer]
"""(height, width) of the answers -> a peer for one clip."""


@dataclass(frozen=True, slots=True)
class Methods:
    """What is run here, beside predictions that lie on disk."""

    model: MakeModel | None = None
    """None where every clip is a prediction."""
    peers: Mapping[str, MakePeer] = field(default_factory=dict)
    beside: Mapping[str, MakeModel] = field(default_factory=dict)
    """Other models."""
    controls: bool = False
    motion: MotionSettings = field(default_factory=MotionSettings)
    """With which the frames are prepared that all of them are given."""


def model_on_clip(glom: Glom, settings: Settings) -> Model:
    """A model with a memory of its own. The frames are prepared by whoever gives them to it."""
    perceiver = Perceiver(glom, settings)
    return lambda prepared: perceiver.parse_and_track(perceiver.update_columns(prepared))


class ModelMethod:
    """A model that answers at a size (height, width)."""

    def __init__(self, model: Model, size: tuple[int, int]) -> None:
        self._model, self._size = model, size

    def __call__(self, given: GivenFrame) -> Answer:
        assert given.recorded is not None, "models need pictures"
        return Answer.of(self._model(given.recorded).tracks, *self._size)


class PeerMethod:
    """A peer, given the picture and the motion that leads to it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def __call__(self, given: GivenFrame) -> Answer:
        assert given.prepared is not None, "peers need pictures"
        return self._peer(given.prepared.frame, given.prepared.motion)


class StoredMasks:
    """A prediction on disk. Raises InvalidInput for a mask of another size (height, width)."""

    def __init__(self, masks: ClipMasks, size: tuple[int, int]) -> None:
        self._masks, self._size = masks, size

    def __call__(self, given: GivenFrame) -> Answer:
        name = given.name
        masks = {level: files[name] for level, files in self._masks.items() if name in files}
        labels = {level: mask.labels() for level, mask in masks.items()}
        for level, found in labels.items():
            if found.shape != self._size:
                said, wanted = as_size(found.shape), as_size(self._size)
                cause = f"{masks[level]} is {said}, the masks before it {wanted}"
                raise InvalidInput(cause, "Write all masks of a clip in one size.")
        return Answer(labels)


def own_method(clip: Clip, size: tuple[int, int], model: MakeModel | None) -> OwnMethod:
    """The method of the clip itself."""
    if clip.masks is not None:
        return StoredMasks(clip.masks, size)
    assert model is not None, "a clip without masks is run through the model"
    return ModelMethod(model(), size)
