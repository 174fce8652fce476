"""Classical peers: motion against the camera, change against a still background, and superpixels at
two scales. None has weights."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int32, Integer, UInt8

from glom_video.baselines.linking import Linker
from glom_video.baselines.peer import Answer
from glom_video.motion import at_size
from glom_video.structures import Frame, InvalidInput, Motion

LEAST_AREA = 0.002
"""Share of the frame below which a component is noise; the same as of the model's islands."""


def motion_mask(motion: Motion, height: int, width: int) -> Bool[np.ndarray, "H W"]:
    """Peer: the largest thing that moves against the camera. Otsu's threshold on the length of the
    residual flow, then the largest component.

    Flow minus homography is the classical recipe (Irani and Anandan, PAMI 1998); threshold: Otsu,
    1979. Empty without flow.
    """
    import cv2

    speed = np.linalg.norm(motion.residual, axis=-1)
    if not speed.any():
        return np.zeros((height, width), bool)
    speed = cv2.resize(speed, (width, height), interpolation=cv2.INTER_LINEAR)
    # What moves may be smaller than that hundredth.
    white = np.percentile(speed, 99) or speed.max()
    grey = np.clip(speed * (255 / white), 0, 255).astype(np.uint8)
    moving = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)[1]
    _, components, stats, _ = cv2.connectedComponentsWithStats(moving)
    return np.asarray(components == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())


class MovingMask:
    """Peer: ``motion_mask`` as the one object of each frame."""

    def __init__(self, height: int, width: int) -> None:
        self._size = height, width

    def __call__(self, frame: Frame, motion: Motion) -> Answer:
        return Answer({"object": motion_mask(motion, *self._size).astype(np.int32)})


class StillCamera:
    """Peer: pixels that differ from a learnt still background, with connected components linked
    along the flow.

    Zivkovic, "Improved adaptive Gaussian mixture model for background subtraction", ICPR 2004, as
    in OpenCV. Made for cameras that do not move.
    """

    def __init__(self, height: int, width: int) -> None:
        import cv2

        self._size = height, width
        self._background = cv2.createBackgroundSubtractorMOG2(history=100, detectShadows=False)
        self._linker = Linker()

    def __call__(self, frame: Frame, motion: Motion) -> Answer:
        import cv2

        changed = self._background.apply(at_size(frame.image, *motion.flow.shape[:2]))
        opened = cv2.morphologyEx(changed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        # In the first frame, after a cut or with a moving camera everything differs.
        if (opened > 0).mean() > 0.5:
            opened[:] = 0
        closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        _, components, stats, _ = cv2.connectedComponentsWithStats(closed)
        kept = stats[:, cv2.CC_STAT_AREA] >= LEAST_AREA * components.size
        kept[0] = False
        linked = self._linker(components * kept[components], motion)
        return Answer({"object": enlarged(linked, self._size)})


class Superpixels:
    """Peer: a hierarchy without learning. Fine and coarse superpixels are parts and objects, each
    level linked along the flow.

    Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004. The coarse
    region that holds most of the picture's edge is the background, and what lies in it has no
    parts.
    """

    PART, OBJECT = (150, 100), (800, 400)
    """Scale and least size in working pixels."""

    def __init__(self, height: int, width: int) -> None:
        self._size = height, width
        self._segment = _felzenszwalb()
        self._linkers = {"part": Linker(), "object": Linker()}

    def __call__(self, frame: Frame, motion: Motion) -> Answer:
        picture = at_size(frame.image, *motion.flow.shape[:2])
        parts, objects = (
            self._segment(picture, scale, least) for scale, least in (self.PART, self.OBJECT)
        )
        edge = np.concatenate([objects[0], objects[-1], objects[:, 0], objects[:, -1]])
        foreground = objects != np.bincount(edge).argmax()
        maps = {"part": parts * foreground, "object": objects * foreground}
        return Answer(
            {
                level: enlarged(self._linkers[level](labels, motion), self._size)
                for level, labels in maps.items()
            }
        )


def _felzenszwalb() -> Callable[[UInt8[np.ndarray, "H W 3"], int, int], Int32[np.ndarray, "H W"]]:
    """Picture, scale and least size -> segments, numbered from 1."""
    try:
        from skimage.segmentation import felzenszwalb
    except ImportError:
        raise InvalidInput(
            "the superpixel peer needs scikit-image", "Install it: pip install 'glom-video[peers]'."
        ) from None

    def segment(
        picture: UInt8[np.ndarray, "H W 3"], scale: int, least: int
    ) -> Int32[np.ndarray, "H W"]:
        segments = felzenszwalb(picture, scale=scale, sigma=0.8, min_size=least)
        return (segments + 1).astype(np.int32)

    return segment


def enlarged(labels: Integer[np.ndarray, "h w"], size: tuple[int, int]) -> Int32[np.ndarray, "H W"]:
    """A label map at another size (height, width), nearest neighbour."""
    import cv2

    return cv2.resize(labels.astype(np.int32), size[::-1], interpolation=cv2.INTER_NEAREST)
