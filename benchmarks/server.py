"""A loopback server that gives one answer to every request: `python -m benchmarks.server` prints its port.

It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks import small


class Answer(asyncio.Protocol):
    """HTTP/1.1, connections kept. Requests have no bodies."""

    def __init__(self, text: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._answer = head.encode() + text
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *whole, self._seen = (self._seen + data).split(b"\r\n\r\n")
        for _ in whole:
            self._transport.write(self._answer)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Answer(small.task()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
