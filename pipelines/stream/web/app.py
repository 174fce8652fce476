"""What the page may ask for. No request names a file: everything that can be fetched is listed
here."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from glom_video.render import drawn_otherwise
from glom_video_pipelines.stream.controls import changed
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.web.body import json_body, values_checked
from glom_video_pipelines.stream.web.camera import camera_route
from glom_video_pipelines.stream.web.metrics import prometheus
from glom_video_pipelines.stream.web.mjpeg import MjpegResponse
from glom_video_pipelines.stream.web.newest import Newest
from glom_video_pipelines.stream.web.watching import watch
from glom_video_pipelines.stream.web.zones import zones_route

PAGE = Path(__file__).parent / "page"
KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
MOST_VIEWERS = 8
"""At a time."""


class App:
    """The routes, over one live run."""

    def __init__(self, live: Live, newest: Newest) -> None:
        self._live, self._newest = live, newest
        self.viewers = 0
        self.audiences = 0
        """How often somebody has come while nobody watched."""
        self._snapshots = asyncio.Lock()

    def starlette(self) -> Starlette:
        routes: list[BaseRoute] = [
            *page_routes(PAGE),
            Route("/stats.json", self._stats),
            Route("/metrics", self._metrics),
            Route("/snapshot.zip", self._snapshot),
            Route("/recording.mp4", self._recording),
            Route("/stream.mjpg", self._mjpeg),
            Route("/display", self._display, methods=["POST"]),
            Route("/marks", self._marks, methods=["POST"]),
            Route("/playback", self._playback, methods=["POST"]),
            Route("/reset", self._reset, methods=["POST"]),
            Route("/record", self._record, methods=["POST"]),
            WebSocketRoute("/watch", self._watch),
            zones_route(self._live),
        ]
        if self._live.camera is not None:
            routes.append(camera_route(self._live.camera))
        return Starlette(routes=routes)

    async def _watch(self, websocket: WebSocket) -> None:
        if self.viewers >= MOST_VIEWERS:
            await websocket.accept()  # else a page would not learn why it is refused
            await websocket.close(1013)
            return
        with self._counted():
            await websocket.accept()
            await watch(websocket, self._newest)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        if self.viewers == 0:
            self.audiences += 1
            self._newest.forget()
        self.viewers += 1
        try:
            yield
        finally:
            self.viewers -= 1

    async def _mjpeg(self, request: Request) -> Response:
        if self.viewers >= MOST_VIEWERS:
            raise HTTPException(503, f"at most {MOST_VIEWERS} viewers")
        return MjpegResponse(self._newest, self._counted)

    async def _stats(self, request: Request) -> Response:
        return JSONResponse(self._live.stats())

    async def _metrics(self, request: Request) -> Response:
        live, newest = self._live, self._live.newest
        objects, parts = (
            len(newest.percept.tracks[level].ids) if newest else 0 for level in ("object", "part")
        )
        text = prometheus(live.stats(), self.viewers, live.recorder.is_recording, objects, parts)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _snapshot(self, request: Request) -> Response:
        async with self._snapshots:  # drawing takes a core: one at a time
            files = await run_in_threadpool(self._live.snapshot)
        if not files:
            raise HTTPException(503, "there is no picture yet")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        name = f"{next(iter(files)).removesuffix('.png')}.zip"
        return Response(
            packed.getvalue(),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _recording(self, request: Request) -> Response:
        """The last one that was finished; a request cannot name another."""
        if not self._live.recorder.finished:
            raise HTTPException(404, "no recording has been finished yet")
        path = self._live.recorder.finished[-1]
        return FileResponse(path, media_type="video/mp4", filename=path.name)

    async def _display(self, request: Request) -> Response:
        controls = self._live.controls
        with values_checked():
            controls.display = changed(controls.display, await json_body(request))
        return JSONResponse({"changes": controls.numbered_display()[1]})

    async def _marks(self, request: Request) -> Response:
        wanted = await json_body(request)
        with values_checked():
            self._live.marks.change(wanted)
        for line in drawn_otherwise(wanted.get("name", "")):
            self._live.controls.notify(line)
        return Response(status_code=204)

    async def _playback(self, request: Request) -> Response:
        playing = self._live.playing
        if playing is None:
            raise HTTPException(404, "only a file can be paused and sought in")
        with values_checked():
            playing.steer(await json_body(request))
        return Response(status_code=204)

    async def _reset(self, request: Request) -> Response:
        await json_body(request)
        self._live.controls.request_reset()
        return Response(status_code=204)

    async def _record(self, request: Request) -> Response:
        wanted = await json_body(request)
        if type(wanted) is not bool:
            raise HTTPException(422, "give true or false")
        self._live.controls.request_recording(wanted)
        return Response(status_code=204)


def page_routes(folder: Path) -> list[Route]:
    """The files of a page, its HTML at "/"."""
    return [
        Route("/" if path.suffix == ".html" else f"/{path.name}", _fixed(path))
        for path in sorted(folder.iterdir())
    ]


def _fixed(path: Path) -> Any:
    """A file of the page, read once when the server starts."""
    content, kind = path.read_bytes(), KINDS[path.suffix]

    async def answer(request: Request) -> Response:
        return Response(content, media_type=kind)

    return answer
