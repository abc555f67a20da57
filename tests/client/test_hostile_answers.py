"""Answers as no server should give them: whatever comes, it ends in an error of this package or in a result."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client.support import ClientClock, Orca

from orcarouter import errors

JSON = b"Content-Type: application/json\r\n"
GZIP = b"Content-Encoding: gzip\r\n"


def answer(
    body: bytes, head: bytes = b"200 OK", fields: bytes = JSON, length: bool = True
) -> bytes:
    size = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"HTTP/1.1 " + head + b"\r\n" + fields + size + b"Connection: close\r\n\r\n" + body


def success(url: str) -> bytes:
    return answer(json.dumps({"data": {"status": "SUCCESS", "result_url": url}}).encode())


def busy(after: bytes) -> bytes:
    return answer(b"{}", b"429 FileBusyError", b"Retry-After: " + after + b"\r\n")


DIGITS = b"9" * 400
ANSWERS = {
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "nothing": b"",
    "status 099": answer(b"{}", b"099 Odd"),
    "status 999": answer(b"{}", b"999 Odd"),
    "status abc": answer(b"{}", b"abc Odd"),
    "only 1xx": b"HTTP/1.1 100 Continue\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "gzip that is none": answer(b"garbage", fields=GZIP),
    "gzip that is cut": answer(gzip.compress(b'{"id": "x"}' * 100)[:40], fields=GZIP),
    "gzip of 17 MB": answer(gzip.compress(bytes(17 << 20)), fields=GZIP),
    "chunks that are none": answer(
        b"zz\r\n", fields=b"StreamTo-Encoding: chunked\r\n", length=False
    ),
    "negative length": answer(b"{}", fields=b"Content-Length: -5\r\n", length=False),
    "two lengths": answer(b"{}", fields=b"Content-Length: 9\r\n"),
    "a header of 200 KB": answer(b"{}", fields=b"X: " + bytes([97]) * 200_000 + b"\r\n"),
    "headers in no encoding": answer(b"{}", fields=b"X-Orca-Request-Id: \xff\xfe\r\n"),
    "Retry-After of 5000 digits": busy(b"9" * 5000),
    "Retry-After of another script": busy("٣".encode()),
    "Retry-After that is no date": busy(b"Mon, 99 Foo 99999 99:99:99 +9999"),
    "Retry-After of the year 1": busy(b"Mon, 01 Jan 0001 00:00:00 +1400"),
    "negative Retry-After": busy(b"-3"),
    "JSON without end": answer(b"[" * 100_000),
    "JSON of NaN": answer(b'{"id": "x", "status": NaN, "progress": NaN, "created_at": Infinity}'),
    "JSON of huge numbers": answer(
        b'{"data": {"status": "SUCCESS", "progress": %s, "finish_time": %s, "submit_time": 1e308}}'
        % (DIGITS, DIGITS)
    ),
    "half a character": answer(b'{"id": "\\ud800", "status": "\\ud800"}'),
    "JSON in UTF-16": answer('{"id": "x"}'.encode("utf-16")),
    "a list": answer(b'[{"id": 1}]'),
    "a text": answer(b'"x"'),
    "null": answer(b"null"),
    "a charset of nobody": answer(
        b'{"id": "x"}', fields=b"Content-Type: text/x; charset=klingon\r\n"
    ),
    "a URL without end": success("http://[::1/x"),
    "a port of nobody": success("http://h:99999/x"),
    "a name with an empty label": success("http://\u2603..com/x"),
    "a label of 300 letters": success(f"http://{'a' * 300}.com/x"),
    "a URL with a password": success("http://u:p@127.0.0.1:1/x"),
    "a URL of odd letters": success("http://127.0.0.1:1/%00%zz\u2603?q=\u2603"),
    "data that is none": success("data:video/mp4;base64,%%%"),
    "data of nothing": success("data:"),
    "a redirection to nowhere": answer(b"", b"302 Found", b"Location: http://[::1\r\n"),
    "a redirection to a long address": answer(
        b"", b"302 Found", b"Location: /" + b"a" * 60_000 + b"\r\n"
    ),
    "odd models": answer(b'{"data": [{"id": 7, "created": "x"}, {"id": "a", "owned_by": []}, 3]}'),
}


class Server:
    """Answers each connection with the same bytes."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(self._raw)
            except OSError:
                return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture(params=ANSWERS.values(), ids=list(ANSWERS))
def hostile(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(request.param)
    yield made
    made.close()


def test_whatever_is_answered(hostile: Server, driver: str, tmp_path: Path) -> None:
    client = Orca(driver, ClientClock(), base_url=hostile.base_url)
    handles = [client.client.resume(name) for name in ("task_1", "task_2")]
    target = tmp_path / "out.mp4"
    errors_seen = []
    for step in (
        lambda: client.create({"model": "x/y", "prompt": "A kite"}),
        lambda: client.task("task_1").refresh(),
        lambda: client.task("task_1").wait(60),
        lambda: client.task("task_1").download(target, timeout=60),
        lambda: client.do(client.client.wait_all(handles, 60)),
        client.models,
        lambda: client.model("x/y"),
    ):
        try:
            step()
        except errors.OrcaRouterError as error:
            errors_seen.append(error)
    client.close()
    assert all("\n" not in str(error) and len(str(error)) < 800 for error in errors_seen)
    assert not target.exists()
