"""What the emulator was asked, for tests to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from orcarouter.testing.faults import Fault

__all__ = ["Received"]


@attrs.define(kw_only=True)
class Received:
    """A request as it arrived."""

    operation: str
    """The operationId of the document, `getFile` for the file host, "" when there is no such operation."""
    method: str
    path: str
    """Percent-decoded, with the server's base path."""
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes = b""
    at: float
    """When it arrived, on the emulator's clock, in Unix seconds."""
    fault: Fault | None = None
    """The fault that it met."""
    status: int | None = None
    """The status it was answered with; None when it got no answer."""
    request_id: str = ""
    """The answer's `X-Orca-Request-Id`."""

    def json(self) -> Any:
        """The body, parsed.

        Raises ValueError when it is not JSON.
        """
        return json.loads(self.body)
