"""The page of several sources side by side, and the page of each below it."""

from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from glom_video_pipelines.stream.loop import Live
from glom_video_pipelines.stream.web.app import page_routes

PAGE = Path(__file__).parent / "overview_page"


def overview(lives: Sequence[Live], apps: Sequence[ASGIApp]) -> Starlette:
    """The page of the first source is at ``/1/``, and so on."""

    async def sources(request: Request) -> Response:
        return JSONResponse([live.source for live in lives])

    routes: list[BaseRoute] = [*page_routes(PAGE), Route("/sources.json", sources)]
    routes += [Mount(f"/{number}", app) for number, app in enumerate(apps, 1)]
    return Starlette(routes=routes)
