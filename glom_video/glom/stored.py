"""What a model does with files and the hub: load, grow, save, push."""

from typing import TypeVar

import torch
from torch import nn

from glom_video.glom.config import GlomConfig
from glom_video.structures import InvalidInput

Model = TypeVar("Model", bound="StoredModel")


class StoredModel(nn.Module):
    """A model that is stored with its ``config``, and that may have been made ready for
    inference."""

    config: GlomConfig
    _is_for_inference = False

    def for_inference(self: Model, products: torch.dtype | None = None) -> Model:
        """As ``Glom.for_inference``."""
        raise NotImplementedError

    @classmethod
    def from_pretrained(
        cls: type[Model], source: str | None = None, *, for_training: bool = False
    ) -> Model:
        """A model with the weights of a file, a folder or a hub id; of the package where None.

        It is ready for inference. ``for_training``: as stored in fp32 instead, to be trained,
        grown, saved or pushed.

        Raises InvalidInput where there are no weights or they do not fit.
        """
        from glom_video.glom.pretrained import load_pretrained

        glom = load_pretrained(cls, source)
        return glom if for_training else glom.for_inference()

    def grown(self: Model, config: GlomConfig) -> Model:
        """A model of ``config`` with these weights, to be trained on. What these lack is new;
        inputs that they lack count for nothing at first.

        Raises InvalidInput where they do not fit into it.
        """
        from glom_video.glom.pretrained import take_over

        self._refuse_rounded("grown")
        model = type(self)(config)
        take_over(model, self.state_dict())
        return model

    def save_pretrained(self, path: str) -> None:
        """Write a safetensors file with the config in its metadata: ``path``, or the file
        ``glom.safetensors`` in the folder ``path``. Raises InvalidInput after ``for_inference``."""
        from glom_video.glom.pretrained import save_pretrained

        self._refuse_rounded("saved")
        save_pretrained(self, path)

    def push_to_hub(self, repository: str, *, private: bool | None = None) -> str:
        """Upload what ``save_pretrained`` writes; returns the address of the commit.

        ``repository``: a hub id, made where it does not exist; ``private``: whether it is then,
        None for the account's default. The login is that of huggingface_hub. Raises InvalidInput
        where the hub refuses or cannot be reached, and after ``for_inference``.
        """
        from glom_video.glom.pretrained import push_to_hub

        self._refuse_rounded("pushed")
        return push_to_hub(self, repository, private)

    def _refuse_rounded(self, action: str) -> None:
        if self._is_for_inference:
            cause = (
                f"a model made ready for inference cannot be {action}: its weights may be rounded"
            )
            raise InvalidInput(
                cause, "load it with Glom.from_pretrained(source, for_training=True)"
            )
