"""Polling a task, once or until it has ended: flows without I/O.

Two situations are handled separately. If the task *has not ended*, the schedule decides when to poll
again. If the *lookup failed*, it is repeated after a backoff until the deadline: an outage costs time
but never the task. A wait ends early only if the service itself states that the API key or the task
is invalid.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Literal

from attrs import define, evolve, field, frozen

from orcarouter._flows.schedule import Backoff, PollSchedule, estimate_progress
from orcarouter._http.api_errors import (
    make_rejection_error,
    parse_error,
    parse_json,
    parse_retry_after,
)
from orcarouter._http.redaction import one_line
from orcarouter._io.clock import Clock
from orcarouter._io.effects import Emit, Event, Flow, HTTPResponse, SendRequest, Sleep
from orcarouter._io.network import ProxyUnreachableError
from orcarouter.errors import (
    APIConnectionError,
    LookupFailedError,
    OrcaRouterError,
    OutputFileError,
    RateLimitError,
    RequestRejectedError,
    TaskError,
    TaskFailedError,
    TaskNotFoundError,
    WaitTimeoutError,
)
from orcarouter.task import (
    TASK_STATES,
    ForeignTaskError,
    InvalidTaskError,
    Snapshot,
    StatusChange,
    parse_snapshot,
)
from orcarouter_api.api import video
from orcarouter_api.errors import ConnectError, TransportError
from orcarouter_api.errors import TimeoutError as ResponseTimeoutError

__all__ = ["LookupFailure", "TaskTracker", "poll", "poll_or_raise", "send_idempotent", "wait"]

log = logging.getLogger("orcarouter")

# Rejections of a lookup that repeating it will not change. Any other status may be temporary.
_PERMANENT_STATUSES = frozenset({400, 401, 402, 403, 404, 410, 422})
# A rejection without one of the service's error envelopes may come from a proxy or a captive portal,
# so it only counts after this many in a row.
_MAX_FOREIGN_REJECTIONS = 3
_MAX_FOREIGN_TASKS = 10  # responses about another task in a row
_MAX_FOREIGN_TASKS_OF_ONE_LOOKUP = 3
# A task that was submitted a moment ago may not be known to every server of the service. That it
# does not exist counts after this many responses in a row, over at least this many seconds.
_FRESH_AGE = 600.0  # seconds
_MIN_NOT_FOUND = 4
_MIN_NOT_FOUND_TIME = 30.0
_FINAL_POLL_MARGIN = 2.0  # seconds before the deadline at which a task is polled a last time
_MIN_REQUEST_TIMEOUT = 1.0  # seconds, even if the deadline is closer
_MAX_TIMELINE = 200  # entries


@frozen
class LookupFailure:
    """A lookup that did not return the state of the task."""

    error: OrcaRouterError
    is_permanent: bool
    """Whether repeating the lookup is pointless."""
    retry_after: float | None = None
    """Seconds to wait before the next request, if the service says so."""
    is_not_found: bool = False
    """Whether the service states that the task does not exist."""
    is_foreign: bool = False
    """Whether the response is about another task."""

    @property
    def is_missing(self) -> bool:
        """Whether the response says that there is no such task, in the service's words or not."""
        status_code = getattr(self.error, "status_code", None)
        return self.is_not_found or status_code in (404, 410)


