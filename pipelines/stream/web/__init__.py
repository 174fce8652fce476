"""The live page: one server thread, a page without build step or foreign requests."""

from glom_video_pipelines.stream.web.server import WebView

__all__ = ["WebView"]
