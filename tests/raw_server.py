"""A server that is not the emulator: it sends given bytes, and keeps the requests it has received."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Response = bytes | Callable[[socket.socket], object]


class RawServer:
    """Responds to each connection with the next of some byte strings; the last is repeated.

    A function instead of a byte string is called with the connection. With `tls`, connections are
    encrypted. With `stall`, the connection stays open after them until `release` is set.
    """

    def __init__(
        self, *responses: Response, stall: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.responses = list(responses)
        self.requests: list[bytes] = []
        self.release = threading.Event()
        self.on_sent: Callable[[], object] = lambda: None
        self.rest = b""
        """Is sent after `release`."""
        self._stall, self._tls = stall, tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._respond, args=(connection,), daemon=True).start()

    def _respond(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._reply(connection)

    def _reply(self, connection: socket.socket) -> None:
        with connection:
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            while len(body) < length:
                body += connection.recv(65536)
            self.requests.append(head + b"\r\n\r\n" + body)
            number = min(len(self.requests), len(self.responses)) - 1
            reply = self.responses[number]
            connection.sendall(reply) if isinstance(reply, bytes) else reply(connection)
            self.on_sent()
            if self._stall:
                self.release.wait(20)
                connection.sendall(self.rest)

    def close(self) -> None:
        self.release.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def serve(
    *responses: Response, stall: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    server = RawServer(*responses, stall=stall, tls=tls)
    try:
        yield server
    finally:
        server.close()


def drip(start: bytes, piece: bytes, end: bytes = b"") -> Response:
    """Sends `start`, then `piece` twenty times a second for at most ten seconds, then `end`."""

    def send(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(200):
            connection.sendall(piece)
            if connection.fileno() < 0:
                return
            threading.Event().wait(0.05)
        connection.sendall(end)

    return send


def respond(body: Any, status: str = "200 OK", length: int | None = None) -> bytes:
    """A response; `body` is bytes or a JSON value, `length` a Content-Length that may be wrong."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = len(content) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content
