"""``glom-video probe``: what a source's headers state, and what decoding every frame finds."""

import json
import sys
from dataclasses import asdict
from typing import Any

from glom_video.read import Inspection, inspect, redacted
from glom_video.structures import InvalidInput, one_line
from glom_video_pipelines.annotate.results import count
from glom_video_pipelines.error_lines import print_error


def run_probe(source: str, *, as_json: bool = False) -> int:
    """Print what is in a source. Returns 0, or 1 if it is damaged or cannot be read."""
    try:
        found = inspect(source, _Counter())
    except InvalidInput as error:
        if as_json:
            shown = redacted(source)
            print(json.dumps({"source": shown, "reason": error.cause, "remedy": error.remedy}))
        else:
            print_error(error.cause, error.remedy)
        return 1
    damage = _damage(found)
    if as_json:
        print(json.dumps({**_plain(found), "damage": damage}))
    else:
        for name, text in _described(found, damage).items():
            print(f"{name:<11} {one_line(text)}")
    return int(bool(damage))


class _Counter:
    """How many frames are decoded, on stderr, if that is a terminal."""

    def __call__(self, frames: int) -> None:
        if frames % 500 == 0 and sys.stderr.isatty():
            print(f"\r{frames} frames\r", end="", file=sys.stderr, flush=True)


def _plain(found: Inspection) -> dict[str, Any]:
    """As json takes it: rates as text, exactly."""
    info = {
        name: str(value) if name in ("frame_rate", "time_base", "sample_aspect_ratio") else value
        for name, value in asdict(found.info).items()
    }
    return {**asdict(found), "info": info}


def _damage(found: Inspection) -> str:
    """In words; empty where there is none."""
    counts = [
        count(number, f"{what} frame")
        for number, what in ((found.corrupt_frames, "corrupt"), (found.lost_frames, "lost"))
        if number
    ]
    return "; ".join(filter(None, [found.broken, " and ".join(counts)]))


def _described(found: Inspection, damage: str) -> dict[str, str]:
    """What is printed, by heading."""
    info, container = found.info, found.container
    if found.video_streams > 1:
        container += f", {found.video_streams} video streams of which this is the best"
    declared = (
        "not declared" if info.frames_declared is None else f"{info.frames_declared} declared"
    )
    sound = [
        f"{each.codec} {each.sample_rate} Hz {count(each.channels, 'channel')}"
        for each in found.sound
    ]
    return {
        "source": info.path,
        "container": container,
        "codec": _codec(found),
        "size": _size(found),
        "rate": _rate(found),
        "time": f"{found.duration_seconds:.3f} s from {found.first_seconds:.3f} s",
        "frames": f"{found.decoded_frames} decoded, {declared}",
        "sound": ", ".join(sound) or "none",
        "damage": damage or "none",
        **({"notes": "; ".join(info.notes)} if info.notes else {}),
    }


def _codec(found: Inspection) -> str:
    info = found.info
    text = f"{info.codec}, {info.pixel_format}, {found.bits_per_component} bits"
    if info.is_hdr:
        text += ", HDR (not tone-mapped)"
    if found.interlaced_frames:
        text += f", {found.interlaced_frames} frames interlaced (not deinterlaced)"
    return text


def _size(found: Inspection) -> str:
    """As it is shown, and what was done for that."""
    info, aspect = found.info, found.info.sample_aspect_ratio
    text = f"{info.width}x{info.height}"
    if info.is_mirrored:
        text += ", mirrored"
    if info.rotation_degrees:
        text += f", turned by {info.rotation_degrees} degrees"
    if aspect != 1:
        text += f", pixels {aspect.numerator}:{aspect.denominator}"
    if found.sizes:
        sizes = ", ".join(f"{width}x{height}" for width, height in found.sizes)
        text += f", changes size: {sizes}"
    return text


def _rate(found: Inspection) -> str:
    rate = found.info.frame_rate
    exact = "" if rate.denominator == 1 else f" ({rate.numerator}/{rate.denominator})"
    if found.is_variable_rate:
        spread = (
            f"{found.shortest_seconds * 1000:.1f} to {found.longest_seconds * 1000:.1f} ms a frame"
        )
        return f"variable: {spread}, {float(rate):.3f} frames/s{exact} on average"
    return f"{float(rate):.3f} frames/s{exact}"
