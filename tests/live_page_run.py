"""A live run on known percepts with its page, and viewers of it without a browser."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from percepts import noise, percept_of, tracks_of

from glom_video.formats import Format
from glom_video.read import Handover, LiveFrame
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.events.live_events import LiveEvents
from glom_video_pipelines.stream.loop import Live, LoopTurn, run_loop
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.recording import StreamRecorder

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")
wsproto = pytest.importorskip("wsproto", reason="the page needs the extra [web]")

from glom_video_pipelines.stream.web import WebView  # noqa: E402

SIZE = 180, 320
NO_REQUEST: dict[str, Any] = {"point": None, "level": 0, "is_held": False}
"""What a page answers that points nowhere."""


def seen(index: int) -> LivePercept:
    """Object 3 (parts 1 and 2) wanders over noise, object 7 (part 4) stands still."""
    left = 10 + (4 * index) % 120
    objects = tracks_of({3: (left, 20, left + 80, 120), 7: (240, 40, 300, 140)}, *SIZE)
    parts = tracks_of(
        {1: (left, 20, left + 80, 70), 2: (left, 70, left + 80, 120), 4: (240, 40, 300, 140)},
        *SIZE,
        {1: 3, 2: 3, 4: 7},
    )
    return LivePercept(percept_of(noise(*SIZE) // 3, objects, parts, index), time.monotonic())


@dataclass
class Run:
    live: Live
    view: WebView
    port: int


@contextmanager
def running(
    folder: Path,
    host: str = "127.0.0.1",
    percept: Callable[[int], LivePercept | LiveFrame | None] = seen,
    formats: Sequence[Format] = (),
    events: LiveEvents | None = None,
    public_url: str | None = None,
    port: int = 0,
    **served: float,
) -> Iterator[Run]:
    """A live run on known percepts (None: none comes), 25 a second, shown on a page."""
    stop = threading.Event()
    results = Handover[LivePercept | LiveFrame](stop, capacity=1, drops_oldest=True)
    recorder = StreamRecorder("0", folder / "live.mp4", formats)
    live = Live("rtsp://***@camera/live", Controls(), recorder, events=events)

    def feed() -> None:
        index = 0
        while not stop.wait(0.04):
            if (found := percept(index)) is not None:
                results.put(found)
            index += 1

    with WebView(live, host, port, public_url, **served) as view:  # type: ignore[arg-type]
        threads = [
            threading.Thread(target=feed),
            threading.Thread(
                target=run_loop,
                args=(LoopTurn(live, None, view.pages[0], record=False), results, stop),
            ),
        ]
        for thread in threads:
            thread.start()
        try:
            yield Run(live, view, view.port)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            live.recorder.finish()


def ask(
    port: int, method: str, path: str, body: Any = None, host: str = "127.0.0.1", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; ``_`` in a header's name stands for ``-``."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    sent = {"Content-Type": "application/json"} if body is not None else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if body is None or isinstance(body, bytes) else json.dumps(body)
    connection.request(method, path, content, sent)
    answer = connection.getresponse()
    received = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, received


class Viewer:
    """A page's connection, without the page."""

    def __init__(self, port: int, **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.connection = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._send(
            wsproto.events.Request(host=f"127.0.0.1:{port}", target="/watch", extra_headers=extra)
        )
        self.answer = self._event()

    def _send(self, event: Any) -> None:
        self.socket.sendall(self.connection.send(event))

    def _event(self) -> Any:
        for event in self.connection.events():
            return event
        while data := self.socket.recv(65536):
            self.connection.receive_data(data)
            for event in self.connection.events():
                return event
        return None

    def _message(self) -> Any:
        pieces: list[Any] = []
        while True:
            event = self._event()
            assert isinstance(event, wsproto.events.Message), event
            pieces.append(event.data)
            if event.message_finished:
                return ("" if isinstance(event, wsproto.events.TextMessage) else b"").join(pieces)

    def look(
        self, answer: str | dict[str, Any] = NO_REQUEST
    ) -> tuple[dict[str, Any], bytes | None]:
        """State and picture of the next turn, and an answer to them."""
        state = json.loads(self._message())
        picture = self._message() if state["has_picture"] else None
        message = answer if isinstance(answer, str) else json.dumps(answer)
        self._send(wsproto.events.TextMessage(data=message))
        return state, picture

    def close(self) -> None:
        self.socket.close()


def may_watch(port: int, **headers: str) -> bool:
    viewer = Viewer(port, **headers)
    viewer.close()
    return isinstance(viewer.answer, wsproto.events.AcceptConnection)


def is_turned_away(port: int) -> bool:
    """Whether there is no room, which is told once the connection stands."""
    viewer = Viewer(port)
    told = viewer._event()
    viewer.close()
    return isinstance(told, wsproto.events.CloseConnection) and told.code == 1013


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with running(tmp_path_factory.mktemp("live")) as running_:
        yield running_
