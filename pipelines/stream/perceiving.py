"""Live frames parsed: their columns in a thread of its own, their islands in the one that shows
them, so that both have as much to do."""

import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from glom_video.motion import MotionSettings
from glom_video.perceive import Settings
from glom_video.read import (
    Handover,
    LiveFrame,
    Outage,
    Playback,
    Policy,
    Source,
    is_played,
    read_live,
)
from glom_video.structures import ColumnStates, Frame, Percept
from glom_video_pipelines.stream.browser_camera import BrowserCamera
from glom_video_pipelines.stream.controls import Controls

if TYPE_CHECKING:
    from glom_video.glom import Glom
    from glom_video.perceive import ColumnOutput, Perceiver, PreparedFrame

LIVE_SETTINGS = Settings(motion=MotionSettings(working_pixels=384 * 216))
"""A live working picture has two thirds of the usual area: on two cores that is the difference
between 20 and 28 frames a second, and what moves from frame to frame is then the less."""
LATE_SECONDS = 0.01
"""A frame that is older than that when it is taken has waited for those before it."""
JOIN_SECONDS = 2.0
"""How long the thread may take to leave."""


@dataclass(frozen=True, slots=True, eq=False)
class LivePercept:
    """The percept of a live frame; equal to itself alone."""

    percept: Percept
    captured_at_seconds: float
    """By ``time.monotonic()``."""
    columns: ColumnStates | None = None
    """Of this frame, or of the last tick before it."""
    position_seconds: float | None = None
    piece: int = 0
    """Both as in ``LiveFrame``."""

    def age_seconds(self) -> float:
        """Since its capture, now."""
        return time.monotonic() - self.captured_at_seconds


@dataclass(frozen=True, slots=True)
class LiveSource:
    """What is read, and how, as in ``read_live``."""

    source: Source
    policy: Policy
    give_up_seconds: float | None
    playback: Playback | None = None
    """Of a file."""
    camera: BrowserCamera | None = None
    """Of a browser, which is then the source."""

    @property
    def waits(self) -> bool:
        """Whether no frame is lost while none is taken."""
        return self.policy == "every" or (self.camera is None and is_played(self.source))


@dataclass(frozen=True, slots=True)
class UpdatedFrame:
    """A live frame whose columns are updated, to be parsed and tracked."""

    perceiver: "Perceiver"
    """Of its source."""
    output: "ColumnOutput"
    captured: LiveFrame
    columns: ColumnStates | None
    """As in ``LivePercept``."""

    def percept(self) -> LivePercept:
        """Parse and track it; to be called once for each frame of a source, in their order."""
        return LivePercept(
            percept=self.perceiver.parse_and_track(self.output),
            captured_at_seconds=self.captured.captured_at_seconds,
            columns=self.columns,
            position_seconds=self.captured.position_seconds,
            piece=self.captured.piece,
        )


class Percepts:
    """Percepts as they come, parsed and tracked in the thread that takes them. The methods are
    those of ``Handover``."""

    def __init__(self, outputs: "Handover[LiveFrame | UpdatedFrame]") -> None:
        self._outputs = outputs

    def take(self, timeout_seconds: float) -> LivePercept | LiveFrame | None:
        """The next percept; a frame as it was captured, while the model is loaded."""
        taken = self._outputs.take(timeout_seconds)
        return taken.percept() if isinstance(taken, UpdatedFrame) else taken

    @property
    def is_exhausted(self) -> bool:
        return self._outputs.is_exhausted

    def leave(self) -> None:
        self._outputs.leave()


@contextmanager
def perceived(
    source: LiveSource,
    model: "Future[Glom]",
    controls: Controls,
    settings: Settings = LIVE_SETTINGS,
) -> Iterator[Percepts]:
    """Percepts as they come. Left by ``leave`` or at the end of the block, and no thread stays
    behind.

    While ``model`` is loaded, frames of a source that does not wait are shown as they are.
    """
    over = threading.Event()
    outputs = Handover[LiveFrame | UpdatedFrame](over, capacity=1, drops_oldest=False)

    def end_if_failed(model: "Future[Glom]") -> None:
        if (error := model.exception()) is not None:
            outputs.end(error)

    model.add_done_callback(end_if_failed)
    thread = threading.Thread(
        target=_update_columns,
        args=(source, model, controls, settings, outputs, over),
        name="perceive",
        daemon=True,
    )
    thread.start()
    try:
        yield Percepts(outputs)
    finally:
        over.set()
        thread.join(JOIN_SECONDS)


