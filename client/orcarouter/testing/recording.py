"""The requests that the emulator received, for assertions in tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from orcarouter.testing.faults import Fault

__all__ = ["RecordedRequest"]


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
