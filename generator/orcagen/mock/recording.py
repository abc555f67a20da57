"""The requests that a mock server received, for assertions in tests."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from orcagen.mock.faults import Fault

_MAX_REQUESTS = 10_000
_MAX_BYTES = 256 << 20  # of all bodies together


@define(kw_only=True)
class RecordedRequest:
    """A request as it arrived, and how it was answered."""

    operation: str = ""
    """The operationId, or `METHOD /path` of an operation that has none; "" for one that is not in the document."""
    method: str
    path: str
    """As it was sent, percent-encoded, with the base path of the server."""
    query: tuple[tuple[str, str], ...]
    """Decoded, in the order of the URL."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: float
    """When it arrived: Unix time in seconds, on the clock of the server."""
    status: int | None = None
    """The status of the response; None before it is sent."""
    fault: Fault | None = None
    """The fault that was applied, if any."""

    def json(self) -> Any:
        """The body as JSON. Raises ValueError if it is something else."""
        return json.loads(self.body)


@define
class RequestLog:
    """The last 10,000 requests in the order of arrival. Beyond 256 MiB, the oldest bodies are dropped."""

    _requests: deque[RecordedRequest] = field(factory=deque)
    _bytes: int = 0

    def append(self, request: RecordedRequest) -> None:
        self._requests.append(request)
        self._bytes += len(request.body)
        if len(self._requests) > _MAX_REQUESTS:
            self._bytes -= len(self._requests.popleft().body)
        if self._bytes > _MAX_BYTES:
            for old in self._requests:
                self._bytes -= len(old.body)
                old.body = b""
                if self._bytes <= _MAX_BYTES:
                    break

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._requests.copy())
