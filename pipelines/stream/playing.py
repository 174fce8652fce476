"""A file while it is played: what viewers ask of it, and what they are shown."""

from typing import Any

from glom_video.read import Playback
from glom_video_pipelines.stream.objects.spans import ObjectSpans
from glom_video_pipelines.stream.perceiving import LivePercept


class Playing:
    """A file's playback, and when in it each object was seen."""

    def __init__(self, playback: Playback) -> None:
        self.playback, self.spans = playback, ObjectSpans()
        self._newest: LivePercept | None = None
        self._told_end = False

    def add(self, live_percept: LivePercept) -> None:
        """One frame that is shown from now on."""
        self._newest = live_percept
        position = live_percept.position_seconds
        if position is not None:
            self.spans.add(
                live_percept.percept,
                position,
                live_percept.piece,
                self.playback.duration_seconds,
            )

    @property
    def has_ended(self) -> bool:
        """The file waits at its end, and its last frame is shown."""
        newest = self._newest
        return (
            self.playback.has_ended
            and newest is not None
            and newest.percept.frame.index >= self.playback.last_index
        )

    def just_ended(self) -> bool:
        """True once each time that it ends."""
        told, self._told_end = self._told_end, self.has_ended
        return self._told_end and not told

    @property
    def is_still(self) -> bool:
        """No frame is due."""
        return self.playback.is_paused or self.playback.has_ended

    def steer(self, request: Any) -> None:
        """``{"pause": bool}``, ``{"loop": bool}``, ``{"step": 1 or -1}`` or ``{"seek": seconds}``.

        Raises ValueError for anything else.
        """
        playback = self.playback
        if not isinstance(request, dict) or len(request) != 1:
            raise ValueError("give one of pause, loop, step and seek")
        match next(iter(request.items())):
            case "pause", bool(value):
                playback.pause(value)
            case "loop", bool(value):
                playback.loop(value)
            case "step", (1 | -1) as frames if type(frames) is int:
                playback.step(frames, self.position_seconds)
            case "seek", (int() | float()) as seconds if 0 <= seconds < 1e9:
                playback.seek(float(seconds))
            case _:
                raise ValueError("pause and loop are true or false, step 1 or -1, seek seconds")

    @property
    def position_seconds(self) -> float:
        """Of the frame that is shown."""
        return (self._newest and self._newest.position_seconds) or 0.0

    def state(self) -> dict[str, Any]:
        """What the page shows."""
        playback = self.playback
        return {
            "position_seconds": self.position_seconds,
            "duration_seconds": playback.duration_seconds,
            "is_paused": playback.is_paused,
            "loops": playback.loops,
            "has_ended": self.has_ended,
            "spans": self.spans.lines(),
        }
