"""One viewer of the page, from its first picture to its last."""

import asyncio
import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from glom_video_pipelines.stream.web.newest import Newest

PATIENCE_SECONDS = 20.0
"""How long a viewer may take over one picture before it is let go."""


async def watch(websocket: WebSocket, newest: Newest) -> None:
    """State and picture, then the viewer's message that it has drawn them: one at a time, so
    nothing piles up on the way to it. The picture is left out where it has that one already."""
    number = picture_number = 0
    try:
        while True:
            published = await newest.after(number)
            number = published.number
            has_picture = published.picture_number > picture_number
            picture_number = published.picture_number
            async with asyncio.timeout(PATIENCE_SECONDS):
                await websocket.send_text(
                    json.dumps({**published.state, "has_picture": has_picture})
                )
                if has_picture and published.jpeg is not None:
                    await websocket.send_bytes(published.jpeg)
                await websocket.receive_text()
    except WebSocketDisconnect:
        pass
    except (TimeoutError, KeyError):  # too slow; or it sent bytes, which no page of ours does
        await websocket.close(1008)
