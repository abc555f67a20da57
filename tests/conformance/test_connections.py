"""Connections of a client: processes, event loops, copies, cookies, time limits, settings of the environment."""

from __future__ import annotations

import asyncio
import copy
import logging
import multiprocessing
import os
import pickle
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import httpx
import pytest
from tests.support import Driver, Package, Server, Workshop, document

THING = """
paths:
  /thing/{id}:
    get:
      operationId: thing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: done, content: {application/json: {schema: {}}}}}
"""


@pytest.fixture(scope="module")
def package(workshop: Workshop) -> Package:
    return workshop(document(THING))


# Processes and event loops


def _echo(server: Server, numbers: Iterator[str]) -> None:
    for number in numbers:
        server.answer(f'"{number}"')


def _in_child(work: Callable[[], Any]) -> Any:
    """The result of a function in a process that is forked from this one."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        try:
            sender.send(work())
        except BaseException as error:
            sender.send(f"{type(error).__name__}: {error}")

    process = context.Process(target=run)
    process.start()
    result = receiver.recv() if receiver.poll(30) else "no result"
    process.join(30)
    return result


def test_a_client_that_was_used_before_a_fork(package: Package, recorder: Server) -> None:
    """Each process has connections of its own, and the child does not end those of the parent."""
    call = package.api().thing("1")
    with package.client(recorder.url) as client:
        client.send(call)
        accepted = len(recorder._open)

        def work() -> bool:
            client.send(call)
            client.close()
            return True

        assert _in_child(work) is True
        assert len(recorder._open) == accepted + 1
        client.send(call)
        assert len(recorder._open) == accepted + 1
    assert len(recorder.requests) == 3


def test_an_async_client_that_was_used_before_a_fork(package: Package, recorder: Server) -> None:
    call = package.api().thing("1")
    client = package.part("client").AsyncClient(recorder.url)

    async def run() -> None:
        await client.send(call)
        accepted = len(recorder._open)

        def work() -> bool:
            asyncio.set_event_loop(None)
            asyncio.events._set_running_loop(None)

            async def use() -> bool:
                await client.send(call)
                await client.aclose()
                return True

            return asyncio.new_event_loop().run_until_complete(use())

        assert await asyncio.to_thread(_in_child, work) is True
        await client.send(call)
        assert len(recorder._open) == accepted + 1
        await client.aclose()

    asyncio.run(run())
    assert len(recorder.requests) == 3


def test_copies_that_were_made_before_a_fork_share_connections_after_it(
    package: Package, recorder: Server
) -> None:
    client = package.client(recorder.url)
    copied = client.with_options(timeout=5)
    call = package.api().thing("1")
    client.send(call)
    accepted = len(recorder._open)

    def work() -> int:
        client.send(call)
        copied.send(call)
        return 1

    assert _in_child(work) == 1
    assert len(recorder._open) == accepted + 1
    copied.send(call)
    assert len(recorder._open) == accepted + 1
    client.close()


def test_an_http_client_of_the_callers_is_not_used_after_a_fork(
    package: Package, recorder: Server
) -> None:
    with httpx.Client(verify=False) as http:
        client = package.client(recorder.url, http_client=http)
        client.send(package.api().thing("1"))
        result = _in_child(lambda: client.send(package.api().thing("1")))
    assert result.startswith("ConfigurationError: the http_client belongs to another process")
    assert len(recorder.requests) == 1


def test_an_async_client_works_in_a_second_event_loop(package: Package, recorder: Server) -> None:
    client = package.part("client").AsyncClient(recorder.url)
    for _ in range(3):
        asyncio.run(client.send(package.api().thing("1")))
    asyncio.run(client.aclose())
    assert len(recorder.requests) == 3


def test_an_http_client_of_the_callers_in_a_second_event_loop(
    package: Package, recorder: Server
) -> None:
    http = httpx.AsyncClient(verify=False)
    client = package.part("client").AsyncClient(recorder.url, http_client=http)
    asyncio.run(client.send(package.api().thing("1")))
    with pytest.raises(package.errors.ConfigurationError, match="event loop"):
        asyncio.run(client.send(package.api().thing("1")))


def test_an_http_client_without_connections_works_anywhere(package: Package) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=1)

    http = httpx.AsyncClient(transport=httpx.MockTransport(respond))
    client = package.part("client").AsyncClient("http://host", http_client=http)
    for _ in range(2):
        assert asyncio.run(client.send(package.api().thing("1"))) == 1


# Copies


def test_a_copy_shares_connections_and_no_cookies(package: Package, recorder: Server) -> None:
    call = package.api().thing("1")
    recorder.answer(headers={"Set-Cookie": "session=s-1; Path=/"})
    with package.client(recorder.url) as client:
        client.send(call)
        accepted = len(recorder._open)
        client.send(call)
        assert recorder.last.header("Cookie") == "session=s-1"
        for other in (client.with_options(), client.with_options(headers={"X-A": "1"})):
            other.send(call)
            assert recorder.last.header("Cookie") is None
        assert len(recorder._open) == accepted


def test_an_async_copy_shares_no_cookies(package: Package, recorder: Server) -> None:
    recorder.answer(headers={"Set-Cookie": "session=s-1; Path=/"})

    async def run() -> None:
        async with package.part("client").AsyncClient(recorder.url) as client:
            for sender in (client, client, client.with_options()):
                await sender.send(package.api().thing("1"))

    asyncio.run(run())
    assert [r.header("Cookie") for r in recorder.requests] == [None, "session=s-1", None]


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_cannot_be_copied_with_its_credentials(package: Package, way: Any) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    for http in (None, httpx.Client(transport=transport)):
        client = package.client("http://host", http_client=http, headers={"X": "s3cr3t"})
        with pytest.raises(TypeError, match="with_options"):
            way(client)


@pytest.mark.parametrize(
    "way", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
def test_copies_of_values_are_equal(package: Package, recorder: Server, way: Any) -> None:
    recorder.answer('"https://files.example/v.mp4?Signature=a%2Fb&Expires=1"')
    call = package.api().thing("a?token=s-1")
    assert way(call) == call
    with package.client(recorder.url) as client:
        response = client.send_raw(call)
        copied = way(response)
        assert copied.parsed == response.parsed
        assert dict(copied.headers) == dict(response.headers)
        recorder.answer('{"url": "https://a/b?sig=1", "error": "x?token=2"}', status=404)
        error = client.send_raw(call).error
    copied = way(error)
    assert str(copied) == str(error)
    assert (copied.content, copied.parsed) == (error.content, error.parsed)
    unset = package.part("_runtime.model").UNSET
    assert way(unset) is unset


# Time


@contextmanager
def _dripping(head: bytes, piece: bytes) -> Iterator[str]:
    """A server that sends `head` and then `piece` again and again."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(head)
                    while not stop.wait(0.02):
                        connection.sendall(piece)
                except OSError:
                    pass

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join(5)


