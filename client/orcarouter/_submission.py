"""Submitting a task: the request, its check, and when it is sent again.

The API has no idempotency key. That a call never creates two tasks, and that no id is lost, is the generated client's
promise; which responses of this service are a rejection is in `BaseServiceTask`.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from attrs import evolve, field, frozen

from orcarouter._clock import Clock
from orcarouter._events import Event
from orcarouter._media import inline_files
from orcarouter._network import raise_alone, translate_error
from orcarouter._redaction import one_line
from orcarouter._responses import make_rejection_error, parse_error
from orcarouter._tasks import MODEL
from orcarouter.errors import (
    AmbiguousSubmissionError,
    APIConnectionError,
    InvalidRequestError,
    RateLimitError,
)
from orcarouter_api import Retries
from orcarouter_api._runtime.damaged_json import read_json
from orcarouter_api._runtime.long_running import TaskCall
from orcarouter_api._runtime.retries import FailedAttempt
from orcarouter_api.api import video
from orcarouter_api.errors import AmbiguousStartError, APIError, ConnectError

if TYPE_CHECKING:
    from orcarouter.capabilities import ValidationResult
    from orcarouter.request_methods import RequestLike

__all__ = [
    "Backoff",
    "CheckMode",
    "PreparedRequest",
    "RetryPolicy",
    "build_body",
    "make_call",
    "make_retries",
    "prepare",
    "submission_errors",
    "validate",
]

log = logging.getLogger("orcarouter")

_OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("api_key", "base_url", "timeout", "retry_policy"), "the client"),
    **dict.fromkeys(("allow_private", "on_event", "http_client", "clock"), "the client"),
    **dict.fromkeys(("proxy", "ca_bundle", "client_cert"), "the client"),
    **dict.fromkeys(("interval", "max_concurrency"), "a wait"),
    **dict.fromkeys(("path", "file", "on_progress"), "download"),
}
"""Keyword arguments that are mistaken for fields of a request, and where they belong. In a request
they would be sent and paid for without any effect."""

CheckMode = Literal["strict", "warn", "off"]


@frozen(kw_only=True)
class Backoff:
    """Exponential backoff with 20 % jitter. Times are seconds."""

    initial: float = 1.0
    """Delay after the first failure."""
    max: float = 30.0
    """Upper bound of the delay, before jitter."""
    random: Callable[[], float] = field(default=random.random, repr=False, eq=False)

    def delay(self, failures: int) -> float:
        """Delay after this many consecutive failures, from 1: it doubles each time."""
        # The exponent is bounded because a float overflows at 2**1024.
        delay = self.initial * 2.0 ** min(failures - 1, 30)
        return min(self.max, delay) * (0.8 + 0.4 * self.random())


@frozen(kw_only=True)
class RetryPolicy:
    """When and how long a submission that created no task is repeated. Times are seconds."""

    max_connect_attempts: int = 3
    """Number of attempts to connect, the first included."""
    rate_limit_timeout: float = 120.0
    """How long to keep trying while the service responds with 429."""
    timeout: float = 60.0
    """For each of connecting, sending, and waiting for more of the response."""
    total_timeout: float = 300.0
    """For one request as a whole."""
    interrupt_timeout: float = 5.0
    """How long the response is still read after an interrupt or a cancellation: it may have the id
    of a task that is paid for. 0: not at all."""
    connect_backoff: Backoff = field(factory=lambda: Backoff(initial=0.5, max=4.0))
    """Delay after a failed connection attempt."""
    rate_limit_backoff: Backoff = field(factory=lambda: Backoff(initial=2.0, max=60.0))
    """Delay after a 429, unless its Retry-After is longer (C11)."""


@frozen(kw_only=True)
class PreparedRequest:
    """A request that has not been sent: `videos.prepare`. `videos.create` takes it as a request."""

    body: dict[str, Any] = field(repr=False)
    """The JSON body as it is sent, with local files as data URIs."""
    violations: ValidationResult
    """What the capability map says about it."""
    digest: str
    """SHA-256 of the body as it is sent, in hexadecimal: that of `AmbiguousSubmissionError`."""

    def to_dict(self) -> dict[str, Any]:
        """The body."""
        return self.body


# The request


def build_body(request: RequestLike | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON body of a submission: the request, updated by `fields`, with files inlined.

    Raises InvalidRequestError if a local file cannot be used, TypeError if a field is an option of
    the client or of a wait.
    """
    if misplaced := sorted(fields.keys() & _OPTIONS.keys()):
        places = "; ".join(f"{name} is an argument of {_OPTIONS[name]}" for name in misplaced)
        raise TypeError(f"not a field of a request: {places}")
    base: Mapping[str, Any] = {}
    if request is not None:
        base = request if isinstance(request, Mapping) else request.to_dict()
    # Single fields, such as `metadata`, may be models of the generated package.
    plain = {
        key: value.to_dict() if hasattr(value, "to_dict") else value
        for key, value in {**base, **fields}.items()
    }
    body: dict[str, Any] = inline_files(plain)
    return body


