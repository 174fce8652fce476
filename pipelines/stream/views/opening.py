"""Where a live run is shown: in a window, on a page, in Rerun, as a virtual camera, or nowhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from importlib.util import find_spec

from glom_video.structures import InvalidInput
from glom_video_pipelines.screen import has_display
from glom_video_pipelines.stream.loop import Live, Page
from glom_video_pipelines.stream.options import StreamOptions, View
from glom_video_pipelines.stream.views.virtual_camera import VirtualCamera
from glom_video_pipelines.stream.views.window import Window, can_open_window

WITHOUT_DISPLAY = "Use --view web, or run where there is a display."
OWN_ADDRESS, USUAL_PORT = "127.0.0.1", 8080
"""Of the page."""


def available_view(options: StreamOptions, sources: int = 1, needs_page: bool = False) -> View:
    """The view that is asked for; else a page where an option of the page is given, a window where
    there is a display, a page where its libraries are, or none. Several sources have no window;
    ``needs_page``: one of them is a browser's camera.

    Raises InvalidInput for a given view that is not available, or that has no page for a proxy.
    """
    view, of_page = options.view, options.of_page()
    if needs_page and view not in (None, "web"):
        raise InvalidInput(
            "a browser's camera is sent from the page", "Use --view web with the source browser."
        )
    if of_page is not None and view not in (None, "web"):
        told = f"{of_page} is of the page, and --view {view} serves none"
        if options.public_url is not None:
            raise InvalidInput(told, f"Use --view web, or leave {of_page} out.")
        print(f"{told}: it has no effect", file=sys.stderr)
    elif needs_page or of_page is not None:
        view = "web"
    if view in ("rerun", "window") and sources > 1:
        raise InvalidInput(f"--view {view} shows one source", "Watch several with --view web.")
    if view is None:
        return _usual_view(sources)
    _check_libraries_and_display(view)
    return view


def _usual_view(sources: int) -> View:
    if sources == 1 and can_open_window():
        return "window"
    usual: View = "web" if _has_web() else "none"
    if sources == 1:
        print(f"no window can be opened here: continuing with --view {usual}", file=sys.stderr)
    return usual


def _has_web() -> bool:
    return all(find_spec(name) for name in ("starlette", "uvicorn", "wsproto"))


def _check_libraries_and_display(view: View) -> None:
    if view == "window" and not can_open_window():
        raise InvalidInput("no window can be opened: there is no display here", WITHOUT_DISPLAY)
    if view == "web" and not _has_web():
        raise InvalidInput(
            "--view web needs starlette and uvicorn, which are not installed",
            "Install them: pip install 'glom-video[web]'.",
        )
    if view == "rerun" and find_spec("rerun") is None:
        raise InvalidInput(
            "--view rerun needs rerun-sdk, which is not installed",
            "Install it: pip install 'glom-video[rerun]'.",
        )
    if view == "rerun" and not has_display():
        raise InvalidInput(
            "the viewer of Rerun cannot be opened: there is no display here", WITHOUT_DISPLAY
        )


@contextmanager
def window_of(view: View, live: Live) -> Iterator[Window | None]:
    """A window for the length of the block, if that is the view."""
    if view != "window":
        yield None
        return
    import cv2

    try:
        title = f"glom-video {live.source}"
        yield Window(title, live.controls, live.write_snapshot, playing=live.playing)
    finally:
        cv2.destroyAllWindows()


def virtual_camera_of(is_wanted: bool) -> AbstractContextManager[VirtualCamera | None]:
    """A virtual camera for the length of the block, if one is wanted."""
    return closing(VirtualCamera()) if is_wanted else nullcontext()


@contextmanager
def pages_of(
    view: View, options: StreamOptions, lives: Sequence[Live]
) -> Iterator[Sequence[Page | None]]:
    """What shows each run, opened for the length of the block; says where a page is. None: nothing.

    Raises InvalidInput for an address that cannot be had.
    """
    if view == "rerun":
        from glom_video_pipelines.stream.views.rerun_view import rerun_viewer

        with rerun_viewer(lives[0].source) as viewer:
            yield [viewer]
        return
    if view != "web":
        yield [None] * len(lives)
        return
    from glom_video_pipelines.stream.web import WebView

    host = OWN_ADDRESS if options.host is None else options.host
    port = USUAL_PORT if options.port is None else options.port
    with WebView(lives[0], host, port, options.public_url, lives[1:]) as page:
        print(f"watch at {page.url}", file=sys.stderr, flush=True)
        yield page.pages
