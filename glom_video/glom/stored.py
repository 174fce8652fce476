"""Loading, enlarging, saving and uploading models."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from glom_video.glom import pretrained
from glom_video.glom.config import GlomConfig
from glom_video.structures import InvalidInput

Model = TypeVar("Model", bound="StoredModel")


class StoredModel(nn.Module):
    """A model that is stored with its ``config``."""

    config: GlomConfig
    _is_for_inference = False

    def for_inference(self: Model, products: torch.dtype | None = None) -> Model:
        """As ``Glom.for_inference``."""
        raise NotImplementedError

    @classmethod
    def from_pretrained(
        cls: type[Model], source: str | Path | None = None, *, for_training: bool = False
    ) -> Model:
        """A model with the weights of a file, a folder or a hub id; of the package if None. It is
        ready for inference.

        Args:
            for_training: keep it as stored in fp32 instead, to be trained, grown, saved or pushed.

        Raises:
            InvalidInput: there are no weights, or they do not fit.
        """
        glom = pretrained.load_pretrained(cls, source)
        return glom if for_training else glom.for_inference()

    def grown(self: Model, config: GlomConfig) -> Model:
        """A larger model of ``config`` with these weights, for training. New parts are initialised,
        and new inputs have no effect at first.

        Raises:
            InvalidInput: the weights do not fit into it.
        """
        self._refuse_rounded("grown")
        model = type(self)(config)
        pretrained.take_over(model, self.state_dict())
        return model

    def switched(self: Model, changes: Mapping[str, Any]) -> Model:
        """A model with these weights and some settings of its config changed, for training.

        Raises:
            InvalidInput: they add or take away weights.
        """
        model = type(self)(replace(self.config, **changes))
        try:
            model.load_state_dict(self.state_dict())
        except RuntimeError as error:
            raise InvalidInput(
                f"{', '.join(changes)} would add or take away weights",
                "Change only switches of weights that are taken over, or let them be grown.",
            ) from error
        return model

    def save_pretrained(self, path: str) -> None:
        """Write a safetensors file with the config in its metadata, to ``path`` or, if that is a
        folder, to its ``glom.safetensors``.

        Raises:
            InvalidInput: the model was made ready for inference, or the file cannot be written.
        """
        self._refuse_rounded("saved")
        pretrained.save_pretrained(self, path)

    def push_to_hub(self, repository: str, *, private: bool | None = None) -> str:
        """Upload what ``save_pretrained`` writes, with the login of huggingface_hub. Returns the
        commit's address.

        Args:
            repository: a hub id, created if it does not exist.
            private: whether it is private when created; None: the account's default.

        Raises:
            InvalidInput: the hub refuses or cannot be reached, or the model was made ready for
                inference.
        """
        self._refuse_rounded("pushed")
        return pretrained.push_to_hub(self, repository, private)

    def _refuse_rounded(self, action: str) -> None:
        if self._is_for_inference:
            cause = (
                f"a model made ready for inference cannot be {action}: its weights may be rounded"
            )
            raise InvalidInput(
                cause, "Load it with Glom.from_pretrained(source, for_training=True)."
            )
