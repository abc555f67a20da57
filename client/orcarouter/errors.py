"""The exceptions that this package raises.

    OrcaRouterError
    ├── ConfigurationError          a setting, task id or resume token is invalid    nothing was sent
    │   └── MissingAPIKeyError      no API key, or none that is usable
    ├── InvalidRequestError         the request violates the capability map, or a    nothing was sent
    │                               local file in it cannot be used
    ├── APIConnectionError          no usable response from the service              no task was created
    ├── RequestRejectedError        the service rejected the request                 no task was created
    │   ├── AuthenticationError     the API key is not accepted
    │   ├── InsufficientCreditError the account or the key has no credit left
    │   ├── PermissionDeniedError   the key does not have this permission
    │   ├── ModelNotFoundError      the model is unknown or currently not available
    │   └── RateLimitError          too many requests
    ├── AmbiguousSubmissionError    a task may or may not have been created          do not resubmit blindly
    ├── LedgerError                 the ledger of a batch cannot be read or written  nothing more was sent
    └── TaskError                   a task exists; each of these has its id
        ├── TaskFailedError         it ended without a video
        ├── TaskNotFoundError       the service does not know it, or no longer
        ├── WaitTimeoutError        this client stopped waiting; the task continues
        ├── LookupFailedError       its state could not be read
        ├── DownloadFailedError     it succeeded, but its file could not be downloaded
        └── OutputFileError         the file to download to cannot be written

The right column says what happened to a submission that raised the error. Every message is one line. Every error can be
pickled, and none contains an API key or the signed part of a URL. Do not submit a request again after an error unless
the right column says that nothing was sent or that no task was created: a second task is billed as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orcarouter.capabilities import Violation
    from orcarouter.task import Snapshot, StatusChange

__all__ = [
    "APIConnectionError",
    "AmbiguousSubmissionError",
    "AuthenticationError",
    "ConfigurationError",
    "DownloadFailedError",
    "InsufficientCreditError",
    "InvalidRequestError",
    "LedgerError",
    "LookupFailedError",
    "MissingAPIKeyError",
    "ModelNotFoundError",
    "OrcaRouterError",
    "OutputFileError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestRejectedError",
    "TaskError",
    "TaskFailedError",
    "TaskNotFoundError",
    "WaitTimeoutError",
]


class OrcaRouterError(Exception):
    """Base class of all errors of this package."""


class ConfigurationError(OrcaRouterError):
    """A setting, a task id or a resume token is invalid. Nothing was sent."""


class MissingAPIKeyError(ConfigurationError):
    """There is no API key, or the one found is unusable (empty, malformed, readable by others)."""


class InvalidRequestError(OrcaRouterError):
    """The request was not sent: it violates the capability map, or a local file cannot be used."""

    def __init__(self, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.violations = tuple(violations)
        """What validation reported, warnings and notes included; empty if a local file is the
        cause."""


class APIConnectionError(OrcaRouterError):
    """The service gave no usable response: no connection, a server error, or an unreadable body.

    A submission that raises this never reached the service: no task was created.
    """


class RequestRejectedError(OrcaRouterError):
    """The service rejected the request; no task was created (API reference, section 8).

    Mostly a 4xx status. Also a redirect, which is never followed with a request body, and an error
    that the service reports in the body of a response with status 200.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        """HTTP status code of the response."""
        self.code = code
        """The service's error code, such as `insufficient_user_quota`; None if it gave none."""
        self.request_id = request_id
        """The service's id of the request (`X-Orca-Request-Id`), which its support asks for."""
        self.retry_after = retry_after
        """Seconds to wait before the next request; None if the service did not say."""


class AuthenticationError(RequestRejectedError):
    """The API key is missing, wrong or expired (401)."""


class InsufficientCreditError(RequestRejectedError):
    """The account or the key has no credit left (402, or 403 with a quota or credit code)."""


class PermissionDeniedError(RequestRejectedError):
    """The key does not have this permission, or no access to this model (403)."""


class ModelNotFoundError(RequestRejectedError):
    """The service does not know the model, or no provider serves it at the moment."""


class RateLimitError(RequestRejectedError):
    """Too many requests (429), for longer than `RetryPolicy.rate_limit_timeout`."""


class AmbiguousSubmissionError(OrcaRouterError):
    """A submission was sent and its outcome is unknown: a task may exist, and be billed.

    The API has no idempotency key and cannot list tasks. Check the service's console for a task
    submitted at this time before submitting the request again.
    """

    def __init__(
        self,
        message: str,
        *,
        task_id: str | None = None,
        model: str = "",
        submitted_at: float = 0.0,
        digest: str = "",
        status_code: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of the task that the response names; None if it names none. `resume` takes it."""
        self.model = model
        self.submitted_at = submitted_at
        """Unix time in seconds at which it was sent, by this machine's clock."""
        self.digest = digest
        """SHA-256 of the request body, in hexadecimal. Equal requests have equal digests."""
        self.status_code = status_code
        """HTTP status code of the response; None if there was no response."""
        self.request_id = request_id
        """The service's id of the request; None if there was no response."""


class LedgerError(OrcaRouterError):
    """The ledger of a batch cannot be read or written: nothing more is submitted."""

    def __init__(self, message: str, *, task_id: str = "") -> None:
        super().__init__(message)
        self.task_id = task_id
        """The id of a task that exists and could not be written to the ledger; else empty."""


class TaskError(OrcaRouterError):
    """Base class of errors about an existing task. `task_id` is enough to resume it anywhere."""

    may_be_running = True
    """Whether the service may still be working on the task."""
    may_be_billed = True
    """Whether the task may be billed. Credit held for a failed task is returned (API reference,
    section 10.1)."""

    def __init__(
        self,
        message: str,
        *,
        task_id: str = "",
        snapshot: Snapshot | None = None,
        timeline: Sequence[StatusChange] = (),
        reason: OrcaRouterError | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(message)
        self.task_id = task_id
        self.snapshot = None if snapshot is None else snapshot.redact()
        """The last known state, with the signed part removed from its URLs; None if there was
        none."""
        self.timeline = tuple(timeline)
        """The status changes and failed lookups seen by this client, oldest first."""
        self.reason = reason
        """The error of the lookup that caused this one; None if there was no such error."""
        self.advice = advice
        """What to do next, in one sentence."""


class TaskFailedError(TaskError):
    """The task ended without a video. `snapshot.failure` has the reason, if the service gave one."""

    may_be_running = False
    may_be_billed = False


class TaskNotFoundError(TaskError):
    """The service does not know the task: wrong id, another account, or an expired record."""


class WaitTimeoutError(TaskError, TimeoutError):
    """Stopped waiting at the deadline. The task continues and can be waited for again."""


class LookupFailedError(TaskError):
    """The state of the task could not be read; see `reason`. The task is not affected."""


class DownloadFailedError(TaskError):
    """The task succeeded, but its file could not be downloaded. Downloading again is free."""

    may_be_running = False


class OutputFileError(TaskError, OSError):
    """The file to download to is a folder, or its folder does not exist. The task is not affected."""
