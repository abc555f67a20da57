"""A server on the loopback interface with one response to every request: `python -m benchmarks.server` prints its port.

It stops when its standard input is closed.
"""

from __future__ import annotations

import asyncio
import sys

from benchmarks import small


class FixedResponse(asyncio.Protocol):
    """HTTP/1.1 with persistent connections, for requests without bodies."""

    def __init__(self, text: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        self._response = head.encode() + text
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *whole, self._received = (self._received + data).split(b"\r\n\r\n")
        for _ in whole:
            self._transport.write(self._response)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: FixedResponse(small.task()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