@define(kw_only=True)
class TaskTracker:
    """What this client knows of a task, and how it polls it. Times are seconds."""

    task_id: str
    clock: Clock
    schedule: PollSchedule
    backoff: Backoff = field(factory=Backoff)
    model: str = ""
    submitted_at: float | None = None
    """Unix time; None if unknown."""
    request_timeout: float = 60.0
    snapshot: Snapshot | None = None
    timeline: list[StatusChange] = field(factory=list)
    duration: float | None = None
    """Time from submission to end by the service's clock; None if unknown."""
    retry_after: float | None = None
    """The Retry-After of the last lookup."""
    _start: float = field(init=False, default=0.0)
    _progress: float = field(init=False, default=0.0)
    _warned: set[str] = field(init=False, factory=set)

    def __attrs_post_init__(self) -> None:
        self._start = self.clock.monotonic()
        if self.submitted_at is not None:
            self._start -= max(0.0, self.clock.time() - self.submitted_at)

    @property
    def elapsed(self) -> float:
        """Time since the submission if known, else since tracking began."""
        return self.clock.monotonic() - self._start

    @property
    def is_fresh(self) -> bool:
        """Whether the task is known to have been submitted within the last ten minutes."""
        return self.submitted_at is not None and self.elapsed < _FRESH_AGE

    def update(self, snapshot: Snapshot) -> bool:
        """Store a new snapshot; return whether the status has changed."""
        previous = self.snapshot.status if self.snapshot is not None else None
        changed = self.snapshot is None or previous != snapshot.status
        self.snapshot = snapshot
        status = one_line(snapshot.status, 60)
        # The end of an outage is an entry of its own, even if the status is the same as before.
        if changed or (self.timeline and self.timeline[-1].state is None):
            self._add_to_timeline(StatusChange(self.clock.time(), status, snapshot.state))
        if changed:
            suffix = f" (was {one_line(previous, 60)})" if previous else ""
            log.info("task %s: %s%s", self.task_id, status, suffix)
            is_unknown = snapshot.status.strip().casefold() not in TASK_STATES
            if is_unknown and status not in self._warned:
                self._warned.add(status)
                log.warning("task %s: unknown status %r; treated as running", self.task_id, status)
        return changed

    def record_failure(self, failure: LookupFailure) -> None:
        """Add a failed lookup to the timeline, unless it repeats the previous entry."""
        error = failure.error
        # A rejection's message has the request id, which differs each time.
        if isinstance(error, RequestRejectedError):
            text = f"HTTP {error.status_code}"
        else:
            text = str(error)
        if not self.timeline or self.timeline[-1].status != text:
            self._add_to_timeline(StatusChange(self.clock.time(), text))
            log.warning("task %s: lookup failed: %s", self.task_id, text)

    def _add_to_timeline(self, entry: StatusChange) -> None:
        if len(self.timeline) >= _MAX_TIMELINE:
            del self.timeline[1]  # keep the first: it has the time of the submission
        self.timeline.append(entry)

    def make_event(
        self,
        kind: Literal["status", "lookup_failed", "end", "retry"],
        *,
        changed: bool = False,
        error: str = "",
        next_poll_in: float | None = None,
    ) -> Event:
        """An event with the current snapshot, elapsed time and progress."""
        snapshot = self.snapshot
        if snapshot is not None and snapshot.state == "succeeded":
            self._progress = 1.0
        elif snapshot is not None:
            estimate = estimate_progress(self.elapsed, self.schedule.expected, snapshot.progress)
            self._progress = max(self._progress, estimate)
        return Event(
            kind=kind,
            task_id=self.task_id,
            snapshot=snapshot,
            changed=changed,
            elapsed=self.elapsed,
            progress=self._progress,
            error=error,
            next_poll_in=next_poll_in,
        )

    def make_error(
        self, error_class: type[TaskError], message: str, reason: OrcaRouterError | None = None
    ) -> TaskError:
        """An exception of this class with the id, snapshot and timeline of the task."""
        advice = _ADVICE[error_class]
        return error_class(
            f"task {self.task_id}: {message}. {advice}",
            task_id=self.task_id,
            snapshot=self.snapshot,
            timeline=self.timeline,
            reason=reason,
            advice=advice,
        )


# No sentence may suggest a new submission: the task exists and may be billed.
_ADVICE: Mapping[type[TaskError], str] = {
    TaskFailedError: "According to the service, credit held for a failed task is returned",
    TaskNotFoundError: "Check the id and the account; the record of an old task may have expired",
    WaitTimeoutError: "The task continues: wait for it again by its id; do not submit it again",
    LookupFailedError: (
        "The task is not affected: wait for it again by its id; do not submit it again"
    ),
    OutputFileError: "The task is not affected: download it to another file by its id",
}


def send_idempotent(request: SendRequest) -> Flow[HTTPResponse]:
    """Send an idempotent call, retrying once if a pooled connection was closed.

    Throws what `SendRequest` does. Never use it for a submission.
    """
    started = time.monotonic()
    try:
        response: HTTPResponse = yield request
    except ResponseTimeoutError:
        raise
    except TransportError:
        # Real time, as that of the connection: both attempts together end at the time limit.
        remaining = request.total_timeout - (time.monotonic() - started)
        response = yield evolve(request, total_timeout=max(_MIN_REQUEST_TIMEOUT, remaining))
    return response


