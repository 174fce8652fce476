"""The common base of all writers: an output has a partial name until it is complete."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.instances import AnnotatedFrame
from glom_video.structures import InvalidInput

Entered = TypeVar("Entered", bound="Writer")  # beartype takes no Self in an undecorated class


class Writer(ABC):
    """Use as a context manager: closed at the end of its body, aborted after an exception in it."""

    @abstractmethod
    def close(self) -> None:
        """Finish the output and rename it.

        Raises:
            InvalidInput: that cannot be done.
        """

    @abstractmethod
    def abort(self) -> None:
        """Leave what was written under its partial name, readable as far as the format allows."""

    def __enter__(self: Entered) -> Entered:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def without_frames(path: Path) -> InvalidInput:
    """What is wrong with an output of pictures that got none."""
    cause = f"there was no frame to write into {path.name}"
    return InvalidInput(cause, "Choose start and end inside the clip.")


class FrameWriter(Writer):
    """A writer of masks or tracks, of every format except drawn pictures."""

    @abstractmethod
    def write(self, frame: AnnotatedFrame) -> None:
        """Write one frame.

        Raises:
            InvalidInput: it cannot be written.
        """


class PictureWriter(Writer):
    """A writer of drawn pictures."""

    @abstractmethod
    def write(self, picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float, stem: str) -> None:
        """Write one RGB picture, shown at this time; ``stem`` is the frame's name.

        Raises:
            InvalidInput: it cannot be written.
        """
