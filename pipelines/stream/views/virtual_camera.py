"""The drawn picture as a camera of this machine, for programs that take cameras only."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.loop import Live

FRAMES_A_SECOND = 30
"""What the camera says of itself; pictures go out as they come."""


def check_virtual_camera() -> None:
    """Raises InvalidInput where the library is not installed."""
    if find_spec("pyvirtualcam") is None:
        raise InvalidInput(
            "--virtual-camera needs pyvirtualcam, which is not installed",
            "Install it: pip install 'glom-video[virtual-camera]'.",
        )


class VirtualCamera:
    """Opened with the first picture, in its size; later ones of another size are scaled to it."""

    def __init__(self) -> None:
        self._camera: Any = None
        self._has_failed = False

    @property
    def is_watched(self) -> bool:
        """Who looks at a camera is not known."""
        return not self._has_failed

    def publish(self, live: Live, picture: UInt8[np.ndarray, "H W 3"] | None) -> None:
        """A picture that cannot be shown ends the camera, of which viewers are told, and not the
        run."""
        if picture is None or self._has_failed:
            return
        try:
            self._show(picture)
        except (RuntimeError, OSError) as error:
            self._has_failed = True
            live.controls.notify(
                f"the virtual camera cannot be had: {' '.join(str(error).split())}"
            )

    def _show(self, picture: UInt8[np.ndarray, "H W 3"]) -> None:
        import cv2
        import pyvirtualcam

        if self._camera is None:
            height, width = picture.shape[:2]
            self._camera = pyvirtualcam.Camera(width, height, FRAMES_A_SECOND)
        size = self._camera.width, self._camera.height
        if picture.shape[1::-1] != size:
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        self._camera.send(picture)

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
