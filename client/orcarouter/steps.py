"""What the flows of this package ask their driver to do.

A flow (`submission`, `polling`, `downloads`) is a generator without network and without sleep: it yields steps and is
sent their results, or has their errors thrown in. `drivers` has the two drivers that perform them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from attrs import field, frozen

from orcarouter.tasks import Snapshot
from orcarouter_api import Call

__all__ = [
    "Blocking",
    "Event",
    "Exchange",
    "Flow",
    "Reply",
    "Report",
    "Sink",
    "Sleep",
    "Step",
    "Transfer",
]

T = TypeVar("T")


@frozen
class Reply:
    """An answer of the service, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """By name in lower case."""
    content: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """The value of a header, by its name in lower case; empty when it is not there."""
        return self.headers.get(name, "")

    @property
    def request_id(self) -> str | None:
        """The service's name for the exchange."""
        return self.header("x-orca-request-id") or None


@frozen(kw_only=True)
class Event:
    """Something to tell about a task that is being waited for. Times are seconds."""

    kind: Literal["status", "trouble", "end"]
    """`status`: a lookup was answered; `trouble`: one failed, which costs time and nothing else; `end`: the last one."""
    task_id: str
    snapshot: Snapshot | None
    """The last known state; None before the first."""
    changed: bool
    """Whether the status word differs from the one before."""
    elapsed: float
    """Since the submission where its time is known, else since the wait began."""
    progress: float
    """How far the task is, 0 to 1: an estimate from the usual duration and the service's own figure. It never goes
    back, and is 1 only when the video is there."""
    trouble: str = ""
    """Why the lookup failed."""
    next_look: float | None = None
    """How long until the next lookup; None at the end."""


@frozen
class Exchange:
    """Send a call; gives a Reply. Throws ConnectionFailed and TransportError of `orcarouter_api.errors`."""

    call: Call[Any]
    timeout: float
    """For each of connecting, sending, and waiting for more of the answer."""
    total: float
    """For all of it."""


@frozen
class Sleep:
    """Wait for so many seconds."""

    seconds: float
    shared: bool = False
    """Whether everything else that this client waits for should pause as well."""


@frozen
class Report:
    """Tell whoever listens."""

    event: Event


@frozen
class Blocking:
    """Run a function that may block on the disk or on name resolution; gives what it returns."""

    function: Callable[[], Any]


def _nothing() -> None:
    return


class Sink(Protocol):
    """Where a transfer goes."""

    def begin(self, status: int, headers: Mapping[str, str]) -> bool:
        """Takes status and headers (by name in lower case); False when the body is not wanted."""
        ...

    def take(self, piece: bytes) -> None:
        """Takes a piece of the body. May raise to end the transfer."""
        ...


@frozen
class Transfer:
    """Stream the answer to a call into a sink. Without an `origin` it goes to the API with the key; otherwise to that
    scheme, host and port, without any credential.

    Throws what `Exchange` does, and StatusError for a status that the call does not name as a success.
    """

    call: Call[Any]
    sink: Sink
    timeout: float
    origin: str | None = None
    after: Callable[[], object] = _nothing
    """Called after each piece, where the driver runs; the sink itself may run in a thread."""


Step: TypeAlias = Exchange | Sleep | Report | Blocking | Transfer
Flow: TypeAlias = Generator[Step, Any, T]
