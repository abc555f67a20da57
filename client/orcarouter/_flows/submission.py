"""Submitting a task: a flow that never creates two tasks from one call.

The API has no idempotency key. A submission is repeated, a limited number of times, only if it
definitely never arrived (no connection) or was definitely rejected for now (429). Any other response
that is neither a clear acceptance nor a clear rejection leaves its outcome unknown, and raises
AmbiguousSubmissionError. A response that names a task is never a clear rejection.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from orcarouter._flows.schedule import Backoff
from orcarouter._http.api_errors import (
    definitely_not_accepted,
    make_rejection_error,
    parse_error,
    parse_json,
)
from orcarouter._http.redaction import one_line
from orcarouter._http.task_ids import find_task_id
from orcarouter._io.clock import Clock
from orcarouter._io.effects import Emit, Event, Flow, HTTPResponse, SendRequest, Sleep
from orcarouter._io.network import ProxyUnreachableError
from orcarouter.errors import AmbiguousSubmissionError, APIConnectionError, RateLimitError
from orcarouter.task import InvalidTaskError, Snapshot, parse_snapshot
from orcarouter_api import Call
from orcarouter_api.errors import ConnectError, TransportError

__all__ = ["RetryPolicy", "make_digest", "submit"]

log = logging.getLogger("orcarouter")


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


def make_digest(call: Call[Any]) -> str:
    """SHA-256 of the body of a call, in hexadecimal."""
    content = call.body.content if call.body is not None else b""
    return hashlib.sha256(content).hexdigest()


def submit(call: Call[Any], model: str, clock: Clock, policy: RetryPolicy) -> Flow[Snapshot]:
    """Send a submission and return the first state of the new task.

    Raises APIConnectionError and RequestRejectedError if no task was created,
    AmbiguousSubmissionError if that is unknown.
    """
    failed_connections = rate_limited = 0
    started = clock.monotonic()
    while True:
        sent_at = clock.time()
        request = SendRequest(
            call, policy.timeout, policy.total_timeout, interrupt_timeout=policy.interrupt_timeout
        )
        failure: TransportError | None = None
        try:
            response: HTTPResponse = yield request
        except (ConnectError, ProxyUnreachableError) as error:
            # Without a connection nothing was sent, so trying again is safe.
            failed_connections += 1
            problem = one_line(str(error))
            if failed_connections >= policy.max_connect_attempts:
                if isinstance(error, ProxyUnreachableError):
                    raise
                raise APIConnectionError(f"{problem}. Nothing was submitted") from error
            yield from _wait_for_retry(problem, policy.connect_backoff.delay(failed_connections))
            continue
        except TransportError as error:
            # The request may have arrived before the connection broke, and so may the task id.
            if request.buffer.response is None:
                raise _make_ambiguous_error(call, model, sent_at, one_line(str(error))) from error
            response, failure = request.buffer.response, error
        except BaseException as error:
            _attach_task_id(error, request, model)
            raise
        task_id = find_task_id(response)
        if task_id and response.is_success:
            if failure is not None:
                log.warning("task %s: %s", task_id, one_line(str(failure)))
            log.info("task %s: submitted to %s", task_id, model)
            return _make_snapshot(response, task_id, model, sent_at)
        if task_id or failure is not None or not definitely_not_accepted(response):
            problem = one_line(str(failure)) if failure else _describe(response)
            raise _make_ambiguous_error(
                call, model, sent_at, problem, response, task_id
            ) from failure
        rejection = make_rejection_error(response, "the submission")
        if not isinstance(rejection, RateLimitError):
            raise rejection
        rate_limited += 1
        # Never earlier than the service asks. Its Retry-After may be 0 each time, so the backoff
        # is the lower bound.
        delay = max(policy.rate_limit_backoff.delay(rate_limited), rejection.retry_after or 0.0)
        if clock.monotonic() - started + delay > policy.rate_limit_timeout:
            raise rejection
        yield from _wait_for_retry("rate limited (HTTP 429)", delay)


def _wait_for_retry(problem: str, delay: float) -> Flow[None]:
    log.warning("%s; submitting again in %.1f s", problem, delay)
    yield Emit(Event(kind="retry", task_id="", snapshot=None, error=problem, next_poll_in=delay))
    yield Sleep(delay)


def _attach_task_id(error: BaseException, request: SendRequest, model: str) -> None:
    """Give an exception that ends a submission the id that the response names, if it has arrived.

    An interrupt or a cancellation is no error of this package, and passes on to the caller as it is:
    with `task_id`, which is empty if no id has arrived, and with a note. It is also logged, because
    asyncio replaces the exception of a task that is cancelled.
    """
    response = request.buffer.response
    task_id = find_task_id(response) if response is not None else ""
    if isinstance(error, Exception) and not task_id:
        return
    if task_id:
        text = f"the submission to {model} was interrupted; it has created the task {task_id}"
    else:
        text = (
            f"the submission to {model} was interrupted: its outcome is unknown, a task may exist "
            "and be billed; look for it in the console of the service before you submit it again"
        )
    error.task_id = task_id  # type: ignore[attr-defined]
    error.add_note(text)
    log.warning("%s", text)


def _make_snapshot(response: HTTPResponse, task_id: str, model: str, sent_at: float) -> Snapshot:
    """The new task. Only its id is needed (C12): anything else in the response may be odd."""
    body = parse_json(response.content)
    if not isinstance(body, Mapping):
        body = {"task_id": task_id}
    try:
        snapshot = parse_snapshot(body, task_id)
    except InvalidTaskError:
        snapshot = parse_snapshot({"task_id": task_id, "status": "queued"}, task_id)
    # By this machine's clock, because delays of the wait are measured with it. The task is running
    # whatever the status: only a lookup can end it.
    return Snapshot(
        task_id=task_id,
        state="running",
        status=snapshot.status,
        model=model or snapshot.model,
        progress=snapshot.progress,
        submitted_at=sent_at,
        raw=body,
    )


def _describe(response: HTTPResponse) -> str:
    if response.is_success:
        text = one_line(response.content[:400].decode("utf-8", "replace"), 120)
        return f"the response (HTTP {response.status_code}) has no task id: {text!r}"
    error = parse_error(response.status_code, parse_json(response.content))
    text = f": {one_line(error.message)}" if error and error.message else ""
    return f"the response was HTTP {response.status_code}{text}"


def _make_ambiguous_error(
    call: Call[Any],
    model: str,
    sent_at: float,
    problem: str,
    response: HTTPResponse | None = None,
    task_id: str = "",
) -> AmbiguousSubmissionError:
    when = datetime.fromtimestamp(sent_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    advice = "Look for the task in the console of the service"
    if task_id:
        advice = f"The response names the task {task_id}: look it up by this id"
    return AmbiguousSubmissionError(
        f"the submission to {model} at {when} may or may not have been accepted: {problem}. "
        f"{advice} before you submit it again: a second task is billed as well",
        task_id=task_id or None,
        model=model,
        submitted_at=sent_at,
        digest=make_digest(call),
        status_code=response.status_code if response is not None else None,
        request_id=response.request_id if response is not None else None,
    )
