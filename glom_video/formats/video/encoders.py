"""The video encoders that an mp4 may be written with."""

from collections.abc import Sequence
from contextlib import suppress

from glom_video.structures import InvalidInput

ENCODERS: dict[str, dict[str, str]] = {
    "libx264": {"crf": "20", "preset": "veryfast", "bf": "0"},
    "libopenh264": {"b": "8M"},
    "libvpx-vp9": {
        "crf": "31",
        "b": "0",
        "deadline": "realtime",
        "cpu-used": "6",
        "row-mt": "1",
    },
}
"""Encoders and their options, best first; the first one that this PyAV has is used. Each takes any
time base.

There are no B frames, which makes files about a fifth larger: mp4 counts a track's duration in
decoding times, which B frames put before the pictures' times, so with uneven frame times the end
would be declared too early. It also saves frames when the process is killed.
"""

_REPEATABLE = {"libx264": {"mbtree": "0"}}
"""Option that makes the bytes repeatable once the threads are pinned. With its macroblock tree,
x264's AVX-512 code depends on memory that it never wrote (seen in PyAV 18.1). Files without it are
a quarter larger, so only users who ask for the same bytes pay for it."""


def encoder_options(name: str, *, bytes_repeat: bool) -> dict[str, str]:
    """Options of one of ENCODERS; with ``bytes_repeat`` each run gives the same bytes."""
    return ENCODERS[name] | (_REPEATABLE.get(name, {}) if bytes_repeat else {})


def available_encoder(names: Sequence[str] = tuple(ENCODERS)) -> str:
    """The first encoder of ``names`` that this PyAV was built with.

    Raises:
        InvalidInput: it has none of them.
    """
    import av

    for name in names:
        with suppress(ValueError):  # av.codec.codec.UnknownCodecError
            return str(av.Codec(name, "w").name)
    cause = f"this PyAV has none of the encoders {', '.join(names)}"
    raise InvalidInput(cause, "Install the wheel of PyAV: pip install --force-reinstall av.")
