"""The live page: one server thread, a page without build step or foreign requests."""

from pipelines.stream.web.server import WebView

__all__ = ["WebView"]
