"""The values that pass between stages: frozen, self-checking, and printed by shape rather than by
content.

Axes: ``H W`` pixels; ``h w`` columns, ``n = h*w``; ``l`` levels, 0 nearest the pixels; ``d``
embedding; ``b`` batch; ``k`` islands or tracks; ``H' W'`` (written ``Hm Wm``) the motion grid; ``hs
ws`` the membership grid, 2-4 times finer than the columns. Shapes stand in the annotations and are
enforced in tests by jaxtyping and beartype; what costs nothing is checked always.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from math import gcd
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32, UInt8
from torch import Tensor

LevelName = Literal["part", "object"]
Reset = Literal["begin", "cut", "gap", "size"]
"""Why a state begins anew: first frame, scene cut, too long without a frame, or pictures of another
size."""
FINER = 2
"""Membership cells per column, each way: the grid between the columns that the model is asked on
and islands are drawn on."""
REACH = 2
"""Columns beyond its own that an island may reach: as far as a cubic kernel does."""
LEVEL_NAMES: tuple[LevelName, ...] = ("part", "object")
"""The levels whose islands are tracked and exported, lower first."""


class InvalidInput(ValueError):  # noqa: N818 - it says what it is
    """Input that cannot be used. ``cause`` says what is wrong and ``remedy`` what to do about it,
    one line each."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.cause, self.remedy = cause, remedy

    def __reduce__(self) -> tuple[type["InvalidInput"], tuple[str, str]]:
        """So that it comes whole out of a worker process: an exception is made again of what it was
        printed as, unless it says otherwise."""
        return type(self), (self.cause, self.remedy)


def _described(value: object) -> str:
    """Arrays by shape and dtype, everything else by its own repr."""
    if isinstance(value, np.ndarray | Tensor):
        return (
            f"{type(value).__name__}{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"
        )
    return repr(value)


class _ShapeRepr:
    """Prints ``Frame(image=ndarray(360, 640, 3) uint8, index=0, ...)``: a value in a log line must
    not print a picture."""

    __slots__ = ()

    def __repr__(self) -> str:
        names = [item.name for item in fields(self)]  # type: ignore[arg-type]
        described = ", ".join(f"{name}={_described(getattr(self, name))}" for name in names)
        return f"{type(self).__name__}({described})"


@dataclass(frozen=True, slots=True, repr=False)
class Frame(_ShapeRepr):
    """One decoded picture of a source, upright."""

    image: UInt8[np.ndarray, "H W 3"]
    """RGB."""
    index: int
    """Place in the source, from 0. A gap means dropped frames; frames are never renumbered."""
    pts_seconds: float
    """Presentation time in seconds, as the source states it; the first frame need not be 0."""
    is_corrupt: bool = False
    """The decoder concealed errors in this picture."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(
                f"Frame.image must be (H W 3) uint8, got {self.image.shape} {self.image.dtype}"
            )


@dataclass(frozen=True, slots=True, repr=False)
class Motion(_ShapeRepr):
    """Motion from the previous frame to this one, on a grid of its own, usually coarser than the
    frame."""

    flow: Float32[np.ndarray, "Hm Wm 2"]
    """Backward flow in pixels of this grid: ``flow[y, x]`` leads from (x, y) now to where it was,
    as (dx, dy)."""
    residual: Float32[np.ndarray, "Hm Wm 2"]
    """Flow minus what the camera alone explains."""
    validity: Float32[np.ndarray, "Hm Wm"]
    """In [0, 1]: how well the flow explains this pixel; low where it was hidden or outside
    before."""
    camera: Float[np.ndarray, "3 3"]
    """Homography of the still world, from this grid's pixels now to the previous frame's."""
    is_cut: bool = False
    """The previous frame is of another scene (or there is none): nothing may be carried over."""
    interval: float = 1.0
    """Over how many times the time since the previous frame it was measured; all else is per
    frame."""

    def flow_in_cells(self, height: int, width: int) -> Float32[np.ndarray, "h w 2"]:
        """The flow averaged over the cells of a coarser grid, in cells."""
        import cv2

        scale = np.array([width / self.flow.shape[1], height / self.flow.shape[0]], np.float32)
        return cv2.resize(self.flow, (width, height), interpolation=cv2.INTER_AREA) * scale


@dataclass(frozen=True, slots=True, repr=False)
class GlomState(_ShapeRepr):
    """All that the model remembers, as a value: the model keeps nothing, so one model serves any
    number of streams."""

    levels: Float[Tensor, "b l n d"]
    grid: tuple[int, int]
    """Columns as (h, w); ``n = h*w``, row by row."""
    frames_seen: int
    """Frames since this state began."""

    def __post_init__(self) -> None:
        if self.levels.shape[2] != self.grid[0] * self.grid[1]:
            raise ValueError(
                f"GlomState.levels has {self.levels.shape[2]} columns, its grid {self.grid} asks "
                f"for {self.grid[0] * self.grid[1]}"
            )


@dataclass(frozen=True, slots=True, repr=False)
class Islands(_ShapeRepr):
    """The islands of one level in one frame. Row ``i`` of every ``k`` axis is label ``i + 1`` of
    ``labels``."""

    labels: Int32[np.ndarray, "h w"]
    """Island of each column: 0 none (at the object level: background), else row + 1."""
    embeddings: Float32[np.ndarray, "k d"]
    """Unit norm."""
    agreement: Float32[np.ndarray, " k"]
    """In [0, 1]: mean cosine of an island's columns to its embedding, 1 = identical vectors."""
    pose: Float32[np.ndarray, "k 6"]
    """Centre x, y (fractions of width and height), scale (root of the area over the frame's),
    orientation (radians in (-pi/2, pi/2]), velocity x, y (fractions of width and height per
    second), measured on the island."""
    read_pose: Float32[np.ndarray, "k 6"]
    """The same as the model reads it out of the island's vector."""
    appearance: Float32[np.ndarray, "k d"]
    """What each island looks like: the mean of its columns at the patch level, unit norm. It
    outlasts an occlusion better than ``embeddings``, which say where an island stands in the
    present whole."""
    memberships: Float32[np.ndarray, "k+1 hs ws"]
    """Soft share of each island in each place, row 0 = none; sums to 1 over rows."""
    column_agreement: Float32[np.ndarray, "h w"]
    """In [0, 1]: per column, how far bottom-up, top-down and consensus agree."""
    inside: Float32[np.ndarray, "hp wp"] | None = None
    """On a finer grid: log odds that a place is inside an object, as far as the picture tells it
    near outlines; 0 elsewhere. None: not looked at."""


