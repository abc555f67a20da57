"""Malformed and malicious responses: each leads to a result or to an error of this package."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.support import AnyClient, ClientClock
from tests.raw_server import RawServer, serve

from orcarouter import errors

JSON = b"Content-Type: application/json\r\n"
GZIP = b"Content-Encoding: gzip\r\n"


def respond(
    body: bytes, head: bytes = b"200 OK", fields: bytes = JSON, length: bool = True
) -> bytes:
    size = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"HTTP/1.1 " + head + b"\r\n" + fields + size + b"Connection: close\r\n\r\n" + body


def success(url: str) -> bytes:
    return respond(json.dumps({"data": {"status": "SUCCESS", "result_url": url}}).encode())


def busy(after: bytes) -> bytes:
    return respond(b"{}", b"429 Busy", b"Retry-After: " + after + b"\r\n")


DIGITS = b"9" * 400
RESPONSES = {
    "not HTTP": b"SSH-2.0-OpenSSH\r\n",
    "empty response": b"",
    "status 099": respond(b"{}", b"099 Odd"),
    "status 999": respond(b"{}", b"999 Odd"),
    "status abc": respond(b"{}", b"abc Odd"),
    "only 1xx": b"HTTP/1.1 100 Continue\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "invalid gzip": respond(b"garbage", fields=GZIP),
    "truncated gzip": respond(gzip.compress(b'{"id": "x"}' * 100)[:40], fields=GZIP),
    "gzip of 17 MB": respond(gzip.compress(bytes(17 << 20)), fields=GZIP),
    "invalid chunks": respond(b"zz\r\n", fields=b"StreamTo-Encoding: chunked\r\n", length=False),
    "negative length": respond(b"{}", fields=b"Content-Length: -5\r\n", length=False),
    "two lengths": respond(b"{}", fields=b"Content-Length: 9\r\n"),
    "header of 200 kB": respond(b"{}", fields=b"X: " + bytes([97]) * 200_000 + b"\r\n"),
    "header with invalid UTF-8": respond(b"{}", fields=b"X-Orca-Request-Id: \xff\xfe\r\n"),
    "Retry-After of 5000 digits": busy(b"9" * 5000),
    "Retry-After in Arabic digits": busy("٣".encode()),
    "Retry-After with an invalid date": busy(b"Mon, 99 Foo 99999 99:99:99 +9999"),
    "Retry-After in the year 1": busy(b"Mon, 01 Jan 0001 00:00:00 +1400"),
    "negative Retry-After": busy(b"-3"),
    "deeply nested JSON": respond(b"[" * 100_000),
    "JSON with NaN": respond(
        b'{"id": "x", "status": NaN, "progress": NaN, "created_at": Infinity}'
    ),
    "JSON with huge numbers": respond(
        b'{"data": {"status": "SUCCESS", "progress": %s, "finish_time": %s, "submit_time": 1e308}}'
        % (DIGITS, DIGITS)
    ),
    "lone surrogate": respond(b'{"id": "\\ud800", "status": "\\ud800"}'),
    "JSON in UTF-16": respond('{"id": "x"}'.encode("utf-16")),
    "array": respond(b'[{"id": 1}]'),
    "string": respond(b'"x"'),
    "null": respond(b"null"),
    "unknown charset": respond(b'{"id": "x"}', fields=b"Content-Type: text/x; charset=klingon\r\n"),
    "URL with an invalid host": success("http://[::1/x"),
    "URL with an invalid port": success("http://h:99999/x"),
    "host name with an empty label": success("http://\u2603..com/x"),
    "host name with a label of 300 characters": success(f"http://{'a' * 300}.com/x"),
    "URL with a password": success("http://u:p@127.0.0.1:1/x"),
    "URL with unusual characters": success("http://127.0.0.1:1/%00%zz\u2603?q=\u2603"),
    "invalid data URI": success("data:video/mp4;base64,%%%"),
    "empty data URI": success("data:"),
    "redirect to an invalid URL": respond(b"", b"302 Found", b"Location: http://[::1\r\n"),
    "redirect to a long URL": respond(b"", b"302 Found", b"Location: /" + b"a" * 60_000 + b"\r\n"),
    "models with wrong types": respond(
        b'{"data": [{"id": 7, "created": "x"}, {"id": "a", "owned_by": []}, 3]}'
    ),
}


@pytest.fixture(params=RESPONSES.values(), ids=list(RESPONSES))
def hostile_server(request: pytest.FixtureRequest) -> Iterator[RawServer]:
    with serve(request.param) as server:
        yield server


def test_hostile_responses_raise_documented_errors(
    hostile_server: RawServer, client_kind: str, tmp_path: Path
) -> None:
    client = AnyClient(client_kind, ClientClock(), base_url=hostile_server.base_url)
    handles = [client.client.resume(name) for name in ("task_1", "task_2")]
    target = tmp_path / "out.mp4"
    raised = []
    for step in (
        lambda: client.create({"model": "x/y", "prompt": "A kite"}),
        lambda: client.task("task_1").refresh(),
        lambda: client.task("task_1").wait(60),
        lambda: client.task("task_1").download(target, timeout=60),
        lambda: client.run(client.client.wait_all(handles, 60)),
        client.models,
        lambda: client.model("x/y"),
    ):
        try:
            step()
        except errors.OrcaRouterError as error:
            raised.append(error)
    client.close()
    assert all("\n" not in str(error) and len(str(error)) < 800 for error in raised)
    assert not target.exists()
