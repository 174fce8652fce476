"""A live run under watch: a 30 fps stream over TCP on this machine, ``glom-video stream`` on it,
and what becomes of latency, memory and threads.

    python docs/live_run.py --minutes 10                  the stream, shown on the page and recorded
    python docs/live_run.py --minutes 1 --slow 0.2        a model that takes at least 0.2 s a frame
    python docs/live_run.py --minutes 10 --clip FILE      that file's pictures, over and over;
    default: the sample clips

Prints a line a minute and a verdict; ends the stream with SIGINT and checks that its recording can
be played. Needs the extras [web] and [dev].
"""

import argparse
import contextlib
import itertools
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil

from glom_video.read import expand, read

RATE, HEIGHT, WIDTH = 30, 360, 640
SLOW = """
import os, sys, time
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as main does, before NumPy is loaded
import glom_video.perceive
perceive = sys.modules["glom_video.perceive"]  # glom_video.perceive is the function
class Slow(perceive.Perceiver):
    def update_columns(self, prepared):
        began = time.monotonic()
        output = super().update_columns(prepared)
        time.sleep(max(0.0, {seconds} - (time.monotonic() - began)))
        return output
perceive.Perceiver = Slow
from glom_video_pipelines.cli import main
main()
"""
"""A model that takes its time. Without ``--slow`` the command runs as its user has it: what is
loaded before ``main`` may start threads that spin."""
SAMPLES = Path(__file__).parents[1] / "sample_clips" / "JPEGImages"


def encoded(clip: Path) -> list[bytes]:
    """The clip's pictures there and back again as H.264 packets, so that it can be played in a
    circle without a cut."""
    images = [
        cv2.resize(frame.image, (WIDTH, HEIGHT))
        for source in expand([clip])
        for frame in itertools.islice(read(source), 300)
    ][:300]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = (
        WIDTH,
        HEIGHT,
        "yuv420p",
        Fraction(1, RATE),
    )
    encoder.framerate = Fraction(RATE)
    encoder.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "g": str(RATE),
        "forced-idr": "1",
    }
    packets = []
    for index, image in enumerate(images + images[::-1]):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
            format="yuv420p"
        )
        frame.pts, frame.time_base = index, Fraction(1, RATE)
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


class Sender:
    """MPEG-TS over TCP at 30 fps, for one caller. Encoded beforehand, so that sending costs next to
    nothing."""

    def __init__(self, packets: list[bytes]) -> None:
        self._packets, self._listening = packets, socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.sent = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(av.FFmpegError, OSError):  # the caller has hung up
            self._send_to(self._listening.accept()[0])

    def _send_to(self, connection: socket.socket) -> None:
        with (
            connection,
            av.open(
                connection.makefile("wb"),
                "w",
                format="mpegts",
                container_options={"flush_packets": "1"},
            ) as container,
        ):
            stream = container.add_stream("libx264", rate=RATE)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            began = time.monotonic()
            for index in itertools.count():
                time.sleep(max(0.0, began + index / RATE - time.monotonic()))
                packet = av.Packet(self._packets[index % len(self._packets)])
                packet.stream, packet.pts, packet.dts, packet.time_base = (
                    stream,
                    index,
                    index,
                    Fraction(1, RATE),
                )
                container.mux(packet)
                self.sent = index + 1


def statistics(port: int) -> dict[str, Any]:
    """What the page says of itself. Raises OSError while it is not there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats.json", timeout=10) as answer:
        stats: dict[str, Any] = json.load(answer)
    return stats


def first_frame(process: "subprocess.Popen[str]", port: int) -> None:
    """Wait until a frame is shown, or the process has ended."""
    while process.poll() is None:
        with contextlib.suppress(OSError):
            if statistics(port)["frames"]:
                return
        time.sleep(0.02)


def observed(
    process: psutil.Process, port: int, sender: Sender, seconds: float
) -> Iterator[dict[str, Any]]:
    """Figures once a second."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.is_running():
        time.sleep(1)
        stats = statistics(port)
        behind = sender.sent - stats["frames"] - stats["dropped_frames"]
        yield {
            **stats,
            "behind": behind,
            "mib": process.memory_info().rss / 2**20,
            "threads": process.num_threads(),
        }


def started(
    port: int, source: str, record: Path, errors: Path, slow: float
) -> subprocess.Popen[str]:
    """``glom-video stream`` on a source, recorded; its stderr goes to ``errors``."""
    own = "from glom_video_pipelines.cli import main; main()"
    command = [
        *(sys.executable, "-c", SLOW.format(seconds=slow) if slow else own),
        *("stream", source, "--view", "web", "--port", str(port)),
        *("--record", str(record), "--json"),
    ]
    with errors.open("w") as log:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)


def print_minute(second: int, figures: dict[str, Any]) -> None:
    last = figures["last_minute"]
    # None in a minute without a frame.
    p50, p95 = (last[f"latency_{name}_ms"] or float("nan") for name in ("p50", "p95"))
    latency = f"latency p50 {p50:.0f} p95 {p95:.0f} ms"
    print(
        f"{second:4d} s: {last['fps']} fps, {latency}, dropped {last['dropped_share']:.0%}, "
        f"behind {figures['behind']}, {figures['mib']:.0f} MiB, {figures['threads']} threads",
        flush=True,
    )


def is_ended_well(process: subprocess.Popen[str], record: Path, errors: Path) -> bool:
    """End the run with SIGINT and play its recording; prints both."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    ended = json.loads(out)
    with av.open(str(record)) as container:
        recorded = sum(1 for _ in container.decode(video=0))
    print(
        f"ended with {process.returncode} in {time.monotonic() - began:.1f} s: {json.dumps(ended)}"
    )
    print(f"recorded frames: {recorded} of {ended['frames']}; on stderr: {errors.read_text()!r}")
    return process.returncode == 130 and recorded == ended["frames"]


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=1.0)
    options.add_argument("--slow", type=float, default=0.0, metavar="SECONDS")
    options.add_argument("--clip", type=Path, default=SAMPLES)
    chosen = options.parse_args()
    sender = Sender(encoded(chosen.clip))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        record, errors = Path(folder) / "live.mp4", Path(folder) / "errors.txt"
        began = time.monotonic()
        process = started(port, f"tcp://127.0.0.1:{sender.port}", record, errors, chosen.slow)
        print(f"watch at http://127.0.0.1:{port}/", flush=True)
        first_frame(process, port)
        print(f"first frame {time.monotonic() - began:.1f} s after the command", flush=True)
        while sender.sent < 10 * RATE and process.poll() is None:
            time.sleep(0.1)
        if process.poll() is not None:
            print(f"glom-video stream ended with {process.returncode}: {errors.read_text()}")
            return 1
        run = psutil.Process(process.pid)
        for second, figures in enumerate(observed(run, port, sender, 60 * chosen.minutes), 1):
            if second % 60 == 0 or second == 1:
                print_minute(second, figures)
        return 0 if is_ended_well(process, record, errors) else 1


if __name__ == "__main__":
    sys.exit(main())
