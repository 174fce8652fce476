"""Zones and lines on the page: what it shows of them, and what it may change."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glom_video.events import places_from_plain, places_to_plain
from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.web.body import json_body

MOST_ZONES_BYTES = 32_768
"""All zones and lines of a source, with as many points as they may have."""


def zones_state(live: Live) -> dict[str, Any]:
    """Zones and lines of the source with their counts, and the size of its frames in pixels (0
    before the first)."""
    height, width = live.newest.percept.frame.image.shape[:2] if live.newest else (0, 0)
    places = live.events.places  # once: another thread may change them
    return {
        **places_to_plain(places),
        "counts": live.events.counts(places),
        "source": live.events.named_source,
        "width": width,
        "height": height,
    }


def zones_route(live: Live) -> Route:
    """Zones and lines to add, and others to take away: what another viewer draws meanwhile stays.
    They are kept in the file that the command named, whatever a request says."""

    async def change(request: Request) -> Response:
        wanted = await json_body(request, MOST_ZONES_BYTES)
        if not isinstance(wanted, dict) or not wanted.keys() <= {"added", "removed"}:
            raise HTTPException(422, "give added and removed, each with zones and lines")
        try:
            places = {name: places_from_plain(stored) for name, stored in wanted.items()}
            await run_in_threadpool(live.events.change_places, **places)
        except InvalidInput as error:
            raise HTTPException(422, f"{error.cause}. {error.remedy}") from None
        return Response(status_code=204)

    return Route("/zones", change, methods=["POST"])
