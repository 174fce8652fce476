"""The drawn picture as MJPEG, for programs that take no page: OBS, VLC, another camera's viewer."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from glom_video_pipelines.stream.web.newest import NOTHING_YET, Newest
from glom_video_pipelines.stream.web.watching import ANSWER_SECONDS

BOUNDARY = "frame"
MJPEG = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


class MjpegResponse(Response):
    """The newest picture, again and again, until whoever asked hangs up or takes none for
    ``ANSWER_SECONDS``. A slow one loses pictures.

    ``counted``: entered while somebody watches.
    """

    def __init__(self, newest: Newest, counted: Callable[[], AbstractContextManager[None]]) -> None:
        super().__init__(media_type=MJPEG)
        del self.headers["content-length"]  # there is no end
        self._newest, self._counted = newest, counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        leaving = asyncio.create_task(_left(receive))
        try:
            with self._counted():
                await self._send_pictures(leaving, send)
        except TimeoutError:
            pass  # it has stalled; without an end of the body the connection is closed
        finally:
            leaving.cancel()

    async def _send_pictures(self, leaving: asyncio.Task[None], send: Send) -> None:
        seen = NOTHING_YET
        while not leaving.done():
            coming = asyncio.create_task(self._newest.after(seen.number))
            await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                return
            published = coming.result()
            if published is None:
                return
            is_new = published.picture_number > seen.picture_number
            seen = published
            if is_new and published.jpeg is not None:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await send(_part(published.jpeg))


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _part(jpeg: bytes) -> dict[str, object]:
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
    body = f"--{BOUNDARY}\r\n".encode() + head + jpeg + b"\r\n"
    return {"type": "http.response.body", "body": body, "more_body": True}