def poll(tracker: TaskTracker, timeout: float | None = None) -> Flow[Snapshot | LookupFailure]:
    """Look the task up once, on the path that the reference names first (C1).

    `timeout` is in seconds and shortens the tracker's own request timeout.
    """
    request_timeout = tracker.request_timeout
    if timeout is not None:
        request_timeout = min(request_timeout, max(_MIN_REQUEST_TIMEOUT, timeout))
    call = video.get_video_task(tracker.task_id)
    try:
        response = yield from send_idempotent(SendRequest(call, request_timeout, request_timeout))
    except (ConnectError, TransportError) as error:
        return LookupFailure(APIConnectionError(one_line(str(error))), is_permanent=False)
    except OrcaRouterError as error:  # of the network's settings, such as an untrusted certificate
        is_permanent = not isinstance(error, ProxyUnreachableError)
        return LookupFailure(error, is_permanent=is_permanent)
    return _interpret(tracker, response)


def _interpret(tracker: TaskTracker, response: HTTPResponse) -> Snapshot | LookupFailure:
    body = parse_json(response.content)
    retry_after = tracker.retry_after = parse_retry_after(response)
    error = parse_error(response.status_code, body)
    if response.is_success:
        # A usable task takes precedence over an error beside it (C6).
        try:
            snapshot = parse_snapshot(body, tracker.task_id, model=tracker.model)
        except ForeignTaskError as foreign:
            return LookupFailure(
                APIConnectionError(str(foreign)),
                is_permanent=False,
                retry_after=retry_after,
                is_foreign=True,
            )
        except InvalidTaskError:
            if error is None:
                media_type = response.header("content-type").partition(";")[0] or "no content"
                text = f"the response is not a task ({one_line(media_type, 60)})"
                return LookupFailure(
                    APIConnectionError(text), is_permanent=False, retry_after=retry_after
                )
        else:
            if snapshot.submitted_at is None:
                return evolve(snapshot, submitted_at=tracker.submitted_at)
            if snapshot.finished_at is not None:
                tracker.duration = snapshot.finished_at - snapshot.submitted_at
            return snapshot
    rejection = make_rejection_error(response, "the lookup")
    status_code = response.status_code
    # The id is unknown only if the service says so: any proxy may send a bare 404.
    if error is not None and (status_code in (404, 410) or error.code == "task_not_exist"):
        return LookupFailure(rejection, is_permanent=True, is_not_found=True)
    if status_code >= 500:
        text = f"HTTP {status_code}" + (f": {one_line(error.message)}" if error else "")
        return LookupFailure(APIConnectionError(text), is_permanent=False, retry_after=retry_after)
    is_permanent = status_code in _PERMANENT_STATUSES and error is not None
    return LookupFailure(rejection, is_permanent=is_permanent, retry_after=retry_after)


def poll_or_raise(tracker: TaskTracker) -> Flow[Snapshot]:
    """Look the task up once; again, a few times, after a response about another task.

    Raises TaskNotFoundError, LookupFailedError.
    """
    result = yield from poll(tracker)
    for failures in range(1, _MAX_FOREIGN_TASKS_OF_ONE_LOOKUP):
        if isinstance(result, LookupFailure) and result.is_foreign:
            yield Sleep(tracker.backoff.delay(failures))
            result = yield from poll(tracker)
    if isinstance(result, LookupFailure):
        tracker.record_failure(result)
        raise _make_lookup_error(tracker, result)
    tracker.update(result)
    return result


def _make_lookup_error(
    tracker: TaskTracker, failure: LookupFailure, *, is_confirmed: bool = False
) -> TaskError:
    """The exception for a lookup; `is_confirmed`: further lookups have failed in the same way."""
    if failure.is_not_found and tracker.is_fresh and not is_confirmed:
        message = "the service does not know the task yet"
        return tracker.make_error(LookupFailedError, message, failure.error)
    if failure.is_not_found:
        return tracker.make_error(TaskNotFoundError, "the task does not exist", failure.error)
    return tracker.make_error(LookupFailedError, str(failure.error), failure.error)