def prepare(body: dict[str, Any]) -> PreparedRequest:
    """A body with its violations and its digest; sends nothing.

    Raises InvalidRequestError if the body cannot be encoded as JSON.
    """
    from orcarouter.capabilities import check

    return PreparedRequest(body=body, violations=check(body), digest=make_call(body).digest)


def validate(body: Mapping[str, Any], check: CheckMode) -> None:
    """Validate a body against the capability map, and log what is not raised.

    Raises InvalidRequestError if `check` is `strict` and there are errors.
    """
    if check not in ("strict", "warn", "off"):
        raise ValueError(f"check must be strict, warn or off, not {check!r}")
    if check == "off":
        return
    # Imported here because the capability table is large.
    from orcarouter.capabilities import check as find_violations

    result = find_violations(body)
    if result.errors and check == "strict":
        messages = "; ".join(str(violation) for violation in result.errors)
        raise InvalidRequestError(f"the request was not sent: {messages}", result)
    for violation in result:
        level = logging.INFO if violation.level == "note" else logging.WARNING
        log.log(level, "check: %s", violation)


def make_call(body: dict[str, Any]) -> TaskCall[Any, Any]:
    """The call that submits a body. Raises InvalidRequestError if it cannot be encoded as JSON."""
    try:
        call = video.submit_video_task(body=cast("Any", body))
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(
            f"the request was not sent: it cannot be encoded as JSON: {error}"
        ) from error
    return evolve(call, values={**call.values, MODEL: str(body.get("model") or "")})


# Sending it


@frozen(kw_only=True)
class _Retries(Retries):
    """The attempts of one submission."""

    policy: RetryPolicy
    started: float
    counts: Counter[str] = field(factory=Counter)

    def wait_for(self, number: int, error: APIError) -> float:
        """See `Retries.wait_for`."""
        policy, counts = self.policy, self.counts
        if isinstance(error, ConnectError):
            counts["connect"] += 1
            is_last = counts["connect"] >= policy.max_connect_attempts
            return float("inf") if is_last else policy.connect_backoff.delay(counts["connect"])
        rejection = make_rejection_error(cast("Any", error), "the submission")
        if not isinstance(rejection, RateLimitError):
            return float("inf")
        counts["429"] += 1
        # Never earlier than the service asks. Its Retry-After may be 0 each time, so the backoff is
        # the lower bound.
        delay = max(policy.rate_limit_backoff.delay(counts["429"]), rejection.retry_after or 0.0)
        is_too_late = self.clock() - self.started + delay > policy.rate_limit_timeout
        return float("inf") if is_too_late else delay


def make_retries(
    policy: RetryPolicy,
    clock: Clock,
    sleep: Callable[[float], Any],
    on_event: Callable[[Event], object] | None,
) -> Retries:
    """When one submission is sent again; `on_event` is called before."""

    def report(failed: FailedAttempt) -> None:
        is_unsent = isinstance(failed.error, ConnectError)
        problem = one_line(str(failed.error)) if is_unsent else "rate limited (HTTP 429)"
        delay = failed.wait
        log.warning("%s; submitting again in %.1f s", problem, delay)
        if on_event is not None:
            on_event(
                Event(kind="retry", task_id="", snapshot=None, error=problem, next_poll_in=delay)
            )

    return _Retries(
        attempts=1_000_000,  # `wait_for` says when to give up
        on_retry=report,
        sleep=sleep,
        clock=clock.monotonic,
        policy=policy,
        started=clock.monotonic(),
    )


@contextmanager
def submission_errors(call: TaskCall[Any, Any]) -> Iterator[None]:
    """Raise the generated client's errors of a submission as those of this package."""
    try:
        yield
    except AmbiguousStartError as error:
        raise_alone(_make_ambiguous_error(call, error))
    except APIError as error:
        own = translate_error(error)
        if type(own) is APIConnectionError and "Nothing was sent" not in str(own):
            own = APIConnectionError(f"{own}. Nothing was submitted")
        raise_alone(own)


def _make_ambiguous_error(
    call: TaskCall[Any, Any], error: AmbiguousStartError
) -> AmbiguousSubmissionError:
    model, reason, task_id = call.values[MODEL], error.reason, error.task_id
    when = datetime.fromtimestamp(error.sent_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    advice = "Look for the task in the console of the service"
    if task_id:
        advice = f"The response names the task {task_id}: look it up by this id"
    content: bytes = getattr(reason, "content", b"")
    if not error.status_code or not content:
        problem = one_line(str(reason))
    elif error.status_code // 100 == 2:
        text = one_line(content[:400].decode("utf-8", "replace"), 120)
        problem = f"the response (HTTP {error.status_code}) has no task id: {text!r}"
    else:
        described = parse_error(error.status_code, read_json(content))
        text = f": {one_line(described.message)}" if described and described.message else ""
        problem = f"the response was HTTP {error.status_code}{text}"
    return AmbiguousSubmissionError(
        f"the submission to {model} at {when} may or may not have been accepted: {problem}. "
        f"{advice} before you submit it again: a second task is billed as well",
        task_id=task_id or None,
        model=model,
        submitted_at=error.sent_at,
        digest=error.digest,
        status_code=error.status_code or None,
        request_id=error.request_id,
    )
