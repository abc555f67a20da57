"""What the emulator was asked, for tests to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs

from orcarouter.testing.faults import GROUPS, Fault

__all__ = ["Received"]


@attrs.define
class Received:
    """A request as it arrived. Header names are in lower case."""

    operation: str
    """The operationId of the document, `getFile` for the file host, "" when there is no such operation."""
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
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

    def is_a(self, group: str) -> bool:
        """Whether it belongs to `submit`, `lookup`, `content`, `models` or `assets`."""
        return self.operation in GROUPS[group]