@dataclass(frozen=True, slots=True, repr=False)
class Parse(_ShapeRepr):
    """The parse tree of one frame: islands per level, and which object each part lies in."""

    islands: Mapping[str, Islands]
    """Keys: ``part`` and ``object``."""
    parent: Int32[np.ndarray, " k"]
    """Per part island: the label (row + 1) of its object island, 0 = none."""


@dataclass(frozen=True, slots=True, repr=False)
class Tracks(_ShapeRepr):
    """The tracks of one level that are visible in this frame. Row ``i`` is ``i + 1`` in the
    memberships' first axis."""

    ids: Int32[np.ndarray, " k"]
    """Permanent, from 1, never used again in the clip."""
    parent_ids: Int32[np.ndarray, " k"]
    """Per part: id of its object track, the same for life: of one that is visible, by itself or as
    a member; 0 = none, and always 0 at the object level."""
    embeddings: Float32[np.ndarray, "k d"]
    agreement: Float32[np.ndarray, " k"]
    pose: Float32[np.ndarray, "k 6"]
    read_pose: Float32[np.ndarray, "k 6"]
    """Both as in Islands."""
    memberships: Float32[np.ndarray, "k+1 hs ws"]
    """As in Islands, row 0 = none."""
    age_frames: Int32[np.ndarray, " k"]
    """Frames since birth, hidden ones included; 1 at birth."""
    age_seconds: Float32[np.ndarray, " k"]
    missed_frames: Int32[np.ndarray, " k"]
    """Frames for which the track was out of sight just before this one; 0 when it was seen in the
    frame before."""
    names: tuple[str, ...]
    """What each is called: an object by its id, ``1+4`` where 4 is seen as one with 1, a part by
    its object's id and its place among all parts that this ever had, ``3.2`` (``0.2`` if it is of
    none)."""
    inside: Float32[np.ndarray, "hp wp"] | None = None
    """As in Islands."""

    @property
    def members(self) -> list[tuple[int, ...]]:
        """Of objects: the ids of those that are seen as one, the island's own first."""
        return [tuple(int(number) for number in name.split("+")) for name in self.names]


@dataclass(frozen=True, slots=True, repr=False)
class Percept(_ShapeRepr):
    """What was understood of one frame. Holds no GPU tensor and no history, so keeping a Percept
    keeps one frame alive and nothing else."""

    frame: Frame
    motion: Motion
    parse: Parse
    tracks: Mapping[str, Tracks]
    """Keys: ``part`` and ``object``."""
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    """Time spent in each stage: motion, glom, islands, track."""
    reset: Reset | None = None
    """Why the columns began anew with this frame, where they did; ids go on."""
    iterations: int = 1
    """Sweeps of the columns that this frame took."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a source says of itself before it is decoded."""

    name: str
    """Stem of the file or name of the folder: what outputs are called."""
    path: str
    """Where it was read from, credentials removed."""
    height: int
    """Upright, in pixels, after rotation."""
    width: int
    time_base: Fraction
    """Seconds per tick of pts; ``round(pts_seconds / time_base)`` gives the source's own pts
    back."""
    frame_rate: Fraction
    """Average, frames per second."""
    frames_declared: int | None = None
    duration_seconds: float | None = None
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation_degrees: int = 0
    """Rotation that was applied, counter-clockwise, in (-180, 180]."""
    is_mirrored: bool = False
    """Left and right were exchanged, before the rotation."""
    codec: str = ""
    pixel_format: str = ""
    is_hdr: bool = False
    """By its transfer function, PQ or HLG. It is read without tone mapping, so it looks flat and
    pale."""
    has_sound: bool = False
    notes: tuple[str, ...] = ()
    """How the pictures are changed in reading, where a user should know, one line each."""


