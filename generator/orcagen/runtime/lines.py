"""Request bodies of many JSON values: JSON Lines, and JSON text sequences (RFC 7464)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from attrs import frozen

from .call import Body
from .encoder import json_bytes
from .files import is_file, read_content
from .model import UNSET


@frozen
class Lines:
    """The values of an iterable as lines, each encoded when it is sent."""

    values: Any
    start: bytes

    def __iter__(self) -> Iterator[bytes]:
        for value in self.values:
            yield self.start + json_bytes(value) + b"\n"


@frozen
class AsyncLines:
    """`Lines` of an asynchronous iterable, which only AsyncClient can send."""

    values: Any
    start: bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for value in self.values:
            yield self.start + json_bytes(value) + b"\n"


def lines_body(value: Any, media_type: str = "application/jsonl") -> Body | None:
    """A body with a line for each value of an iterable; None for no body.

    The values of a list are encoded at once, all others when they are sent. Bytes, text, a path and an open file are sent
    as they are.
    """
    if value is None or value is UNSET:
        return None
    if isinstance(value, str) or is_file(value):
        return Body(media_type, read_content(value))
    start = b"\x1e" if "json-seq" in media_type else b""
    if hasattr(value, "__aiter__"):
        return Body(media_type, AsyncLines(value, start))
    lines = Lines(value, start)
    return Body(media_type, b"".join(lines) if isinstance(value, list) else lines)
