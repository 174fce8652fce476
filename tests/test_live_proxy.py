"""The live page behind a proxy that serves it under a path prefix."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Cli, MakeVideo, is_one_error

pytest.importorskip("uvicorn", reason="the page needs the extra [web]")

from live_browser import canvas, opened
from live_page_run import Run, ask, running

from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.web.public_address import PublicAddress


class Proxy:
    """Takes ``/glom`` away from each request's path and the public name out of it, as nginx does
    with ``location /glom/ { proxy_pass http://127.0.0.1:PORT/; }``. A connection serves one
    request, so that each has its path changed."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/glom/"
        self.upstream = 0
        self.outside: list[str] = []
        """Paths that were asked for without the prefix."""

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:  # closed: the test is over
                return
            threading.Thread(target=self._pass_on, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _pass_on(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                connection.close()
                return
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        line, *headers = head.split(b"\r\n")
        method, path, version = line.split(b" ")
        if not path.startswith(b"/glom/"):
            self.outside.append(path.decode())
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            connection.close()
            return
        is_socket = any(header.lower().startswith(b"upgrade:") for header in headers)
        left_out = (b"host:",) if is_socket else (b"host:", b"connection:")
        kept = [header for header in headers if not header.lower().startswith(left_out)]
        kept += [f"Host: 127.0.0.1:{self.upstream}".encode()]
        kept += [] if is_socket else [b"Connection: close"]
        request = b"\r\n".join([b" ".join([method, path[5:], version]), *kept])
        with connection, socket.create_connection(("127.0.0.1", self.upstream)) as server:
            server.sendall(request + b"\r\n\r\n" + body)
            threading.Thread(target=pour, args=(connection, server), daemon=True).start()
            pour(server, connection)


def pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:  # either has hung up
        return


@contextmanager
def behind_a_proxy(folder: Path) -> Iterator[tuple[Run, Proxy]]:
    proxy = Proxy()
    with running(folder, public_url=proxy.url) as run:
        proxy.upstream = run.port
        threading.Thread(target=proxy.serve, daemon=True).start()
        try:
            yield run, proxy
        finally:
            proxy.close()


def test_the_page_works_under_a_prefix(browser: Any, tmp_path: Path) -> None:
    with behind_a_proxy(tmp_path) as (run, proxy):
        assert run.view.url.startswith(f"{proxy.url}?token=")
        with opened(browser, run.view.url) as page:
            assert page.url == proxy.url, "the token has left the address bar"
            first = canvas(page)
            page.wait_for_timeout(500)
            assert np.abs(canvas(page).astype(int) - first).mean() > 1, "pictures come"
            page.locator("body").press("i")
            page.wait_for_selector("#ids:not(:checked)")
            assert not run.live.controls.display.with_ids
            page.click("#tree > li[data-id='7'] .name")
            page.locator("#tree input").fill("Anna")
            page.locator("#tree input").press("Enter")
            page.wait_for_selector(".name:has-text('Anna')")
            with page.expect_download() as download:
                page.locator("body").press("s")
            assert Path(download.value.path()).stat().st_size > 1000
        assert proxy.outside == []


def test_behind_a_proxy_a_token_is_needed_and_other_sites_are_refused(tmp_path: Path) -> None:
    with behind_a_proxy(tmp_path) as (run, proxy):
        token = run.view.url.partition("?token=")[2]
        assert ask(proxy.port, "GET", "/glom/")[0] == 401
        assert ask(run.port, "GET", "/")[0] == 401, "nor without the proxy"
        bearer = f"Bearer {token}"
        own = f"http://127.0.0.1:{proxy.port}"
        for origin, expected in ((own, 204), ("http://evil.example", 403), ("null", 403)):
            status, _, _ = ask(
                proxy.port, "POST", "/glom/reset", None, Authorization=bearer, Origin=origin
            )
            # Without a body of JSON the page itself is told what it lacks.
            assert status == (415 if expected == 204 else expected), origin


@pytest.mark.parametrize(
    ("public_url", "forwarded", "is_secure"),
    [
        ("https://example.org/glom/", {}, True),
        ("http://example.org/glom/", {}, False),
        ("http://example.org/glom/", {"X_Forwarded_Proto": "http, https"}, False),
        (None, {"X_Forwarded_Proto": "https, http"}, True),
        (None, {}, False),
    ],
)
def test_the_cookie_of_https_is_sent_by_https_alone(
    tmp_path: Path, public_url: str | None, forwarded: dict[str, str], is_secure: bool
) -> None:
    with running(tmp_path, "0.0.0.0", public_url=public_url) as run:
        token = run.view.url.partition("?token=")[2]
        _, headers, _ = ask(run.port, "GET", f"/?token={token}", **forwarded)
        cookie = headers["set-cookie"].lower()
        assert ("secure" in cookie.replace(token.lower(), "").split("; ")) == is_secure


@pytest.mark.parametrize(
    "url",
    ["example.org/glom", "ftp://example.org/", "http://", "https://a:b@example.org/", "http://["],
)
def test_what_is_no_public_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="proxy"):
        PublicAddress.of(url)
    assert PublicAddress.of("http://a:81").url == "http://a:81/"


def test_the_address_of_a_page_that_is_not_served_is_refused(
    make_video: MakeVideo, glom_video: Cli, tmp_path: Path
) -> None:
    """Nothing is written."""
    events = tmp_path / "events.jsonl"
    ran = glom_video(
        "stream", make_video("a.mp4"), "--view", "none", "--public-url",
        "https://example.org/glom/", "--events", events,
    )  # fmt: skip
    assert (ran.code, ran.out, is_one_error(ran.err)) == (2, "", True)
    assert "--view none serves none" in ran.err
    assert "--view web" in ran.err
    assert not events.exists()
