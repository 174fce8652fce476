"""What a request sends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_BODY_BYTES = 2048
"""Of a request, unless it may be longer."""


@contextmanager
def values_checked() -> Iterator[None]:
    """A ValueError is the request's fault: its text is the answer."""
    try:
        yield
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


async def json_body(request: Request, most_bytes: int = MOST_BODY_BYTES) -> Any:
    """The JSON that was sent. Anything longer or of another kind is refused before it is read."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send application/json")
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > most_bytes:
            raise HTTPException(413, f"at most {most_bytes} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPException(422, "this is no JSON") from None