def _update_columns(
    source: LiveSource,
    model: "Future[Glom]",
    controls: Controls,
    settings: Settings,
    outputs: "Handover[LiveFrame | UpdatedFrame]",
    over: threading.Event,
) -> None:
    try:
        with closing(arriving_frames(source, controls, over)) as arriving:
            glom, captured = _once_loaded(source, arriving, model, outputs)
            from glom_video.perceive import Perceiver  # brings torch, which is there by now

            perceiver, columns = Perceiver(glom, settings), None
            for prepared, each in prepared_frames(captured, perceiver, controls, source.policy):
                output = perceiver.update_columns(prepared)
                columns = output.columns or columns
                outputs.put(UpdatedFrame(perceiver, output, each, columns))
                if outputs.is_over:
                    break
        outputs.end()
    except BaseException as error:  # any error belongs to the loop: in a thread it would be lost
        outputs.end(error)


def _once_loaded(
    source: LiveSource,
    arriving: Iterator[LiveFrame],
    model: "Future[Glom]",
    outputs: "Handover[LiveFrame | UpdatedFrame]",
) -> "tuple[Glom, Iterator[LiveFrame]]":
    """The model, and the frames from then on, counted and timed from the first of them. Until then
    those of a source that does not wait are shown."""
    if source.waits:
        return model.result(), arriving
    was_shown = False
    for captured in arriving:
        if model.done():
            rest = chain([captured], arriving)
            return model.result(), _counted_from(captured.frame, rest) if was_shown else rest
        outputs.put(captured)
        was_shown = True
        if outputs.is_over:
            break
    return model.result(), arriving


def _counted_from(first: Frame, frames: Iterator[LiveFrame]) -> Iterator[LiveFrame]:
    for each in frames:
        index, seconds = each.frame.index - first.index, each.frame.pts_seconds - first.pts_seconds
        yield replace(each, frame=replace(each.frame, index=index, pts_seconds=seconds))


def prepared_frames(
    arriving: Iterator[LiveFrame], perceiver: "Perceiver", controls: Controls, policy: Policy
) -> Iterator[tuple["PreparedFrame", LiveFrame]]:
    """Frames after the first step; viewers are told why the model begins anew, where it does.
    Where frames may be lost, late ones wait for no tick, so that fewer are. Raises as
    ``arriving``."""
    before: LiveFrame | None = None
    for captured in arriving:
        if _begins_anew(captured, before, controls):
            perceiver.preparation.forget()  # the columns begin anew with a frame of no past
        before = captured
        age = time.monotonic() - captured.captured_at_seconds
        is_late = policy == "latest" and age > LATE_SECONDS
        prepared = perceiver.prepare(captured.frame, is_late=is_late)
        _tell_reset(prepared, perceiver.settings, controls)
        yield prepared, captured


def _begins_anew(captured: LiveFrame, before: LiveFrame | None, controls: Controls) -> bool:
    """Whether nothing may be carried from the frame ``before`` into this one; viewers are told."""
    height, width = captured.frame.image.shape[:2]
    is_new = False
    if before is not None and before.frame.image.shape[:2] != (height, width):
        # another camera, or the same one set up anew, even where both scale down to one working
        # size
        controls.notify(f"the picture is now {width}x{height}: the model began anew")
        is_new = True
    if before is not None and before.piece != captured.piece:
        if captured.rounds == before.rounds:
            controls.notify(f"went to {captured.position_seconds:.1f} s: the model began anew")
        elif before.rounds == 0:  # said once: a short clip would soon fill all notices
            controls.notify("the file begins again, and the model begins anew in each round")
        is_new = True
    if controls.take_reset():
        controls.notify("reset: the model began anew")
        is_new = True
    return is_new


def _tell_reset(prepared: "PreparedFrame", settings: Settings, controls: Controls) -> None:
    """Tell viewers why the model begins anew, where it does so by itself."""
    if prepared.reset == "cut":
        controls.notify("scene cut: the model began anew")
    elif prepared.reset == "gap":
        longest = settings.motion.reset_gap_seconds
        controls.notify(f"a gap of more than {longest:g} s: the model began anew")


def arriving_frames(
    source: LiveSource, controls: Controls, over: threading.Event
) -> Generator[LiveFrame, None, None]:
    """Frames of the source until ``over``; viewers are told of outages. Raises as ``read_live``."""

    def on_outage(outage: Outage) -> None:
        controls.notify(
            f"{outage.cause}; trying again in {outage.retry_in_seconds:.1f} s (attempt "
            f"{outage.attempt})"
        )

    if source.camera is not None:
        return source.camera.frames(over, source.give_up_seconds)
    return read_live(
        source.source,
        policy=source.policy,
        stop=over,
        on_outage=on_outage,
        give_up_seconds=source.give_up_seconds,
        playback=source.playback,
    )
