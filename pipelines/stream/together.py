"""Several live sources parsed by one model: their frames go through it as one batch, and all else
that is remembered is each source's own."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from glom_video.glom import Glom
from glom_video.perceive import Perceiver, PreparedFrame, Settings, update_together
from glom_video.read import Handover, LiveFrame
from glom_video.structures import ColumnStates, InvalidInput
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import WAIT_SECONDS, LoopTurn
from glom_video_pipelines.stream.perceiving import (
    JOIN_SECONDS,
    LIVE_SETTINGS,
    LivePercept,
    LiveSource,
    UpdatedFrame,
    arriving_frames,
    prepared_frames,
)
from glom_video_pipelines.stream.trimming import MemoryTrimmer


@dataclass(frozen=True, slots=True)
class _Prepared:
    frame: PreparedFrame
    captured: LiveFrame


@dataclass(frozen=True, slots=True)
class Ended:
    """A source gives nothing more."""

    error: BaseException | None


class PerceptsTogether:
    """Percepts of all sources as they come, parsed and tracked in the thread that takes them."""

    def __init__(self, outputs: Handover[tuple[int, UpdatedFrame | Ended]]) -> None:
        self._outputs = outputs

    def take(self, timeout_seconds: float) -> tuple[int, LivePercept | Ended] | None:
        """The next one with the place of its source; None if none came in time."""
        taken = self._outputs.take(timeout_seconds)
        if taken is None:
            return None
        place, updated = taken
        return place, updated if isinstance(updated, Ended) else updated.percept()

    def leave(self) -> None:
        self._outputs.leave()


@contextmanager
def perceived_together(
    sources: Sequence[LiveSource],
    glom: Glom,
    controls: Sequence[Controls],
    settings: Settings = LIVE_SETTINGS,
) -> Iterator[PerceptsTogether]:
    """Percepts as they come. Each source has a thread that reads it and sees what moves, and one
    more takes what is there of all of them through the model. Left by ``leave`` or at the end of
    the block, and no thread stays behind."""
    over, arrived = threading.Event(), threading.Event()
    perceivers = [Perceiver(glom, settings) for _ in sources]
    waiting = [Handover[_Prepared | Ended](over, capacity=1, drops_oldest=False) for _ in sources]
    outputs = Handover[tuple[int, UpdatedFrame | Ended]](
        over, capacity=len(sources), drops_oldest=False
    )
    threads = [
        threading.Thread(
            target=_prepare,
            args=(*each, over, arrived),
            name=f"perceive {place}",
            daemon=True,
        )
        for place, each in enumerate(zip(sources, perceivers, controls, waiting, strict=True))
    ]
    threads.append(
        threading.Thread(
            target=_update_columns,
            args=(perceivers, waiting, outputs, arrived),
            name="perceive together",
            daemon=True,
        )
    )
    for thread in threads:
        thread.start()
    try:
        yield PerceptsTogether(outputs)
    finally:
        over.set()
        deadline = time.monotonic() + JOIN_SECONDS  # of all together
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _prepare(
    source: LiveSource,
    perceiver: Perceiver,
    controls: Controls,
    waiting: Handover[_Prepared | Ended],
    over: threading.Event,
    arrived: threading.Event,
) -> None:
    error: BaseException | None = None
    try:
        with closing(arriving_frames(source, controls, over)) as arriving:
            for prepared, captured in prepared_frames(arriving, perceiver, controls, source.policy):
                waiting.put(_Prepared(prepared, captured))
                arrived.set()
                if waiting.is_over:
                    break
    except BaseException as raised:  # any error belongs to the loop: in a thread it would be lost
        error = raised
    waiting.put(Ended(error))
    arrived.set()


def _update_columns(
    perceivers: Sequence[Perceiver],
    waiting: Sequence[Handover[_Prepared | Ended]],
    outputs: Handover[tuple[int, UpdatedFrame | Ended]],
    arrived: threading.Event,
) -> None:
    newest: list[ColumnStates | None] = [None for _ in perceivers]
    try:
        while not outputs.is_over:
            arrived.clear()
            taken = [(place, each.take(0.0)) for place, each in enumerate(waiting)]
            batch = [(place, each) for place, each in taken if isinstance(each, _Prepared)]
            columns = [perceivers[place].columns for place, _ in batch]
            updated = update_together(columns, [each.frame for _, each in batch])
            for (place, each), output in zip(batch, updated, strict=True):
                newest[place] = output.columns or newest[place]
                updated_frame = UpdatedFrame(
                    perceivers[place], output, each.captured, newest[place]
                )
                outputs.put((place, updated_frame))
            for place, ended in taken:
                if isinstance(ended, Ended):
                    outputs.put((place, ended))
            if not batch:
                arrived.wait(WAIT_SECONDS)
    except BaseException as error:  # as above
        outputs.end(error)


def run_together(
    turns: Sequence[LoopTurn], results: PerceptsTogether, stop: threading.Event
) -> None:
    """As ``run_loop``, until all sources have ended. One that is lost for good, or whose recording
    fails without viewers, keeps its error, and the others go on."""
    trim, running = MemoryTrimmer(), set(range(len(turns)))
    while running and not stop.is_set():
        trim()
        new: dict[int, LivePercept] = {}
        taken = results.take(WAIT_SECONDS)
        if taken is not None:
            place, item = taken
            if isinstance(item, Ended):
                _end(turns[place], item)
                running.discard(place)
            else:
                new[place] = item
        for place, turn in enumerate(turns):
            if not turn(new.get(place)):
                running.discard(place)


def _end(turn: LoopTurn, ended: Ended) -> None:
    """Raises what is no error of the source."""
    turn.live.has_ended = True
    if isinstance(ended.error, InvalidInput):
        turn.live.error = ended.error
        turn.live.controls.notify(f"{ended.error.cause}: this source has ended")
    elif ended.error is not None:
        raise ended.error
    else:
        turn.live.controls.notify("this source has ended")
