"""One viewer of the page, from its first picture to its last."""

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from glom_video_pipelines.stream.objects.similarity import island_at
from glom_video_pipelines.stream.web.newest import NOTHING_YET, Newest, PublishedFrame
from glom_video_pipelines.stream.web.viewer_request import ViewerRequest, request_of

ANSWER_SECONDS = 20.0
"""How long a viewer may take over one picture before it is let go. One that holds a picture answers
sooner, to be kept."""
MOST_MESSAGE_BYTES = 1024
"""Of a viewer's answer."""
HELD_SECONDS = 0.02
"""Between two answers about a picture that is held: no viewer may ask faster."""


async def watch(websocket: WebSocket, newest: Newest) -> None:
    """State and picture, then the viewer's message that it has drawn them: one at a time, so
    nothing piles up on the way to it. The picture is left out where it has that one already."""
    seen, request, answered = NOTHING_YET, ViewerRequest(), ViewerRequest()
    try:
        while True:
            published = await _next(newest, seen, request, answered)
            if published is None:
                await websocket.close(1012)
                return
            is_new = published.picture_number > seen.picture_number
            jpeg = published.jpeg if is_new else None
            seen, answered = published, request
            async with asyncio.timeout(ANSWER_SECONDS):
                # Of a picture that is held, too, all beside the frame is the newest.
                beside = newest.published.beside
                await websocket.send_text(_message(published, beside, request, jpeg is not None))
                if jpeg is not None:
                    await websocket.send_bytes(jpeg)
                request = request_of(_short(await websocket.receive_text()))
    except WebSocketDisconnect:
        pass
    except (TimeoutError, KeyError, ValueError):  # too slow; or it sent what no page of ours does
        await websocket.close(1008)


def _short(message: str) -> str:
    """Raises ValueError for a longer one than any page of ours sends."""
    if len(message) > MOST_MESSAGE_BYTES:
        raise ValueError("the message is too long")
    return message


async def _next(
    newest: Newest, seen: PublishedFrame, request: ViewerRequest, answered: ViewerRequest
) -> PublishedFrame | None:
    """What to send: of a viewer that holds its picture the same again, of one that points elsewhere
    the newest at once, else what is newer; None if nothing will be."""
    if seen.number > 0 and request.is_held:
        await asyncio.sleep(HELD_SECONDS)
        return seen
    if seen.number > 0 and request != answered:
        return newest.published
    return await newest.after(seen.number)


def _message(
    published: PublishedFrame, beside: dict[str, Any], request: ViewerRequest, has_picture: bool
) -> str:
    columns = published.columns
    if request.point is None or columns is None or request.level >= len(columns.level_names):
        island = None
    else:
        island = island_at(columns, request.level, *request.point)
    return json.dumps({**published.frame, **beside, "has_picture": has_picture, "island": island})
