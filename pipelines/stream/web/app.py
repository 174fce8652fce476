"""What the page may ask for. No request names a file: everything that can be fetched is listed
here."""

import asyncio
import io
import zipfile
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from glom_video_pipelines.stream.display_options import changed
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.web.body import json_body
from glom_video_pipelines.stream.web.metrics import prometheus
from glom_video_pipelines.stream.web.newest import Newest
from glom_video_pipelines.stream.web.zones import zones_route

PAGE = Path(__file__).parent / "page"
FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    **{f"/{name}": (name, "text/javascript") for name in ("dom.js", "requests.js")},
    **{f"/{name}": (name, "text/javascript") for name in ("events.js", "zones.js")},
    "/zones.css": ("zones.css", "text/css"),
}
MOST_VIEWERS = 8
PATIENCE_SECONDS = 20.0
"""How long a viewer may take over one picture before it is let go."""


class App:
    """The routes, over one live run."""

    def __init__(self, live: Live, newest: Newest) -> None:
        self._live, self._newest = live, newest
        self.viewers = 0
        self._snapshots = asyncio.Lock()

    def starlette(self) -> Starlette:
        routes: list[BaseRoute] = [Route(path, _fixed(*file)) for path, file in FILES.items()]
        routes += [
            Route("/stats.json", self._stats),
            Route("/metrics", self._metrics),
            Route("/snapshot.zip", self._snapshot),
            Route("/recording.mp4", self._recording),
            Route("/display", self._display, methods=["POST"]),
            Route("/reset", self._reset, methods=["POST"]),
            Route("/record", self._record, methods=["POST"]),
            WebSocketRoute("/watch", self._watch),
            zones_route(self._live),
        ]
        return Starlette(routes=routes)

    async def _watch(self, websocket: WebSocket) -> None:
        """State and picture, then the viewer's message that it has drawn them: one at a time, so
        nothing piles up on the way to it."""
        if self.viewers >= MOST_VIEWERS:
            await websocket.close(1013)
            return
        self.viewers += 1
        number = 0
        try:
            await websocket.accept()
            while True:
                published = await self._newest.after(number)
                number = published.number
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await websocket.send_text(published.state)
                    if published.jpeg is not None:
                        await websocket.send_bytes(published.jpeg)
                    await websocket.receive_text()
        except WebSocketDisconnect:
            pass
        except (TimeoutError, KeyError):  # too slow; or it sent bytes, which no page of ours does
            await websocket.close(1008)
        finally:
            self.viewers -= 1

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
        try:
            controls.display = changed(controls.display, await json_body(request))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        return JSONResponse({"changes": controls.numbered_display()[1]})

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


def _fixed(name: str, kind: str) -> Any:
    """A file of the page, read once when the server starts."""
    content = (PAGE / name).read_bytes()

    async def answer(request: Request) -> Response:
        return Response(content, media_type=kind)

    return answer
