"""The live picture in a window of OpenCV's, and what its keys do."""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from glom_video_pipelines.screen import has_display
from glom_video_pipelines.stream.controls import (
    Controls,
    next_ids,
    next_level,
    next_opacity,
)
from glom_video_pipelines.stream.playing import Playing

HELP = (
    "q  quit",
    "space  hold the picture, or pause a file",
    ", .  a file's frame before, and after",
    "c  play a file over and over",
    "s  snapshot: picture, masks, json",
    "r  record, or finish recording",
    "l  levels: both, object, part",
    "o  opacity",
    "i  ids",
    "x  reset: the model begins anew",
    "h  this help",
)
"""What ``h`` shows, line by line."""
NOTICE_SECONDS = 4.0
"""That a notice is shown."""
Picture = UInt8[np.ndarray, "H W 3"]


class Window:
    """To be used from the main thread only. A file is paused; of a camera the picture alone is
    held: model and recording go on."""

    def __init__(
        self,
        title: str,
        controls: Controls,
        snapshot: Callable[[], str],
        notice_seconds: float = NOTICE_SECONDS,
        playing: Playing | None = None,
    ) -> None:
        self._title, self._controls, self._snapshot = title, controls, snapshot
        self._playing = playing
        self._notice_seconds = notice_seconds
        self._picture: Picture | None = None
        self._is_paused = self._shows_help = self._was_shown = False
        self._notice, self._notice_until = "", 0.0

    def notify(self, notice: str) -> None:
        self._notice, self._notice_until = notice, time.monotonic() + self._notice_seconds

    def show(self, picture: Picture | None, is_recording: bool) -> bool:
        """Draw (None: the last picture again) and handle the keys. False when the user wants to
        end."""
        import cv2

        if picture is not None and not self._is_paused:
            self._picture = picture
        if self._picture is not None:
            cv2.imshow(
                self._title,
                cv2.cvtColor(self._with_overlay(self._picture, is_recording), cv2.COLOR_RGB2BGR),
            )
            self._was_shown = True
        pressed = cv2.waitKey(1) & 0xFF
        is_closed = self._was_shown and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1
        return not is_closed and self._handle_key(pressed)

    def _handle_key(self, key: int) -> bool:
        controls = self._controls
        match chr(key).lower():
            case "q" | "\x1b":
                return False
            case " " if self._playing is None:
                self._is_paused = not self._is_paused
            case " " | "," | "." | "c" if self._playing is not None:
                self._steer(self._playing, chr(key).lower())
            case "s":
                self.notify(self._snapshot())
            case "r":
                controls.request_recording()
            case "l":
                controls.display = next_level(controls.display)
                self.notify(f"levels: {controls.display.level or 'both'}")
            case "o":
                controls.display = next_opacity(controls.display)
                self.notify(f"opacity: {controls.display.opacity:.0%}")
            case "i":
                controls.display = next_ids(controls.display)
            case "x":
                controls.request_reset()
            case "h" | "?":
                self._shows_help = not self._shows_help
        return True

    def _steer(self, playing: Playing, key: str) -> None:
        playback = playing.playback
        match key:
            case " ":
                playing.steer({"pause": not playing.is_still})
            case "c":
                playing.steer({"loop": not playback.loops})
                self.notify("over and over" if playback.loops else "once, to the end")
            case _:
                playing.steer({"step": 1 if key == "." else -1})

    def _with_overlay(self, picture: Picture, is_recording: bool) -> Picture:
        """The picture with help, notice and state written over it."""
        lines = list(HELP) if self._shows_help else []
        if time.monotonic() < self._notice_until:
            lines.append(self._notice)
        if self._is_paused:
            lines.append("held: space goes on")
        if self._playing is not None and self._playing.has_ended:
            lines.append("end of the file: space begins again")
        elif self._playing is not None and self._playing.playback.is_paused:
            lines.append("paused: space goes on")
        if not lines and not is_recording:
            return picture
        return _with_lines(picture, lines, is_recording)


def _with_lines(picture: Picture, lines: list[str], is_recording: bool) -> Picture:
    import cv2

    height, width = picture.shape[:2]
    scale = max(0.4, height / 900)
    step = round(30 * scale)
    drawn = picture.copy()
    if lines:
        box = drawn[: min(step * len(lines) + step // 2, height)]
        np.copyto(box, box // 3)
    for row, line in enumerate(lines):
        cv2.putText(
            drawn,
            line,
            (step // 2, step * (row + 1)),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (255, 255, 255),
            1,
            cv2.LINE_AA,
        )
    if is_recording:
        cv2.circle(
            drawn, (width - step, step), max(4, step // 3), (230, 40, 40), cv2.FILLED, cv2.LINE_AA
        )
    return drawn


def can_open_window() -> bool:
    """Tried in a process of its own: where it fails, OpenCV aborts the whole process."""
    if not has_display():
        return False
    trial = "import cv2; cv2.namedWindow('trial'); cv2.destroyAllWindows()"
    tried = subprocess.run([sys.executable, "-c", trial], capture_output=True, check=False)
    return tried.returncode == 0
