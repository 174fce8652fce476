"""Events sent to an address: each once, again where it was not taken, and never in the way."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import Cli, MakeVideo, Options, is_one_error
from waiting import wait_for

from glom_video.structures import InvalidInput
from glom_video_pipelines.stream.events import webhook
from glom_video_pipelines.stream.events.webhook import (
    MOST_WAITING,
    Webhook,
    check_address,
    opened_webhook,
)


@contextmanager
def receiver(answer: Callable[[int], int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that answers its n-th request, from 1, with a status, and what it was sent."""
    got: list[dict[str, Any]] = []
    asked = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal asked
            asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = answer(asked)
            if status == 200:
                got.append(json.loads(body))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?key=1", got
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


hurried = partial(Webhook, retry_seconds=(0.05, 0.05))


def test_what_was_not_taken_is_sent_again_in_order() -> None:
    told: list[str] = []
    with receiver(lambda number: 503 if number in (1, 3) else 200) as (address, got):
        hook = hurried(address, told.append)
        for number in range(3):
            hook.send({"number": number})
        wait_for(lambda: len(got) == 3)
        hook.close()
    assert [row["number"] for row in got] == [0, 1, 2]
    assert told[0].endswith("does not take events (status 503); trying again")
    assert told[1].endswith("takes events again")
    assert "key=1" not in "".join(told), "the query may be a secret"


def test_sending_never_waits_for_an_answer() -> None:
    asked: list[int] = []
    told: list[str] = []
    released = threading.Event()

    def answer(number: int) -> int:
        asked.append(number)
        released.wait(60)
        return 200

    with receiver(answer) as (address, _):
        hook = hurried(address, told.append, closing_seconds=0.2)
        hook.send({"number": 0})
        wait_for(lambda: asked == [1])
        for number in range(3 * MOST_WAITING):
            hook.send({"number": number})
        assert asked == [1], "all were sent before the first was answered"
        assert len(hook._waiting) <= MOST_WAITING, "memory is bounded"
        released.set()
        hook.close()


def test_a_dead_address_is_told_once() -> None:
    told: list[str] = []
    hook = hurried("http://127.0.0.1:9/hook", told.append, closing_seconds=0.2)
    for number in range(3):
        hook.send({"number": number})
    wait_for(lambda: len(told) == 1)
    hook.close()
    assert len(told) == 1
    assert not [each for each in threading.enumerate() if each.name == "webhook"]
    assert "Connection refused" in told[0]


def test_what_answers_no_http_is_told_and_asked_again() -> None:
    told: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        hook = hurried(f"http://127.0.0.1:{server.getsockname()[1]}/hook", told.append)
        hook.send({"number": 0})
        for _ in range(3):
            server.settimeout(60)
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"220 mail.example.org\r\n")
        hook.close()
    assert len(told) == 1
    assert told[0].endswith("does not take events (its answer is no HTTP); trying again")


def test_a_redirect_is_not_followed() -> None:
    told: list[str] = []
    with receiver(lambda _: 302) as (address, got):
        hook = hurried(address, told.append)
        hook.send({"number": 0})
        wait_for(lambda: len(told) == 1)
        hook.close()
    assert got == []
    assert "status 302" in told[0]


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://host/x", "host/x", "http://", "http://a b/", "http://h:x/", ""],
)
def test_only_web_addresses_are_taken(address: str) -> None:
    with pytest.raises(InvalidInput, match="is no address"):
        check_address(address)


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidInput, match="has a name or password") as refused:
        check_address("https://ann:secret@host/hook")
    assert "secret" not in f"{refused.value.cause} {refused.value.remedy}"


def test_events_of_a_stream_arrive(
    glom_video: Cli, make_video: MakeVideo, small_model: Options
) -> None:
    with receiver(lambda _: 200) as (address, got):
        ran = glom_video(
            "stream", make_video("a.mp4", frames=40), "--view", "none", "--policy", "every",
            *small_model, "--min-score", 0, "--notify", address,
        )  # fmt: skip
        assert ran.code == 0, ran.err
    assert got
    assert {"at", "source", "kind", "id", "frame", "pts_seconds"} <= got[0].keys()


def test_events_that_were_not_taken_are_told_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that still waited when the run ended were lost without a word."""
    monkeypatch.setattr(webhook, "Webhook", partial(hurried, closing_seconds=0.2))
    with receiver(lambda number: 200 if number == 1 else 503) as (address, got):
        with opened_webhook(address, lambda _: None) as hook:
            assert hook is not None
            hook.send({"number": 0})
            wait_for(lambda: len(got) == 1)
        assert capsys.readouterr().err == ""
        with opened_webhook(address, lambda _: None) as hook:
            assert hook is not None
            for number in range(3):
                hook.send({"number": number})
    shown = address.replace("key=1", "***")
    assert capsys.readouterr().err == f"{shown} has not taken 3 events\n"


def test_every_source_is_told_of_an_address_that_takes_no_events(
    make_video: MakeVideo, glom_video: Cli, small_model: Options
) -> None:
    """It was said of the first alone, as if it were its own."""
    clip = make_video("a.mp4", frames=60)
    with receiver(lambda _: 503) as (address, _):
        ran = glom_video(
            "stream", clip, clip, "--view", "none", "--policy", "every", *small_model,
            "--min-score", 0, "--notify", address,
        )  # fmt: skip
    assert ran.code == 0, ran.err
    told = [line for line in ran.err.splitlines() if "does not take events" in line]
    assert [line.partition(": ")[0] for line in told] == [f"{clip} (1)", f"{clip} (2)"]


def test_an_address_that_is_none_is_one_clear_line(glom_video: Cli) -> None:
    ran = glom_video("stream", "0", "--view", "none", "--notify", "file:///etc/passwd")
    assert ran.code == 2
    assert is_one_error(ran.err)
