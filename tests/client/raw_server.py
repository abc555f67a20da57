"""A server that is not the emulator: it sends given bytes, and keeps the requests it has received."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class RawServer:
    """Responds to each connection with the next of some byte strings; the last is repeated.

    With `stall`, the connection stays open after them until `release` is set.
    """

    def __init__(self, *responses: bytes, stall: bool = False) -> None:
        self.responses = list(responses)
        self.requests: list[bytes] = []
        self.release = threading.Event()
        self.on_sent: Callable[[], object] = lambda: None
        self.rest = b""
        """Is sent after `release`."""
        self._stall = stall
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._respond, args=(connection,), daemon=True).start()

    def _respond(self, connection: socket.socket) -> None:
        with connection:
            try:
                head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                while len(body) < length:
                    body += connection.recv(65536)
                self.requests.append(head + b"\r\n\r\n" + body)
                number = min(len(self.requests), len(self.responses)) - 1
                connection.sendall(self.responses[number])
                self.on_sent()
                if self._stall:
                    self.release.wait(20)
                    connection.sendall(self.rest)
            except OSError:
                return

    def close(self) -> None:
        self.release.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def serve(*responses: bytes, stall: bool = False) -> Iterator[RawServer]:
    server = RawServer(*responses, stall=stall)
    try:
        yield server
    finally:
        server.close()


def respond(body: Any, status: str = "200 OK", length: int | None = None) -> bytes:
    """A response; `body` is bytes or a JSON value, `length` a Content-Length that may be wrong."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = len(content) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content
