"""The server of the page, in a thread of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Self

import numpy as np
import uvicorn
from jaxtyping import UInt8
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from glom_video.structures import InvalidInput
from glom_video_pipelines.picture_bytes import jpeg_bytes
from glom_video_pipelines.stream.browser_camera import MOST_PICTURE_BYTES
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.web.access import Access, is_loopback, new_token
from glom_video_pipelines.stream.web.app import App
from glom_video_pipelines.stream.web.frame_state import FrameState
from glom_video_pipelines.stream.web.newest import Newest
from glom_video_pipelines.stream.web.overview import overview
from glom_video_pipelines.stream.web.public_address import PublicAddress
from glom_video_pipelines.stream.web.watching import MOST_MESSAGE_BYTES
from glom_video_pipelines.stream.web.zones import zones_state

JPEG_QUALITY = 80
"""Of pictures on the page, 1 to 100."""
STATE_SECONDS = 0.25
"""How often figures are computed anew, and how often viewers hear from a source that is silent."""
MOST_CONNECTIONS = 32
"""At a time, of all kinds."""
FIRST_REQUEST_SECONDS = 10.0
"""For a connection to ask something."""
GRACE_SECONDS = 1
"""At its end, for what is being answered."""
JOIN_SECONDS = 3.0
"""For the server to end."""


class SourcePage:
    """The page of one source."""

    def __init__(self, live: Live) -> None:
        self.newest = Newest()
        self.app = App(live, self.newest)
        self._figures: dict[str, Any] = {}
        self._due = 0.0
        self._frame, self._audience = FrameState.of_none(), 0

    @property
    def is_watched(self) -> bool:
        return self.app.viewers > 0

    def publish(self, live: Live, picture: UInt8[np.ndarray, "H W 3"] | None) -> None:
        """Called after every frame, and again and again while there is none."""
        is_due = time.monotonic() >= self._due
        if is_due:
            self._due = time.monotonic() + STATE_SECONDS
            self._figures = {
                "frames": live.tally.frames,
                "dropped_frames": live.tally.dropped_frames,
                **live.last_minute(),
            }
        if not self.is_watched:
            return
        audience = self.app.audiences
        was_drawn = self._audience == audience and self._frame.is_of(live)
        self._audience = audience
        self._frame = self._frame if was_drawn else FrameState.of(live)
        if live.newest is not None and not was_drawn and picture is None:
            picture = live.picture(live.newest)  # its marks have changed, or nobody watched before
        if picture is None and not is_due:
            return
        self.newest.put(
            self._frame.values,
            _state(live, self._figures),
            None if picture is None else jpeg_bytes(picture, JPEG_QUALITY),
            None if live.newest is None else live.newest.columns,
        )


class WebView:
    """Serves one live run from ``enter`` to ``exit``; one of several sources, ``live`` and
    ``others``, with a page for each and one of all. ``public_url``: where a proxy serves it to
    others, for which a token is needed. ``first_request_seconds``: after which a connection that
    asks for nothing is closed. Raises InvalidInput if the address cannot be had, or that of the
    proxy is none."""

    def __init__(
        self,
        live: Live,
        host: str,
        port: int,
        public_url: str | None = None,
        others: Sequence[Live] = (),
        first_request_seconds: float = FIRST_REQUEST_SECONDS,
    ) -> None:
        lives = (live, *others)
        self.pages = [SourcePage(each) for each in lives]
        """In the order of the sources."""
        self._public = None if public_url is None else PublicAddress.of(public_url)
        self._token = None if is_loopback(host) and self._public is None else new_token()
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        """Of this machine."""
        self._host = host
        apps = [page.app.starlette() for page in self.pages]
        app = apps[0] if len(apps) == 1 else overview(lives, apps)
        guarded = Access(app, self._token, f"glom_video_{self.port}", self._public)
        takes_cameras = any(each.camera for each in lives)
        self._server = uvicorn.Server(_config(guarded, takes_cameras, first_request_seconds))
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)

    @property
    def url(self) -> str:
        """What to open, with the token if one is needed."""
        if self._public is not None:
            return f"{self._public.url}?token={self._token}"
        host = _own_address(self._host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/" + (f"?token={self._token}" if self._token else "")

    def _serve(self) -> None:
        asyncio.run(self._serve_async())

    async def _serve_async(self) -> None:
        for page in self.pages:
            page.newest.serve_from(asyncio.get_running_loop())
        await self._server.serve([self._socket])

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.pages:
            page.newest.end()  # the server would wait for viewers who wait for a picture
        self._server.should_exit = True
        self._thread.join(JOIN_SECONDS)
        self._socket.close()


class _FirstRequestDeadline(H11Protocol):
    """HTTP/1.1 that closes a connection without a request after ``first_request_seconds``: idle
    connections would use up the few that are served at once."""

    def __init__(self, first_request_seconds: float, **given: Any) -> None:
        super().__init__(**given)
        self._first_request_seconds = first_request_seconds

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(self._first_request_seconds, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None and self.transport.get_protocol() is self:
            self.transport.close()


def _config(app: ASGIApp, takes_cameras: bool, first_request_seconds: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(_FirstRequestDeadline, first_request_seconds),  # type: ignore[arg-type]
        ws="wsproto",
        ws_max_size=MOST_PICTURE_BYTES if takes_cameras else MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # a jpeg gets no smaller
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="critical",
        access_log=False,  # addresses carry tokens
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=16_384,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise InvalidInput(
            f"the page cannot be served at {host} port {port}: {error.strerror or error}",
            (
                "Choose another one with --port, or --port 0 for any that is free; --host must be "
                "an address of this machine."
            ),
        ) from None


def _own_address(host: str) -> str:
    """What others call this machine, where it listens on all its addresses. No packet is sent for
    that."""
    if host not in ("0.0.0.0", "::", ""):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _state(live: Live, figures: dict[str, Any]) -> dict[str, Any]:
    """What the page shows beside the frame and what is found in it."""
    recorder = live.recorder
    display, changes = live.controls.numbered_display()
    return {
        "source": live.source,
        "is_one_of_several": live.events.named_source is not None,
        "has_begun": live.newest is not None,
        "is_loading": live.is_loading,
        "has_ended": live.has_ended,
        "silent_since": live.outage.since,
        "playing": live.playing and live.playing.state(),
        "names": live.marks.names.by_id,
        "hidden": sorted(live.marks.hidden),
        "stability": live.stability.seconds(),
        "figures": figures,
        "display": {**asdict(display), "changes": changes},
        "recording": {
            "name": recorder.path.name if recorder.path else None,
            "seconds": recorder.seconds,
            "finished": len(recorder.finished),
        },
        "events": live.events.newest_rows(),
        "zones": zones_state(live),
        "takes_camera": live.camera is not None,
        "notices": [{"at": at, "text": text} for at, text in list(live.notices)],
    }
