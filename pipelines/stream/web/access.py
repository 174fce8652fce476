"""Access control, before anything else happens to a request.

A loopback address is open to its own machine only, but any page in a browser there could send
requests: host names that are not the machine's own (DNS rebinding) and requests from other sites'
pages are refused. On any other address a token is needed.
"""

import hmac
import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glom_video_pipelines.stream.web.public_address import PublicAddress

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Nothing from elsewhere, nothing to elsewhere, and no trace of the token."""
WITHOUT_COOKIE = "/stream.mjpg"
"""Is for programs that keep no cookie: it is answered by the token in its address."""


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is the machine's own.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1")]
    [True, True, True]
    >>> [is_loopback(host) for host in ("0.0.0.0", "example.org")]
    [False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Access:
    """Lets a request through to the app, or answers it. ``token`` None: only names of this machine
    itself are served, without a token. ``public``: the address of a proxy before it, whose own
    pages may send requests."""

    def __init__(
        self, app: ASGIApp, token: str | None, cookie: str, public: PublicAddress | None = None
    ) -> None:
        self._app, self._token, self._cookie = app, token, cookie
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._token is None and not is_loopback(urlsplit(f"//{host}").hostname or ""):
            return PlainTextResponse("this page is served to its own machine only", 403)
        origin = headers.get("origin")
        public_host = None if self._public is None else self._public.host
        if origin is not None and urlsplit(origin).netloc not in (host, public_host):
            return PlainTextResponse("requests from other sites are refused", 403)
        return None if self._token is None else self._token_answer(scope, headers, self._token)

    def _token_answer(self, scope: Scope, headers: Headers, token: str) -> Response | None:
        """None for a request that carries the token as its cookie or as bearer; one whose address
        names it gets the cookie; others are refused."""
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        is_bearer = kind.lower() == "bearer" and _same(bearer, token)
        if is_bearer or _same(_cookie(headers, self._cookie), token):
            return None
        in_address = QueryParams(scope["query_string"]).get("token", "")
        if not _same(in_address, token):
            return PlainTextResponse(
                "a token is needed: open the address that the command printed", 401
            )
        if scope["type"] == "websocket" or scope["path"].endswith(WITHOUT_COOKIE):
            return None
        # So that the token leaves the address bar. Relative: a proxy may have taken a prefix away.
        answer = RedirectResponse(f"./{scope['path'].rpartition('/')[2]}", 303)
        answer.set_cookie(
            self._cookie, token, secure=self._is_by_https(headers), httponly=True, samesite="strict"
        )
        return answer

    def _is_by_https(self, headers: Headers) -> bool:
        """Whether the browser speaks https to the proxy, by the command's word or the proxy's. A
        request that lies in this concerns its own cookie only."""
        is_public = self._public is not None and self._public.is_https
        # Of several proxies the first one is the browser's.
        first = headers.get("x-forwarded-proto", "").partition(",")[0]
        return is_public or first.strip().lower() == "https"


def _same(given: str, token: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(given.encode(), token.encode())


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending
