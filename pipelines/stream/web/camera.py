"""Pictures from a page's camera."""

import asyncio

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from glom_video_pipelines.stream.browser_camera import BrowserCamera

ANSWER_SECONDS = 20.0
"""How long a page may send nothing before its place is given to another."""


def camera_route(camera: BrowserCamera) -> WebSocketRoute:
    """One page at a time sends JPEGs, each after the last one was answered."""
    sending = asyncio.Lock()

    async def take(websocket: WebSocket) -> None:
        if sending.locked():
            await websocket.close(1013)
            return
        async with sending:
            await websocket.accept()
            try:
                while True:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        camera.put(await websocket.receive_bytes())
                        await websocket.send_text("taken")
            except WebSocketDisconnect:
                pass
            except (TimeoutError, KeyError, ValueError):  # silent; or it sent no picture
                await websocket.close(1008)

    return WebSocketRoute("/camera", take)
