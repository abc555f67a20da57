"""What can go wrong.

    OrcaRouterError
    ├── ConfigurationError      a setting, an id or a token that cannot be used      nothing was sent
    │   └── NoKey               no API key, or none that can be used
    ├── RequestInvalid          the request breaks the capability map, or a file     nothing was sent
    │                           that it names cannot be used
    ├── Unreachable             the service gave no usable answer                    nothing was submitted
    ├── Refused                 the service said no                                  nothing was submitted
    │   ├── KeyRefused          the API key
    │   ├── NoCredit            the account, or the key, has no credit left
    │   ├── NotPermitted        the key may not do this
    │   ├── ModelNotFound       the model is unknown or not served now
    │   └── RateLimited         too many requests
    ├── SubmissionUnknown       a submission may have been accepted, or not          look; do not resend
    └── TaskError               a task was accepted; all carry its id
        ├── TaskFailed          it ended without a video
        ├── TaskNotFound        the service does not know it, or no longer
        ├── WaitTimeout         we stopped waiting, which ends nothing
        ├── LookupFailed        its state could not be found out
        └── DownloadFailed      it succeeded; its file could not be fetched

Each of them is one line of text, can be pickled, and holds neither an API key nor a signed URL. None is ever a reason to
submit a task again without looking first, except those marked "nothing was sent".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orcarouter.capabilities import Violation
    from orcarouter.tasks import Moment, Snapshot

__all__ = [
    "ConfigurationError",
    "DownloadFailed",
    "KeyRefused",
    "LookupFailed",
    "ModelNotFound",
    "NoCredit",
    "NoKey",
    "NotPermitted",
    "OrcaRouterError",
    "RateLimited",
    "Refused",
    "RequestInvalid",
    "SubmissionUnknown",
    "TaskError",
    "TaskFailed",
    "TaskNotFound",
    "Unreachable",
    "WaitTimeout",
]


class OrcaRouterError(Exception):
    """The base of all errors of this package."""


class ConfigurationError(OrcaRouterError):
    """A setting, a task id or a resume token cannot be used. Nothing was sent."""


class NoKey(ConfigurationError):
    """There is no API key, or none that can be used."""


class RequestInvalid(OrcaRouterError):
    """The request was not sent: the check found errors, or a local file cannot be used."""

    def __init__(self, message: str, findings: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)
        """What the check found, warnings and notes included; empty when a file is the matter."""


class Unreachable(OrcaRouterError):
    """The service gave no usable answer. A submission that ends so was never sent."""


class Refused(OrcaRouterError):
    """The service said no (API reference, section 8). A submission that ends so made no task."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """The service's short word for the reason, such as `insufficient_user_quota`; None where it gives none."""
        self.request_id = request_id
        """The service's name for the exchange (`X-Orca-Request-Id`); its support asks for it."""
        self.retry_after = retry_after
        """Seconds after which the service takes requests again, where it says so."""


class KeyRefused(Refused):
    """The API key is missing, wrong or expired."""


class NoCredit(Refused):
    """The account or the key has no credit left."""


class NotPermitted(Refused):
    """The key may not do this, or not with this model."""


class ModelNotFound(Refused):
    """The service does not know the model, or nothing serves it now."""


class RateLimited(Refused):
    """Too many requests, for longer than this client waits by itself."""


class SubmissionUnknown(OrcaRouterError):
    """A submission was sent and its outcome is not known: a task may exist, and cost.

    There is no idempotency key, and tasks cannot be listed: look in the console of the service for a task of this time
    before anything is submitted again.
    """

    def __init__(
        self,
        message: str,
        *,
        model: str = "",
        submitted_at: float = 0.0,
        digest: str = "",
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.model = model
        self.submitted_at = submitted_at
        """When it was sent, in Unix seconds by this machine's clock."""
        self.digest = digest
        """SHA-256 of the body that was sent, in hexadecimal: equal requests have equal digests."""
        self.status = status
        """The HTTP status of the answer; None when there was none."""
        self.request_id = request_id
        """The service's name for the exchange, where it answered at all."""


class TaskError(OrcaRouterError):
    """Something about a task that was accepted. The id is enough to go on from any process."""

    may_be_running = True
    """Whether the service may still be working on the task."""
    may_be_billed = True
    """Whether the task may cost. The credit held for a failed task is given back (API reference, section 10.1)."""

    def __init__(
        self,
        message: str,
        *,
        task_id: str = "",
        snapshot: Snapshot | None = None,
        timeline: Sequence[Moment] = (),
        reason: OrcaRouterError | None = None,
        advice: str = "",
    ) -> None:
        super().__init__(message)
        self.task_id = task_id
        self.snapshot = None if snapshot is None else snapshot.redacted()
        """The last known state, without the signed part of its URLs; None when there never was one."""
        self.timeline = tuple(timeline)
        """What was seen of the task and when, changes only."""
        self.reason = reason
        """What the service, or the lack of an answer, was about; None where nothing else is to say."""
        self.advice = advice
        """What to do next."""


class TaskFailed(TaskError):
    """The task ended without a video. `snapshot.failure` says why, where the service does."""

    may_be_running = False
    may_be_billed = False


class TaskNotFound(TaskError):
    """The service does not know the task: the id is wrong, belongs to another account, or its record has expired."""


class WaitTimeout(TaskError, TimeoutError):
    """The time for waiting is over. The task goes on, and can be waited for again."""


class LookupFailed(TaskError):
    """The state of the task could not be found out; `reason` says why. The task is not affected."""


class DownloadFailed(TaskError):
    """The video is finished and could not be brought to this disk. It can be fetched again; nothing is charged for that."""

    may_be_running = False
