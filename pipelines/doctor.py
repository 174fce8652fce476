"""``glom-video doctor``: what this machine has, and why something is missing."""

import importlib
import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from glom_video_pipelines.error_lines import print_error
from glom_video_pipelines.screen import has_display

REQUIRED = ("torch", "numpy", "av", "cv2", "scipy", "safetensors", "PIL", "rich", "typer")
OPTIONAL = {
    "decord": "random access to training clips is left to PyAV",
    "pycocotools": "no coco, ytvis and render: pip install 'glom-video[coco]'",
    "pyarrow": "no parquet: pip install 'glom-video[parquet]'",
    "ray": "no --workers and --ray-address: pip install 'glom-video[ray]'",
    "skimage": (
        "no train and synth without photographs of your own: pip install 'glom-video[train]'"
    ),
}
"""What is lost without it, and how to get it."""

DISTRIBUTIONS = {"cv2": "opencv-python", "PIL": "pillow", "skimage": "scikit-image"}
"""Names of packages that are not those of their modules."""

DECODERS = ("h264", "hevc", "vp8", "vp9", "libdav1d", "mpeg2video", "mjpeg", "gif", "prores")
"""Of FFmpeg, for what people's videos are mostly encoded in."""


def run_doctor(*, as_json: bool = False) -> int:
    """Print what there is. Returns 0, or 1 if something essential is missing."""
    found = {
        "machine": machine(),
        "libraries": {name: library(name) for name in (*REQUIRED, *OPTIONAL)},
        **_torch(),
        **_video(),
        **_weights(),
    }
    missing = [name for name in REQUIRED if found["libraries"][name].startswith("missing")]
    if as_json:
        print(json.dumps({**found, "missing": missing}))
    else:
        _print(found)
    for name in missing:
        print_error(f"{name} is {found['libraries'][name]}", _remedy(name))
    return int(bool(missing))


def machine() -> dict[str, Any]:
    """What this program runs on: its version, Python, system, cores and display, as JSON values."""
    return {
        "glom_video": _version("glom-video"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "not set"),
        "display": "yes" if has_display() else "none: stream shows no window",
    }


def library(name: str) -> str:
    """Its version, or why it cannot be used."""
    try:
        importlib.import_module(name)
    except Exception as error:  # one built for another system or NumPy raises what it likes
        is_absent = isinstance(error, ModuleNotFoundError) and error.name == name
        reason = "not installed" if is_absent else " ".join(str(error).split())
        lost = f" ({OPTIONAL[name]})" if name in OPTIONAL else ""
        return f"missing: {reason}{lost}"
    return _version(DISTRIBUTIONS.get(name, name))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown version"


def _remedy(name: str) -> str:
    remedy = f"Install it: pip install {DISTRIBUTIONS.get(name, name)}."
    if name == "cv2":
        remedy += " OpenCV needs libGL (Debian and Ubuntu: apt-get install libgl1)."
    return remedy


def _if_installed(query: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``query`` returns; nothing where its library cannot be used, which the list of libraries
    says."""
    try:
        return query()
    except Exception:  # as in ``library``
        return {}


def _torch() -> dict[str, Any]:
    def query() -> dict[str, Any]:
        import torch

        gpus = [
            f"cuda:{index} {torch.cuda.get_device_name(index)}"
            for index in range(torch.cuda.device_count())
        ]
        mps = ["mps"] if torch.backends.mps.is_available() else []
        return {"devices": ["cpu", *gpus, *mps], "torch_threads": torch.get_num_threads()}

    return _if_installed(query)


def _video() -> dict[str, Any]:
    def query() -> dict[str, Any]:
        import av
        from av import library_versions

        from glom_video.formats.video.encoders import ENCODERS, available_encoder

        there = [name for name in ENCODERS if name in av.codecs_available]
        decoders = [name for name in DECODERS if name in av.codecs_available]
        libraries = ", ".join(
            f"{name} {'.'.join(map(str, number))}"
            for name, number in library_versions.items()
            if name in ("libavcodec", "libavformat")
        )
        return {
            "ffmpeg": libraries,
            "encoder": available_encoder(),
            "encoders": there,
            "decoders": decoders,
        }

    return _if_installed(query)


def _weights() -> dict[str, Any]:
    def query() -> dict[str, Any]:
        from glom_video_pipelines.annotate.options import weights_digest

        return {"weights": f"in the package, {weights_digest(None)}"}

    return _if_installed(query)


def _print(found: dict[str, Any]) -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            for inner, text in value.items():
                print(f"{inner:<16} {text}")
        else:
            print(f"{name:<16} {', '.join(map(str, value)) if isinstance(value, list) else value}")