class Joint(NamedTuple):
    """One annotated joint of an animal."""

    name: str
    x: float
    """Pixels of the label maps."""
    y: float


def id_image(tracks: Tracks, height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Track id of each pixel, 0 = none: memberships upsampled bicubically and the largest taken.
    Near outlines ``tracks.inside``, where there is one, tells where none is.

    Each track is upsampled inside its own bounding box only, so the cost follows the area painted
    and not the number of tracks.
    """
    best = _upsampled(tracks.memberships[0], (height, width))
    if tracks.inside is not None:
        _outline(best, tracks.inside)
    ids = np.zeros((height, width), np.int32)
    for track_id, membership, box in zip(
        tracks.ids, tracks.memberships[1:], _boxes(tracks.memberships, height, width), strict=True
    ):
        if box is None:
            continue
        cells, pixels = box
        window = best[pixels]
        share = _upsampled(membership[cells], window.shape)
        wins = share > window
        np.copyto(window, share, where=wins)
        np.copyto(ids[pixels], track_id, where=wins)
    return ids


LEAST_SHARE = 0.02
"""Of a pixel inside an outline, that a track must have to be given it."""


def _outline(none: Float32[np.ndarray, "H W"], inside: Float32[np.ndarray, "hp wp"]) -> None:
    """Let the share of none win, or lose, by the sign of ``inside``."""
    import cv2

    sure = cv2.resize(inside, none.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.copyto(none, 2, where=sure < 0)
    np.minimum(none, LEAST_SHARE, out=none, where=sure > 0)


_Box = tuple[slice, slice]


def _boxes(
    memberships: Float32[np.ndarray, "rows hs ws"], height: int, width: int
) -> list[tuple[_Box, _Box] | None]:
    """Per track the cells, and their pixels, outside which it cannot be the largest; None where it
    nowhere is.

    Shares sum to 1 in every pixel, so the largest holds at least 1/(k+1); a bicubic kernel
    amplifies by less than 1.6.
    """
    can_win = memberships[1:] > 1 / (1.6 * len(memberships))
    spans = (_spans(can_win.max(2), height), _spans(can_win.max(1), width))
    return [
        None if rows is None or columns is None else ((rows[0], columns[0]), (rows[1], columns[1]))
        for rows, columns in zip(*spans, strict=True)
    ]


def _spans(occupied: Bool[np.ndarray, "k cells"], pixels: int) -> list[tuple[slice, slice] | None]:
    """Along one axis, the cells from a track's first to its last and the pixels that they cover
    exactly.

    Both ends are moved outwards to where a cell's edge falls on a pixel's edge, or a crop would be
    upsampled at another phase than the whole.
    """
    cells = occupied.shape[1]
    period = cells // gcd(cells, pixels)
    reach = 2  # cells that a bicubic kernel can spill over
    first, end = occupied.argmax(1), cells - occupied[:, ::-1].argmax(1)
    starts = np.maximum((first - reach) // period * period, 0).tolist()
    stops = np.minimum(-(-(end + reach) // period) * period, cells).tolist()
    spans = [
        (slice(start, stop), slice(start * pixels // cells, stop * pixels // cells))
        for start, stop in zip(starts, stops, strict=True)
    ]
    return [span if row.any() else None for span, row in zip(spans, occupied, strict=True)]


def _upsampled(
    membership: Float32[np.ndarray, "hs ws"], size: tuple[int, ...]
) -> Float32[np.ndarray, "H W"]:
    """Bicubic, to (height, width)."""
    import cv2

    return cv2.resize(membership, size[::-1], interpolation=cv2.INTER_CUBIC)


def palette() -> UInt8[np.ndarray, "256 3"]:
    """RGB colours of indexed PNGs: Pascal VOC's, of which DAVIS shares the first 22. An index's
    bits are dealt out to red, green and blue in turn."""
    index = np.arange(256)
    bits = (index[:, None] >> np.arange(8)) & 1
    channels = [
        sum(
            bits[:, 3 * place + channel] << (7 - place)
            for place in range(3)
            if 3 * place + channel < 8
        )
        for channel in range(3)
    ]
    return np.stack(channels, axis=1).astype(np.uint8)


def distinct_names(stems: Sequence[str], names: Sequence[str]) -> list[str]:
    """What the frames of a clip are called, after whose names masks are named: their stems, or
    their whole names where two stems would be one file on a disk that takes capitals for small
    letters."""
    return list(stems if len({stem.casefold() for stem in stems}) == len(stems) else names)