def wait(tracker: TaskTracker, timeout: float | None) -> Flow[Snapshot]:
    """Poll the task until it has succeeded; return its last state.

    `timeout` is in seconds from now, None for no limit. Raises TaskFailedError, TaskNotFoundError,
    LookupFailedError, WaitTimeoutError.
    """
    clock = tracker.clock
    deadline = float("inf") if timeout is None else clock.monotonic() + timeout
    margin = _FINAL_POLL_MARGIN if timeout is None else min(_FINAL_POLL_MARGIN, timeout / 10)
    failures = rejections = foreign = 0  # in a row
    missing_at: list[float] = []  # times of the responses in a row without the task
    if tracker.snapshot is not None and tracker.snapshot.ended:
        return _check_succeeded(tracker, tracker.snapshot)
    # A task of unknown age may have ended long ago: it is polled at once.
    is_age_known = tracker.submitted_at is not None
    delay = tracker.schedule.first_delay(tracker.elapsed) if is_age_known else 0.0
    shared = is_last = False
    while True:
        remaining = deadline - clock.monotonic()
        if delay >= remaining:
            # Poll once more shortly before the deadline instead of sleeping through it.
            delay, is_last = max(0.0, remaining - margin), True
        if delay > 0:
            yield Sleep(delay, shared)
        result = yield from poll(tracker, deadline - clock.monotonic())
        shared = False
        if isinstance(result, Snapshot):
            failures = rejections = foreign = 0
            missing_at.clear()
            changed = tracker.update(result)
            if result.ended:
                yield Emit(tracker.make_event("end", changed=changed))
                return _check_succeeded(tracker, result)
            delay = tracker.retry_after or tracker.schedule.next_delay(tracker.elapsed)
            yield Emit(tracker.make_event("status", changed=changed, next_poll_in=delay))
        else:
            failures += 1
            rejections = rejections + 1 if _is_rejection(result) else 0
            foreign = foreign + 1 if result.is_foreign else 0
            tracker.record_failure(result)
            text = str(result.error)
            is_final = result.is_permanent or rejections >= _MAX_FOREIGN_REJECTIONS
            if not result.is_missing:
                missing_at.clear()
            elif missing_at or tracker.is_fresh:
                missing_at.append(clock.monotonic())
                is_long = missing_at[-1] - missing_at[0] >= _MIN_NOT_FOUND_TIME
                is_final = is_long and len(missing_at) >= _MIN_NOT_FOUND
            if is_final or foreign >= _MAX_FOREIGN_TASKS:
                yield Emit(tracker.make_event("end", error=text))
                raise _make_lookup_error(tracker, result, is_confirmed=True)
            delay = max(tracker.backoff.delay(failures), result.retry_after or 0.0)
            shared = isinstance(result.error, RateLimitError)
            yield Emit(tracker.make_event("lookup_failed", error=text, next_poll_in=delay))
        if is_last or clock.monotonic() >= deadline:
            raise _make_timeout_error(tracker, timeout or 0.0)


def _is_rejection(failure: LookupFailure) -> bool:
    error = failure.error
    return isinstance(error, RequestRejectedError) and error.status_code in _PERMANENT_STATUSES


def _check_succeeded(tracker: TaskTracker, snapshot: Snapshot) -> Snapshot:
    if snapshot.state == "failed":
        reason = one_line(snapshot.failure or "") or "the service gives no reason"
        code = f" ({one_line(snapshot.failure_code, 60)})" if snapshot.failure_code else ""
        raise tracker.make_error(TaskFailedError, f"failed: {reason}{code}")
    return snapshot


def _make_timeout_error(tracker: TaskTracker, timeout: float) -> TaskError:
    snapshot = tracker.snapshot
    state = "no lookup has succeeded"
    if snapshot is not None:
        is_unknown = snapshot.status.strip().casefold() not in TASK_STATES
        kind = "unknown status" if is_unknown else "status"
        state = f"its last {kind} was {one_line(snapshot.status, 60)}"
    if tracker.timeline and tracker.timeline[-1].state is None:
        state += f"; the last lookup failed: {tracker.timeline[-1].status}"
    return tracker.make_error(WaitTimeoutError, f"stopped waiting after {timeout:.0f} s; {state}")
