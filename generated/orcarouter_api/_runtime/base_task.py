"""Tasks and how they are polled, once or until they have ended. Nothing here does I/O: flows yield what is to be done.

If a task has not ended, the schedule decides when to look again. If a lookup failed, it is repeated after a backoff until the
deadline: an outage costs time but never the task. A wait ends early only if the service says that the credentials or the
task are invalid.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar, cast
from urllib.parse import urljoin

from attrs import evolve

from .annotations import get_reader
from .durations import estimate_progress
from .errors import (
    APIError,
    ConfigurationError,
    ConnectError,
    TimeoutError,
    TransportError,
    find_message,
)
from .long_running import (
    LongRunning,
    ResponseReader,
    State,
    Target,
    TaskCall,
    make_call,
)
from .lookups import (
    Failure,
    FailuresInARow,
    find_retry_after,
    is_refused,
    read_rejection,
    read_request_error,
    to_number,
)
from .parameters import format_scalar
from .polling import Flow, Poller, Send, Sleep, StatusChange, TaskEvent
from .response import Response
from .resume_tokens import write_token
from .task_spans import SpanDetails, trace_flow
from .task_errors import (
    LookupFailedError,
    TaskCancelledError,
    TaskError,
    TaskFailedError,
    TaskNotFoundError,
    TaskResultError,
    WaitTimeoutError,
)

R_co = TypeVar("R_co", covariant=True)

_FRESH = 600.0  # seconds in which a task may be unknown to some servers of the service
_MOST_FOREIGN = 3  # responses about another task, where it is looked up once
_LAST_MARGIN = 2.0  # seconds before the deadline of the last lookup
_LEAST_TIMEOUT = 1.0  # seconds of a request, even if the deadline is closer
_LONGEST_TIMELINE = 200


class BaseTask(Generic[R_co]):
    """A task of a long-running operation, whose result is an `R_co`. Not for use by several threads at once.

    A subclass of `Task` or `AsyncTask` describes a service that a declaration cannot: it extends `find_values`,
    `find_rejection`, `read_start`, `read_response`, `read_error`, `describe_failure`, `fetch_result`, `make_event`,
    `make_error`, `quote`, `add_to_timeline`, `describe_span`, `usual_duration` and `find_duration`. `ERRORS` are the classes of what `make_error` makes.

    Attributes:
        id: The service's id; the URL to poll where there is none.
        state: `pending`, `succeeded`, `failed` or `cancelled`, as the declaration has it. An unknown status is pending.
        status: The service's word for it; "" before the first lookup.
        progress: The service's number; None without one.
        estimate: See `TaskEvent`.
        response: The last response that has the state.
        declared: What is declared about the operation.
        started_at: The Unix time of the start; None if it is unknown.
        retry_after: Seconds until the next lookup, if the last response says so.
        timeline: Changes of the status, and failed lookups.
        error: Why the last wait ended without a result.
    """

    ERRORS: ClassVar[tuple[type[Exception], ...]] = (TaskError,)

    def __init__(
        self,
        poller: Poller | None,
        declared: LongRunning,
        values: Mapping[str, Any],
        *,
        id_: str,
        index: int = 0,
        started_at: float | None = None,
        resumed: bool = False,
    ) -> None:
        self.id = id_
        self.state: State = "pending"
        self.status = ""
        self.progress: float | None = None
        self.estimate = 0.0
        self.response: Response[Any] | None = None
        self.timeline: list[StatusChange] = []
        self.error: Exception | None = None
        self.declared, self.started_at = declared, started_at
        self.retry_after: float | None = None
        self._values, self._index = dict(values), index
        self._poller = poller
        self._base_url = poller.base_url if poller else ""
        self._poll_url = str(values.get("$url", self._base_url))
        # A task of unknown age may have ended long ago, and one may have said so: they are looked up at once.
        self._is_due = started_at is None
        self._result: Any = None
        self._has_result = False
        self._is_resumed = resumed
        self._usual: float | None = None
        if poller:
            age = max(0.0, poller.polling.time() - started_at) if started_at else 0.0
            self._began = poller.polling.clock() - age

    def __repr__(self) -> str:
        state = self.status or self.state
        return f"<{type(self).__name__} {self.declared.operation} {self.id!r}: {state}>"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_poller": None}

    @property
    def ended(self) -> bool:
        """Whether the task has succeeded, failed, or was cancelled."""
        return self.state != "pending"

    @property
    def elapsed(self) -> float:
        """Seconds since the start if that is known, else since the task was resumed."""
        return self.poller.polling.clock() - self._began

    @property
    def resume_token(self) -> str:
        """Text with all that another process needs: `client.resume(token)`. It has no credentials, but URLs of the service."""
        return write_token(
            {
                "operation": self.declared.operation,
                "id": self.id,
                "values": self._values,
                "poll": self._index,
                "started_at": self.started_at,
                "base_url": self._base_url,
            }
        )

    def result(self) -> R_co:
        """The result of a task that has been waited for, without I/O. Raises the TaskError with which the wait ended."""
        if self._has_result:
            result: R_co = self._result
            return result
        if self.error is not None:
            raise self.error
        raise self.make_error(LookupFailedError, "it has not been waited for")

    @property
    def poller(self) -> Poller:
        """What the client gave the task. Raises ConfigurationError after it was pickled."""
        if self._poller is None:
            raise ConfigurationError(
                "a task that was pickled has no client: resume it by its resume_token"
            )
        return self._poller

    # The start

    @classmethod
    def find_values(
        cls, call: TaskCall[Any, Any], reply: ResponseReader, url: str
    ) -> dict[str, Any]:
        """The values of the expressions that later requests need, from the starting response and its request to `url`.

        None at all mean that the response names no task.
        """
        values: dict[str, Any] = {"$url": url}
        for expression in sorted(call.long_running.expressions):
            value = reply.find((expression,))
            if isinstance(value, str) and "\ufffd" in value:
                continue  # it stands for a byte that is not UTF-8: this is not what the service meant
            if value is None:
                value = call.find_value(expression, url)
            if value not in (None, ""):
                is_json = isinstance(value, (str, int, float, list, dict))
                values[expression] = value if is_json else format_scalar(value)
        return values

    @classmethod
    def find_rejection(cls, reply: ResponseReader) -> Exception | None:
        """The error of a starting response which says that nothing was started; None if that is not sure."""
        response = reply.response
        return response.error if is_refused(response.status_code) else None

    def read_start(self, reply: ResponseReader, target: Target | None) -> None:
        """Takes what the starting response says; without a target, the task has ended with it."""
        self.retry_after = find_retry_after(reply, self.declared)
        state, _ = self.declared.find_state(reply, target)
        if state == "pending" or target is None:
            self.read_response(reply, target)
        else:  # the end is what a lookup says
            self._is_due = state is not None

    # One lookup

    @property
    def _is_fresh(self) -> bool:
        return self.started_at is not None and self.elapsed < _FRESH

    def _find(self, expression: str, reply: ResponseReader | None = None) -> Any:
        """The value of an expression in a response, else what was known at the start."""
        value = reply.find((expression,)) if reply else None
        return self._values.get(expression) if value is None else value

    def _make_send(
        self, target: Target, timeout: float, reply: ResponseReader | None = None
    ) -> Send:
        """Raises ConfigurationError if the request cannot be made."""
        own = self.poller
        url = self._poll_url if reply else str(self._values.get("$url", own.base_url))
        try:
            call, base_url = make_call(
                target, lambda e: self._find(e, reply), own.base_url, url
            )
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            missing = isinstance(error, LookupError)
            reason = f"no response has {error.args[0]}" if missing else str(error)
            raise ConfigurationError(
                f"task {self.id}: the request cannot be made: {reason}"
            ) from error
        return Send(call, base_url, timeout)

    def look_flow(self, timeout: float | None = None) -> Flow[Failure | None]:
        """One lookup, within so many seconds. The task has the state that it tells."""
        target = self.declared.poll[self._index]
        left = self.poller.timeout
        if timeout is not None:
            left = min(left, max(_LEAST_TIMEOUT, timeout))
        try:
            send = self._make_send(target, left)
            self._poll_url = (send.base_url or self._base_url) + send.call.path
            response = yield from _send_idempotent(send)
        except Exception as error:
            failure = self.read_error(error)
            if failure is None:
                raise
            return failure
        return self.read_response(ResponseReader(response), target)

    def read_error(self, error: Exception) -> Failure | None:
        """What an exception of a lookup means; None if it ends the wait as it is."""
        return read_request_error(error) if isinstance(error, APIError) else None

    def read_response(
        self, reply: ResponseReader, target: Target | None
    ) -> Failure | None:
        """Takes the state of the task from a response; see `LongRunning.find_state`."""
        response, declared = reply.response, self.declared
        retry_after = find_retry_after(reply, declared)
        state, status = declared.find_state(reply, target)
        by_code = status == str(response.status_code)
        if not by_code and state is not None:
            other = declared.names_another(reply, self.id)
        elif state is None and isinstance(reply.body, dict):
            # JSON of proto3 leaves out what is false: a task without a status has not ended, if it is this one.
            other = declared.names_another(reply, self.id)
            places = [e for e in declared.id if e.startswith("$response.body")]
            if not other and reply.find(places) is not None:
                state = "pending" if response.status_code // 100 == 2 else None
        else:
            other = ""
        if other:
            text = f"the response is about another task: {self.quote(other, 60)}"
            foreign = response.make_error(text)
            return Failure(error=foreign, is_foreign=True, retry_after=retry_after)
        if state is None:
            return read_rejection(reply, retry_after)
        self.retry_after = retry_after
        self.progress = to_number(reply.find(declared.progress))
        if state == "pending":
            moved = target.url if target else ""
            # A service may move the task to another URL.
            if moved.startswith("$response.header.") and (url := reply.find((moved,))):
                self._values[moved] = urljoin(self._poll_url, url)
        self.take(response, state, status)
        return None

    def take(self, response: Response[Any], state: State, status: str) -> None:
        """Takes the state from what `read_response` has read."""
        changed = status != self.status or not self.timeline
        self.response, self.state, self.status = response, state, status
        if changed or self.timeline[-1].state is None:
            self.add_to_timeline(status, state)

    def add_to_timeline(self, status: str, state: State | None) -> None:
        """Adds an entry to the timeline: a status, or without a state a failed lookup."""
        if len(self.timeline) >= _LONGEST_TIMELINE:
            del self.timeline[1]  # the first has the time of the start
        time_ = self.poller.polling.time()
        self.timeline.append(StatusChange(time_, status, state))

    def add_failure(self, failure: Failure) -> None:
        """Adds a failed lookup to the timeline, unless it repeats the last entry."""
        if not self.timeline or self.timeline[-1].status != failure.text:
            self.add_to_timeline(failure.text, None)

    def refresh_flow(self) -> Flow[None]:
        """One lookup; again, a few times, after a response about another task. Raises LookupFailedError."""
        failure = yield from self.look_flow()
        for number in range(1, _MOST_FOREIGN):
            if failure and failure.is_foreign:
                yield Sleep(self.poller.polling.backoff(number))
                failure = yield from self.look_flow()
        if failure:
            self.add_failure(failure)
            raise self._make_lookup_error(failure)

    def cancel_flow(self) -> Flow[None]:
        """Raises ConfigurationError if nothing cancels the task, and APIError as `Client.send` does."""
        target = self.declared.cancel
        if target is None:
            raise ConfigurationError(
                f"the document has no operation that cancels {self.declared.operation}"
            )
        response: Response[Any] = yield self._make_send(target, self.poller.timeout)
        if response.error is not None:
            raise response.error

    # Waits

    def wait_flow(
        self, timeout: float | None, interval: float | None = None
    ) -> Flow[R_co]:
        """Polls until the task has ended, and gets its result. Raises TaskError."""
        flow = self._wait(timeout, interval)
        details = None if self.ended else self.describe_span()
        return trace_flow(flow, self, details) if details else flow

    def describe_span(self) -> SpanDetails | None:
        """What the OpenTelemetry span of a wait says; None for no span."""
        if not self.poller.is_traced:
            return None
        operation = self.declared.operation
        return SpanDetails(name=f"wait {operation}", attributes={"task.id": self.id})

    def _wait(self, timeout: float | None, interval: float | None) -> Flow[R_co]:
        # `not >=` instead of `<`: NaN is wrong as well.
        if timeout is not None and not timeout >= 0:
            raise ValueError(
                f"timeout must be a number of seconds >= 0, or None, not {timeout!r}"
            )
        if interval is not None and not 0 < interval <= 86400:
            raise ValueError(
                f"interval must be a number of seconds > 0, at most a day, not {interval!r}"
            )
        deadline = self.poller.polling.clock() + (
            math.inf if timeout is None else timeout
        )
        self.error = None
        try:
            if not self.ended:
                yield from self._poll(deadline, timeout or 0.0, interval)
                self._check_succeeded()
                self._record_duration()
            self._check_succeeded()
            if not self._has_result:
                self._result = yield from self.fetch_result(deadline, timeout or 0.0)
                self._has_result = True
        except self.ERRORS as error:
            self.error = error
            raise
        result: R_co = self._result
        return result

    @property
    def usual_duration(self) -> float | None:
        """Seconds that such a task usually takes: what the client has seen, else what is declared."""
        seen = self.poller.durations.usual(self.declared.operation)
        return seen or self.declared.duration

    def find_duration(self) -> tuple[str, float] | None:
        """The kind of a task that has succeeded, for `Durations`, and how long it took; None if that is unknown."""
        if self.started_at is None or self._is_resumed:
            return None
        return self.declared.operation, self.elapsed

    def _record_duration(self) -> None:
        if duration := self.find_duration():
            self.poller.durations.record(*duration)

    def _poll(
        self, deadline: float, timeout: float, interval: float | None
    ) -> Flow[None]:
        """Returns when the task has ended."""
        polling, declared = self.poller.polling, self.declared
        if interval is not None:
            polling = evolve(polling, interval=interval)
        self._usual = None if polling.interval else self.usual_duration
        clock = polling.clock
        margin = min(_LAST_MARGIN, timeout / 10) if timeout else 0.0
        if deadline == math.inf:
            margin = _LAST_MARGIN
        failures = FailuresInARow()
        delay = 0.0
        if not self._is_due:
            first = polling.first_delay(declared, self.elapsed, self._usual)
            delay = max(first, self.retry_after or 0.0)
        is_shared = is_last = False
        while True:
            remaining = deadline - clock()
            if delay >= remaining:
                # Once more shortly before the deadline, instead of sleeping through it.
                delay, is_last = max(0.0, remaining - margin), True
            if delay > 0:
                yield Sleep(delay, is_shared)
            before = len(self.timeline), self.status
            failure = yield from self.look_flow(deadline - clock())
            is_shared = False
            if failure is None:
                failures.clear()
                changed = self.status != before[1] or not before[0]
                if self.ended:
                    yield self.make_event("end", changed=changed)
                    return
                delay = self.retry_after or polling.next_delay(
                    declared, self.elapsed, self._usual
                )
                yield self.make_event("status", changed=changed, next_poll=delay)
            else:
                self.add_failure(failure)
                text = str(failure.error)
                if failures.add(failure, clock(), is_fresh=self._is_fresh):
                    yield self.make_event("end", error=text)
                    raise self._make_lookup_error(failure, is_confirmed=True)
                delay = polling.backoff(failures.number)
                delay = max(delay, failure.retry_after or 0.0)
                is_shared = failure.is_rate_limit
                yield self.make_event("lookup_failed", error=text, next_poll=delay)
            if is_last or clock() >= deadline:
                raise self._make_timeout_error(timeout)

    def fetch_result(self, deadline: float, timeout: float) -> Flow[R_co]:
        """The result of a task that has succeeded, as the declaration says. Raises TaskResultError."""
        assert self.response is not None
        declared, reply = self.declared, ResponseReader(self.response)
        target = declared.fetch
        if target is None and self.response.status_code // 100 == 3:
            # RFC 9110, section 15.4.4: the result is elsewhere.
            poll = declared.poll[self._index]
            target = evolve(poll, url="$response.header.Location", operation="")
        try:
            if target is not None and self._can_fetch(target, reply):
                response = yield from self._fetch(target, reply, deadline, timeout)
                return cast("R_co", response.parsed)
            if not declared.result:
                # A result of its own may be what the operation itself responds with.
                return cast("R_co", self.response.parsed)
            value = reply.find(declared.result)
            if value is None:
                raise self.response.make_error(
                    f"has no result at {', '.join(declared.result)}"
                )
            return cast("R_co", get_reader(declared.result_type).read(value))
        except TaskError:
            raise
        except APIError as error:
            raise self.make_error(
                TaskResultError, f"succeeded, but without its result: {error}", error
            ) from error

    def _can_fetch(self, target: Target, reply: ResponseReader) -> bool:
        """Not where a URL is nowhere, or the one that was polled: the last response has the result then."""
        if not target.url:
            return True
        values = [self._find(e, reply) for e in target.expressions]
        polled = [self._values.get(e) for e in target.expressions]
        is_polled = target.url == self.declared.poll[self._index].url
        return None not in values and not (is_polled and values == polled)

    def _fetch(
        self, target: Target, reply: ResponseReader, deadline: float, timeout: float
    ) -> Flow[Response[Any]]:
        polling, failures = self.poller.polling, FailuresInARow()
        while True:
            left = max(_LEAST_TIMEOUT, deadline - polling.clock())
            send = self._make_send(target, min(self.poller.timeout, left), reply)
            try:
                response = yield from _send_idempotent(send)
            except (ConnectError, TransportError) as error:
                failure = Failure(error=error)
            else:
                if response.error is None:
                    return response
                answer = ResponseReader(response)
                retry_after = find_retry_after(answer, self.declared)
                failure = read_rejection(answer, retry_after)
            if failures.add(failure, polling.clock(), is_fresh=False):
                raise failure.error
            backoff = polling.backoff(failures.number)
            delay = max(backoff, failure.retry_after or 0.0)
            if polling.clock() + delay >= deadline:
                raise self._make_timeout_error(timeout)
            text = str(failure.error)
            yield self.make_event("lookup_failed", error=text, next_poll=delay)
            yield Sleep(delay, failure.is_rate_limit)

    # What callers see

    def make_event(
        self,
        kind: Literal["status", "lookup_failed", "end"],
        *,
        changed: bool = False,
        error: str = "",
        next_poll: float | None = None,
    ) -> Any:
        """A TaskEvent, or what a subclass gives its callers instead."""
        told = self.progress
        estimate = estimate_progress(self.elapsed, self._usual, told)
        has_succeeded = self.state == "succeeded"
        self.estimate = 1.0 if has_succeeded else max(self.estimate, estimate)
        return TaskEvent(
            kind=kind,
            task_id=self.id,
            state=self.state,
            status=self.status,
            changed=changed,
            progress=told,
            estimate=self.estimate,
            elapsed=self.elapsed,
            error=error,
            next_poll=next_poll,
        )

    def quote(self, text: str, limit: int) -> str:
        """Text of the service in one line, for messages."""
        return " ".join(text.split())[:limit]

    def _check_succeeded(self) -> None:
        if self.state == "cancelled":
            raise self.make_error(TaskCancelledError, "was cancelled")
        if self.state != "succeeded":
            reason = self.describe_failure() or "the service gives no reason"
            raise self.make_error(TaskFailedError, f"failed: {reason}")

    def describe_failure(self) -> str:
        """Why the task has failed, in one line; "" if the service gives no reason."""
        return find_message(self._find_details())

    def _find_details(self) -> Any:
        if self.response is None:
            return None
        return ResponseReader(self.response).find(self.declared.error)

    def _make_lookup_error(
        self, failure: Failure, *, is_confirmed: bool = False
    ) -> Exception:
        """The error of a lookup; `is_confirmed`: others have failed in the same way."""
        kind, text = LookupFailedError, str(failure.error)
        if failure.is_missing and failure.is_permanent:
            if self._is_fresh and not is_confirmed:
                text = "the service does not know the task yet"
            else:
                kind, text = TaskNotFoundError, "the service does not know the task"
        return self.make_error(kind, text, failure.error)

    def _make_timeout_error(self, timeout: float) -> Exception:
        state = "no lookup has succeeded"
        if self.response is not None:
            kind = "status" if self.declared.knows(self.status) else "unknown status"
            state = f"its last {kind} was {self.quote(self.status, 60) or 'none'}"
        if self.timeline and self.timeline[-1].state is None:
            state += f"; the last lookup failed: {self.timeline[-1].status}"
        text = f"stopped waiting after {timeout:.0f} s; {state}"
        return self.make_error(WaitTimeoutError, text)

    def make_error(
        self, kind: type[TaskError], message: str, reason: Exception | None = None
    ) -> Exception:
        """An error of this kind, or what a subclass raises instead."""
        # No text may suggest to start the task again: it exists, and may be billed.
        goes_on = issubclass(kind, (WaitTimeoutError, LookupFailedError))
        exists = not issubclass(kind, TaskNotFoundError)
        advice = ". Wait for it again by its resume_token" * (goes_on and exists)
        error = kind.of(
            f"task {self.quote(self.id, 200)}: {message}{advice}",
            task=self,
            task_id=self.id,
            resume_token=self.resume_token,
            reason=reason,
            request=getattr(reason, "request", ""),
        )
        if isinstance(error, TaskFailedError):
            error.details = self._find_details()
        return error


def _send_idempotent(send: Send) -> Flow[Response[Any]]:
    """Sends a request once more if its connection broke, which the server may have closed long before."""
    started = time.monotonic()
    try:
        response: Response[Any] = yield send
    except TimeoutError:
        raise
    except TransportError:
        # Real time, as that of the connection: both attempts together end at the time limit.
        left = send.timeout - (time.monotonic() - started)
        response = yield evolve(send, timeout=max(_LEAST_TIMEOUT, left))
    return response
