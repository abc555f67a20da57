"""The effects that flows ask their runner to perform (sans I/O).

A flow (see `orcarouter._flows`) is a generator without network access or sleep. It
yields an effect and is sent its result, or has the effect's exception thrown in. `Runner` performs
effects with blocking calls, `AsyncRunner` with asyncio: the logic of a flow is written and tested
once for both.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Literal, TypeAlias, TypeVar

from attrs import define, field, frozen

from orcarouter.task import Snapshot
from orcarouter_api import Call

__all__ = [
    "Effect",
    "Emit",
    "Event",
    "Flow",
    "HTTPResponse",
    "ResponseBuffer",
    "SendRequest",
    "Sleep",
]

T = TypeVar("T")


@frozen
class HTTPResponse:
    """A response of the service, whatever its status."""

    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    """Values by name in lower case."""
    content: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """A header's value, by its name in lower case; empty if it is missing."""
        return self.headers.get(name, "")

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code < 300

    @property
    def request_id(self) -> str | None:
        """The service's id of the request (`X-Orca-Request-Id`)."""
        return self.header("x-orca-request-id") or None


@define(eq=False)
class ResponseBuffer:
    """What has arrived of a response so far; also there if its end never arrives."""

    status_code: int = 0
    """0 before the headers have arrived."""
    headers: Mapping[str, str] = field(factory=dict)
    """Values by name in lower case."""
    content: bytearray = field(factory=bytearray)

    @property
    def response(self) -> HTTPResponse | None:
        """The response as far as it has arrived; None before its headers."""
        if not self.status_code:
            return None
        return HTTPResponse(self.status_code, self.headers, bytes(self.content))


@frozen(kw_only=True)
class Event:
    """A step of a wait for a task, or a retry. Times are seconds."""

    kind: Literal["status", "lookup_failed", "end", "retry"]
    """`status`: a lookup returned a state; `lookup_failed`: one failed and will be repeated; `end`:
    the last event of the wait; `retry`: a submission that created no task, or a download, will be
    repeated."""
    task_id: str
    """Empty for the retry of a submission."""
    snapshot: Snapshot | None
    """The last known state; None before the first."""
    changed: bool = False
    """Whether the status differs from that of the previous snapshot."""
    elapsed: float = 0.0
    """Time since the submission if known, else since the wait began."""
    progress: float = 0.0
    """Estimated progress from 0 to 1, from the usual duration and the service's percentage. It
    never decreases, and is 1 only when the task has succeeded."""
    error: str = ""
    """Why the lookup or the attempt failed; empty if it did not."""
    next_poll_in: float | None = None
    """Time until the next lookup or attempt; None at the end."""


@frozen
class SendRequest:
    """Send a call and return an HTTPResponse, whatever its status.

    Throws ConnectError or TransportError of `orcarouter_api.errors`.
    """

    call: Call[Any]
    timeout: float
    """Seconds for each of connecting, sending, and waiting for more of the response."""
    total_timeout: float
    """Seconds for the whole request."""
    buffer: ResponseBuffer = field(factory=ResponseBuffer, eq=False, repr=False)
    """Is filled while the response arrives."""
    interrupt_timeout: float = 0.0
    """For how many seconds the response is still read after an interrupt or a cancellation."""


@frozen
class Sleep:
    """Pause the flow."""

    seconds: float
    shared: bool = False
    """Whether all other flows of a batch pause as well, as after a 429."""


@frozen
class Emit:
    """Pass an event to the caller and its callbacks."""

    event: Event


Effect: TypeAlias = SendRequest | Sleep | Emit
Flow: TypeAlias = Generator[Effect, Any, T]
