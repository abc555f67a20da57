"""The requests that the emulator received, for assertions in tests."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from orcarouter.testing.faults import Fault

__all__ = ["RecordedRequest", "RequestLog"]

_MAX_REQUESTS = 10_000
_MAX_BODY_BYTES = 256 * 2**20  # of all bodies together


@attrs.define(kw_only=True)
class RecordedRequest:
    """A request as it arrived, and how it was answered."""

    operation: str
    """The operationId in the OpenAPI document; `getFile` for a download from the file host; empty for an unknown URL."""
    method: str
    """In upper case."""
    path: str
    """Percent-decoded, including the base path of the server."""
    query: list[tuple[str, str]]
    """Decoded, in the order of the URL."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    at: float
    """When it arrived: Unix time in seconds, on the emulator's clock."""
    fault: Fault | None = None
    """The fault that was applied to it, if any."""
    status: int | None = None
    """The status of the response; None if there was no response."""
    request_id: str = ""
    """The `X-Orca-Request-Id` header of the response; empty if there is none."""

    def json(self) -> Any:
        """The parsed body.

        Raises ValueError if it is not JSON.
        """
        return json.loads(self.body)


class RequestLog:
    """The last 10,000 requests, in the order of arrival.

    If the bodies have more than 256 MiB together, those of the oldest requests are dropped.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._requests: deque[RecordedRequest] = deque(maxlen=_MAX_REQUESTS)
        self._size = 0

    def append(self, request: RecordedRequest) -> None:
        """Add a request; its body follows."""
        if len(self._requests) == _MAX_REQUESTS:
            self._size -= len(self._requests[0].body)
        self._requests.append(request)

    def add_body(self, request: RecordedRequest, body: bytes) -> None:
        """Add the body of a request."""
        request.body = body
        self._size += len(body)
        for old in self._requests:
            if self._size <= _MAX_BODY_BYTES or old is request:
                return
            self._size -= len(old.body)
            old.body = b""

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._requests.copy())
