"""The requests that a mock server received, for assertions in tests."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from orcagen.mock.faults import Fault

_MAX_REQUESTS = 10_000
_MAX_BODY_BYTES = 256 << 20  # of all bodies together


@define(kw_only=True)
class RecordedRequest:
    """A request as it arrived, and how it was answered."""

    operation: str = ""
    """The operationId, or `METHOD /path` of an operation that has none; `getFile` for a download from the file host; "" for one
    that is not in the document."""
    method: str
    path: str
    """Percent-decoded, with the base path of the server."""
    raw_path: str
    """As it was sent, percent-encoded, without the query."""
    query: list[tuple[str, str]]
    """Decoded, in the order of the URL."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    at: float
    """When it arrived: Unix time in seconds, on the clock of the server."""
    fault: Fault | None = None
    """The fault that was applied, if any."""
    status: int | None = None
    """The status of the response; None if there was no response."""
    request_id: str = ""
    """The first header of the response whose name ends in `request-id`; "" if there is none."""

    def json(self) -> Any:
        """The body as JSON. Raises ValueError if it is something else."""
        return json.loads(self.body)


@define
class RequestLog:
    """The last 10,000 requests in the order of arrival. Beyond 256 MiB, the oldest bodies are dropped."""

    _requests: deque[RecordedRequest] = field(factory=deque)
    _size: int = 0

    def append(self, request: RecordedRequest) -> None:
        """Adds a request; its body follows."""
        self._requests.append(request)
        if len(self._requests) > _MAX_REQUESTS:
            self._size -= len(self._requests.popleft().body)

    def add_body(self, request: RecordedRequest, body: bytes) -> None:
        """Adds the body of a request."""
        request.body = body
        self._size += len(body)
        for old in self._requests:
            if self._size <= _MAX_BODY_BYTES or old is request:
                return
            self._size -= len(old.body)
            old.body = b""

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._requests.copy())
