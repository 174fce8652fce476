"""Decoded pictures -> upright RGB arrays, turned and mirrored by the source's display matrix."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

_UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED."""
_EXIF = 31
"""AV_FRAME_DATA_EXIF of FFmpeg 8; earlier versions keep no EXIF with a frame."""


class Turn(NamedTuple):
    """The turn that makes a picture upright: mirroring, then quarter turns, or else a turn by an
    odd angle."""

    is_mirrored: bool = False
    """Whether left and right change places, before any quarter turn."""
    quarters: int = 0
    """Counter-clockwise, in [0, 3]."""
    odd_degrees: int = 0
    """Counter-clockwise, no multiple of 90, in (-180, 180): turned about the centre, its size kept,
    black where nothing was."""

    @property
    def degrees(self) -> int:
        """The whole turn, counter-clockwise, in (-180, 180]."""
        return self.odd_degrees or (-90 if self.quarters == 3 else 90 * self.quarters)

    def __call__(self, image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H2 W2 3"]:
        if self.odd_degrees:
            return _turned_about_centre(image, self.odd_degrees)
        mirrored = image[:, ::-1] if self.is_mirrored else image
        return np.ascontiguousarray(np.rot90(mirrored, self.quarters))


def turn_of(picture: Any) -> Turn:
    """The turn that a decoded PyAV frame asks for."""
    try:
        matrix = picture.side_data.get("DISPLAYMATRIX")
    except ValueError:
        # PyAV lists none where there is a kind that it has no name for, such as a photo's EXIF.
        try:
            matrix = _without_exif(picture).side_data.get("DISPLAYMATRIX")
        except ValueError:  # another such kind: the angle alone is known
            return Turn(quarters=round(picture.rotation / 90) % 4)
    if matrix is None:
        return Turn()
    return matrix_turn(np.frombuffer(bytes(matrix), np.int32).tolist())


def _without_exif(picture: Any) -> Any:
    import av

    graph = av.filter.Graph()
    entry = graph.add_buffer(
        width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 25)
    )
    bare, end = graph.add("sidedata", f"mode=delete:type={_EXIF}"), graph.add("buffersink")
    entry.link_to(bare)
    bare.link_to(end)
    graph.configure()
    graph.push(picture)
    return graph.pull()


def matrix_turn(matrix: Sequence[int]) -> Turn:
    """The turn by which ffmpeg's command line shows a display matrix (nine numbers, row by row);
    none where it squeezes a picture to nothing."""
    across, down = math.hypot(matrix[0], matrix[3]), math.hypot(matrix[1], matrix[4])
    if not across or not down:
        return Turn()
    angle = math.atan2(matrix[1] / down, matrix[0] / across)
    clockwise = round(math.degrees(angle)) % 360
    if clockwise == 90:
        return Turn(is_mirrored=True, quarters=1) if matrix[3] > 0 else Turn(quarters=3)
    if clockwise == 180:
        return Turn(quarters=2) if matrix[4] < 0 else Turn(is_mirrored=True)
    if clockwise == 270:
        return Turn(is_mirrored=True, quarters=3) if matrix[3] < 0 else Turn(quarters=1)
    if clockwise > 1:
        return Turn(odd_degrees=360 - clockwise if clockwise > 180 else -clockwise)
    return Turn(is_mirrored=True, quarters=2) if matrix[4] < 0 else Turn()


class Upright:
    """Decoded pictures as upright RGB arrays, all of the first one's size.

    One VideoReformatter is kept, since each one holds a scaler and its buffers. The display matrix
    is the stream's: it is read with the first picture, and again where its angle changes. PyAV's
    side data and their frame refer to each other, so that each frame whose matrix was asked for
    stays until the garbage collector comes.
    """

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._reformatter = VideoReformatter()
        self._size: tuple[int, int] | None = None
        self._turn = Turn()
        self._angle: int | None = None

    def __call__(self, picture: Any) -> UInt8[np.ndarray, "H W 3"]:
        if picture.rotation != self._angle:
            self._turn, self._angle = turn_of(picture), picture.rotation
        turn = self._turn
        is_turned = turn.quarters % 2 == 1
        upright_size = (
            (picture.height, picture.width) if is_turned else (picture.width, picture.height)
        )
        self._size = self._size or upright_size
        width, height = reversed(self._size) if is_turned else self._size
        source = _colorspace(picture)
        rgb = self._reformatter.reformat(
            picture, width=width, height=height, format="rgb24", src_colorspace=source
        )
        return turn(rgb.to_ndarray())


def _turned_about_centre(
    image: UInt8[np.ndarray, "H W 3"], degrees: int
) -> UInt8[np.ndarray, "H W 3"]:
    import cv2

    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR)


def is_untagged_hd(picture: Any) -> bool:
    """Whether a picture states no colour matrix and is so large that players take it for BT.709."""
    return picture.colorspace == _UNSPECIFIED and (picture.height >= 720 or picture.width >= 1280)


def _colorspace(picture: Any) -> Any:
    """The colour matrix to read a picture with; None for the one it states, or BT.601."""
    return "ITU709" if is_untagged_hd(picture) else None
