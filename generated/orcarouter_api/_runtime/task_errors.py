"""The exceptions of tasks.

APIError
├── TransportError
│   └── AmbiguousStartError         a billable start: a task may exist or not
└── TaskError                       has the task
    ├── TaskFailedError
    │   └── TaskCancelledError
    ├── WaitTimeoutError            stopped waiting: the task goes on
    ├── LookupFailedError
    │   └── TaskNotFoundError
    └── TaskResultError             succeeded, but the result cannot be read
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import APIError, TransportError

if TYPE_CHECKING:
    from .base_task import BaseTask


class TaskError(APIError):
    """A wait for a task that ended without its result. `resume_token` is enough to go on in another process; a `task` that
    was pickled has no client.
    """

    task: BaseTask[Any]
    task_id: str = ""
    resume_token: str = ""
    reason: Exception | None = None


class TaskFailedError(TaskError):
    """The task has failed; `details` is what the service says about it."""

    details: Any = None


class TaskCancelledError(TaskFailedError):
    """The task was cancelled."""


class WaitTimeoutError(TaskError):
    """Stopped waiting: the task goes on."""


class LookupFailedError(TaskError):
    """The task could not be looked up: it goes on. `reason` is the error of the request."""


class TaskNotFoundError(LookupFailedError):
    """The service does not know the task."""


class TaskResultError(TaskError):
    """The task has succeeded, but its result cannot be had: `reason` is the error."""


class AmbiguousStartError(TransportError):
    """A billable start was sent, and its outcome is unknown: a task may exist, and be billed.

    Attributes:
        sent_at: The Unix time at which it was sent, by this machine's clock.
        digest: The SHA-256 of the request's body, in hexadecimal; see `TaskCall.digest`.
        reason: The error of the request: a TransportError, a DecodingError, or that of the status.
        status_code: That of the response; 0 if there was none.
        request_id: That of the response; see `Headers.request_id`.
        task: The task that the response names nevertheless, with its `task_id` and `resume_token`; None if it names none.
    """

    sent_at: float = 0.0
    digest: str = ""
    reason: Exception | None = None
    status_code: int = 0
    request_id: str | None = None
    task: BaseTask[Any] | None = None
    task_id: str = ""
    resume_token: str = ""


class Naming:
    """A context manager that gives any other exception `task_id`, `resume_token` and a note: an interrupt, or that of a
    callback."""

    def __init__(self, task: BaseTask[Any]) -> None:
        self._task = task

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        is_end = isinstance(error, (GeneratorExit, StopIteration, StopAsyncIteration))
        if error is not None and not is_end:
            name_task(error, self._task, "goes on")


def name_task(error: BaseException, task: BaseTask[Any], state: str) -> None:
    """Give an exception the task, unless it has one. `state` completes "the task 7 ..."."""
    if hasattr(error, "task_id"):
        return
    with suppress(AttributeError):  # an exception may be immutable
        error.task_id = task.id  # type: ignore[attr-defined]
        error.resume_token = task.resume_token  # type: ignore[attr-defined]
        error.add_note(
            f"the task {task.id} {state}: resume it by this id, or by the resume token {task.resume_token}"
        )
