"""The progress of uploads and downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeAlias

from .call import Request
from .client import BaseClient
from .http import Timeout

# Takes the bytes so far, and how many there are in all, None where that is not known.
Progress: TypeAlias = Callable[[int, int | None], object]
_PIECE = 65536


class ProgressClient(BaseClient):
    """A client with the options `on_upload` and `on_download`."""

    def _build_request(
        self, arguments: dict[str, Any], timeout: Timeout | None, *, stream: bool = True
    ) -> partial[Any]:
        send = super()._build_request(arguments, timeout, stream=stream)
        if stream and "content" in arguments:  # not of a request for a token
            self._watch(send.args[0], "on_upload")
        return send

    def _flow(
        self, call: Request[Any], timeout: Timeout | None
    ) -> Generator[Any, Any, Any]:
        response = yield from super()._flow(call, timeout)
        if not response.is_stream_consumed:
            self._watch(response, "on_download")
        return response

    def _watch(self, message: Any, option: str) -> None:
        """Call a function with each piece of the body of a request or a response of the library."""
        if (progress := self._options.get(option)) is None:
            return
        length = message.headers.get("content-length", "")
        total = int(length) if length.isdecimal() else None
        library = self._connections.library
        base = library.AsyncByteStream if self._is_async else library.SyncByteStream
        cls = type(
            "WatchedStream", (_AsyncStream if self._is_async else _Stream, base), {}
        )
        message.stream = cls(message.stream, progress, total)


class _Stream:
    """A stream of the library that counts what passes. Of a request that is sent again, it begins at 0 again."""

    def __init__(self, stream: Any, progress: Progress, total: int | None) -> None:
        self._stream, self._progress, self._total = stream, progress, total

    def __iter__(self) -> Iterator[bytes]:
        done = 0
        for chunk in self._stream:
            for piece in _split(chunk):
                yield piece
                done += len(piece)
                self._progress(done, self._total)

    def close(self) -> None:
        getattr(self._stream, "close", str)()


class _AsyncStream(_Stream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        done = 0
        async for chunk in self._stream:
            for piece in _split(chunk):
                yield piece
                done += len(piece)
                self._progress(done, self._total)

    async def aclose(self) -> None:
        if hasattr(self._stream, "aclose"):
            await self._stream.aclose()


def _split(chunk: bytes) -> Iterator[bytes]:
    """The parts of a body that is one piece, such as bytes in memory."""
    return (chunk[i : i + _PIECE] for i in range(0, len(chunk), _PIECE))