DRIPS = {
    "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Slow: a\r\n"),
    "1xx": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"1"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"),
    "error": (b"HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n", b"1"),
}


@pytest.mark.parametrize("drip", DRIPS)
def test_a_dripping_response_ends_at_the_timeout(
    package: Package, driver: Driver, drip: str
) -> None:
    with (
        _dripping(*DRIPS[drip]) as url,
        pytest.raises(package.errors.TimeoutError, match=r"timed out|Timeout"),
    ):
        driver.send(package, url, package.api().thing("1"), timeout=0.3)


@pytest.mark.parametrize("drip", ["header", "1xx", "error"])
def test_a_dripping_stream_ends_at_the_timeout(package: Package, driver: Driver, drip: str) -> None:
    with _dripping(*DRIPS[drip]) as url, pytest.raises(package.errors.TimeoutError):
        driver.stream(package, url, package.api().thing("1"), timeout=0.3)


def test_the_body_of_a_stream_may_take_longer(package: Package) -> None:
    with (
        _dripping(*DRIPS["body"]) as url,
        package.client(url, timeout=0.2) as client,
        client.stream(package.api().thing("1")) as stream,
    ):
        pieces = iter(stream)
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            assert set(next(pieces)) == {ord("1")}


@contextmanager
def _slow_reader() -> Iterator[tuple[str, list[int]]]:
    """A server that reads steadily, 25 MB a second, and how much at a time."""
    stop, sizes = Event(), [1]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while sizes[-1] and not stop.wait(0.01):
                    sizes.append(len(connection.recv(2**18)))

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", sizes
        stop.set()
        thread.join(5)


