"""Pictures in the colours that players expect of a video: limited-range BT.709, 4:2:0."""

from typing import Any

_BT709, _LIMITED_RANGE = 1, 1
"""FFmpeg's numbers."""


def state_colours(context: Any) -> None:
    """State them in a codec context, so that players need not guess."""
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED_RANGE


def converted(reformatter: Any, rgb: Any) -> Any:
    """A frame of PyAV's in these colours, by a VideoReformatter that is kept from frame to
    frame."""
    from av.video.reformatter import ColorRange, Colorspace

    return reformatter.reformat(
        rgb,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
