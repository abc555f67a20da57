"""Events of a wait, and the outcome of each of several."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from attrs import frozen

from orcarouter.errors import TaskError
from orcarouter.task import Snapshot

__all__ = ["Event", "Outcome"]

T = TypeVar("T")


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
class Outcome(Generic[T]):
    """The result of waiting for one of several tasks: either a snapshot or an error."""

    task: T
    snapshot: Snapshot | None = None
    """The last state of a task that succeeded; None otherwise."""
    error: TaskError | None = None
    """TaskFailedError, TaskNotFoundError, LookupFailedError or WaitTimeoutError; None if it
    succeeded."""

    @property
    def ok(self) -> bool:
        """Whether the task succeeded."""
        return self.error is None