def test_a_request_that_is_read_slowly_ends_at_the_timeout(
    workshop: Workshop, driver: Driver
) -> None:
    content: dict[str, Any] = {"application/octet-stream": {}}
    operation = {"requestBody": {"content": content}, "responses": {"204": {"description": ""}}}
    package = workshop(document({"paths": {"/a": {"put": {"operationId": "a", **operation}}}}))
    call = package.api().a(body=bytes(2**26))
    with _slow_reader() as (url, sizes):
        with pytest.raises(package.errors.TimeoutError):
            driver.send(package, url, call, timeout=0.5)
        assert sum(sizes) < 2**25


# Settings of the environment


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)
    # With httpx: httpx2 does without a NO_PROXY that it cannot read.
    monkeypatch.setitem(sys.modules, "httpx2", None)
    return monkeypatch


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HTTPS_PROXY", "foo://user:s3cr3t@proxy:1", "HTTPS_PROXY"),
        ("https_proxy", "http://user:s3cr3t@proxy:port", "https_proxy"),
        ("ALL_PROXY", "http://[::1", "ALL_PROXY"),
        ("NO_PROXY", "http://[::1", "NO_PROXY"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem", "SSL_CERT_FILE"),
    ],
)
@pytest.mark.parametrize("kind", ["Client", "AsyncClient"])
def test_settings_of_the_environment_that_cannot_be_used_are_named(
    package: Package,
    environment: pytest.MonkeyPatch,
    kind: str,
    name: str,
    value: str,
    words: str,
) -> None:
    environment.setenv(name, value)
    with pytest.raises(package.errors.ConfigurationError, match=words) as caught:
        getattr(package.part("client"), kind)("http://host")
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_socks_proxy_names_the_extra(package: Package, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALL_PROXY", "socks5://proxy:1080")
    environment.setitem(sys.modules, "socksio", None)
    with pytest.raises(package.errors.ConfigurationError, match=r"ALL_PROXY.*httpx\[socks\]"):
        package.client("http://host")


# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        (" 3 ", 3.0),
        ("9" * 400, 1e9),
        ("99999999999", 1e9),
        ("-5", None),
        ("1e3", None),
        ("nan", None),
        ("\u00b2", None),
        ("", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Thu, 01 Jan 1970 00:00:00 +9999", None),
        ("Thu, 01 Jan 1970 00:00:00 +999999999999", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 1e9),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", None),
        ("Thu, 99 Foo 2000 99:99:99 GMT", None),
        ("\u00ff\u00fe", None),
    ],
    ids=str,
)
def test_any_retry_after(package: Package, value: str, seconds: float | None) -> None:
    headers = package.part("_runtime.errors").Headers([(b"Retry-After", value.encode("latin-1"))])
    error = package.errors.RateLimitError.of("x", headers=headers)
    found = error.retry_after
    if seconds is None:
        assert found is None or 0 <= found <= 1e9
    else:
        assert found == seconds


# Logs


def test_redaction_is_linear(workshop: Workshop) -> None:
    """Counted in the characters that the filter reads again: the time of one record, by its length, in CPU."""
    key = {"type": "apiKey", "in": "query", "name": "key"}
    part = {"components": {"securitySchemes": {"k": key}}, "security": [{"k": []}]}
    package = workshop(document(THING, **part))
    package.part("client")
    own: Any
    (own,) = (
        f
        for f in logging.getLogger("httpx").filters
        if type(f).__module__.startswith(package.name + ".")
    )

    def measure(size: int) -> float:
        text = "?key=&key" * size
        record = logging.LogRecord("httpx", logging.INFO, "", 0, "%s", (text,), None)
        start = time.process_time()
        own.filter(record)
        return time.process_time() - start

    assert measure(160_000) < 40 * (measure(10_000) + 0.001)
