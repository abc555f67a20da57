"""Tasks and how they are polled, once or until they have ended. Nothing here does I/O: flows yield what is to be done.

If a task has not ended, the schedule decides when to look again. If a lookup failed, it is repeated after a backoff until the
deadline: an outage costs time but never the task. A wait ends early only if the service says that the credentials or the
task are invalid.

    APIError
    └── TaskError                       has the task
        ├── TaskFailedError
        │   └── TaskCancelledError
        ├── WaitTimeoutError            stopped waiting: the task goes on
        ├── LookupFailedError
        │   └── TaskNotFoundError
        └── TaskResultError             succeeded, but the result cannot be read
"""

from __future__ import annotations

import json
import math
import random
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast
from urllib.parse import urljoin

from attrs import evolve, frozen

from .annotations import get_reader
from .call import Request
from .errors import (
    APIError,
    ConfigurationError,
    ConnectError,
    DecodingError,
    HTTPStatusError,
    TransportError,
    find_message,
)
from .long_running import LongRunning, ResponseReader, State, Target, make_call, spell
from .response import Response

V = TypeVar("V")
E = TypeVar("E", bound="TaskError")
R_co = TypeVar("R_co", covariant=True)

# Rejections of a lookup that repeating it will not change. Any other status may be temporary.
_PERMANENT_STATUSES = frozenset((400, 401, 402, 403, 404, 405, 410, 422))
# A rejection that is not JSON may come from a proxy or a captive portal: it counts after so many in a row.
_MOST_REJECTIONS = 3
_MOST_FOREIGN = 10  # responses about another task in a row
_FRESH = 600.0  # seconds in which a task may be unknown to some servers of the service
_LEAST_MISSING = 4  # responses in a row that it does not exist, over so many seconds
_LEAST_MISSING_TIME = 30.0
_LAST_MARGIN = 2.0  # seconds before the deadline of the last lookup
_LEAST_TIMEOUT = 1.0  # seconds of a request, even if the deadline is closer
_LONGEST_TIMELINE = 200
_PREFIX = "task1."
# Causes of a ConnectError that remain, beside those of `retries`.
_PERMANENT_CAUSES = (
    "InvalidURL",
    "UnsupportedProtocol",
    "SSLCertVerificationError",
)


@frozen(kw_only=True)
class Polling:
    """When a client looks tasks up. Times are seconds; what an operation declares and what a service asks for come first.

    Attributes:
        interval: Between lookups, in place of what is declared; None for that.
        fraction: The time between two lookups as a fraction of the time since the start,
        min_interval: but at least this,
        max_interval: and at most this.
        initial_backoff: After a lookup that failed; it doubles each time.
        max_backoff: To which it grows.
        max_concurrency: How many requests are in flight at most, where several tasks are waited for.
        sleep: Instead of `time.sleep` or `asyncio.sleep`: `trio.sleep`, or a test's.
        clock: Returns seconds, for deadlines.
        time: Returns Unix time, for the age of tasks of other processes.
        random: Returns a number from 0 to 1: waits vary, so that many clients do not poll in step.
    """

    interval: float | None = None
    fraction: float = 0.05
    min_interval: float = 1.0
    max_interval: float = 20.0
    initial_backoff: float = 1.0
    max_backoff: float = 30.0
    max_concurrency: int = 8
    sleep: Callable[[float], Awaitable[object] | None] | None = None
    clock: Callable[[], float] = time.monotonic
    time: Callable[[], float] = time.time
    random: Callable[[], float] = random.random

    def first_delay(self, declared: LongRunning, elapsed: float) -> float:
        """Until the first lookup of a task that was started `elapsed` seconds ago."""
        first = self.interval
        if first is None:
            first = declared.first_delay
        if first is None and declared.duration:
            first = declared.duration / 2 * self._vary()
        if first is None:
            first = declared.interval or self.min_interval * self._vary()
        return max(0.0, first - elapsed)

    def next_delay(self, declared: LongRunning, elapsed: float) -> float:
        """Between two lookups."""
        if fixed := self.interval or declared.interval:
            return fixed
        delay = max(self.min_interval, self.fraction * elapsed)
        return min(self.max_interval, delay) * self._vary()

    def backoff(self, failures: int) -> float:
        """After so many failed lookups in a row."""
        longest = self.initial_backoff * 2.0 ** min(failures - 1, 30)
        return min(self.max_backoff, longest) * (0.8 + 0.4 * self.random())

    def _vary(self) -> float:
        return 0.9 + 0.2 * self.random()


@frozen
class Send:
    """A request to send once, within `timeout` seconds; `base_url` is "" for that of the client."""

    call: Request[Any]
    base_url: str
    timeout: float


@frozen
class Sleep:
    """A wait; if it is `shared`, for all tasks that are waited for."""

    seconds: float
    shared: bool = False


@frozen(kw_only=True)
class TaskEvent:
    """A step of a wait: a lookup, one that failed, or the end. Times are seconds; `elapsed` is since the start, `next_poll`
    until the next lookup. `changed`: the status differs from that of the last lookup.
    """

    kind: Literal["status", "lookup_failed", "end"]
    task_id: str
    state: State
    status: str
    changed: bool = False
    progress: float | None = None
    elapsed: float = 0.0
    error: str = ""
    next_poll: float | None = None


@frozen
class StatusChange:
    """An entry of a timeline, by the Unix time of this machine: a status, or a failed lookup, which has no `state`."""

    at: float
    status: str
    state: State | None = None


Flow: TypeAlias = Generator[Any, Any, V]  # yields Send, Sleep, TaskEvent


class TaskError(APIError):
    """A wait for a task that ended without its result. `resume_token` is enough to go on in another process; a `task` that
    was pickled has no client.
    """

    task: BaseTask[Any]
    task_id: str = ""
    resume_token: str = ""
    reason: APIError | None = None


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


@frozen
class _Failure:
    """A lookup that did not tell the state of the task."""

    error: APIError
    is_permanent: bool = False
    is_rejection: bool = False  # by whomever
    is_missing: bool = False  # no such task, whoever says so
    is_foreign: bool = False  # about another task
    retry_after: float | None = None

    @property
    def status_code(self) -> int:
        return getattr(self.error, "status_code", 0)

    @property
    def text(self) -> str:
        """Without request ids, which differ each time."""
        is_status = isinstance(self.error, HTTPStatusError)
        return f"HTTP {self.status_code}" if is_status else str(self.error)


@frozen(kw_only=True)
class Poller:
    """What a client gives its tasks. `send` is a coroutine function of an asynchronous client."""

    send: Callable[[Send], Any]
    polling: Polling
    timeout: float
    base_url: str


class BaseTask(Generic[R_co]):
    """A task of a long-running operation, whose result is an `R_co`. Not for use by several threads at once.

    Attributes:
        id: The service's id; the URL to poll where there is none.
        state: `pending`, `succeeded`, `failed` or `cancelled`, as the declaration has it. An unknown status is pending.
        status: The service's word for it; "" before the first lookup.
        progress: The service's number; None without one.
        response: The last response that has the state.
        timeline: Changes of the status, and failed lookups.
        error: Why the last wait ended without a result.
    """

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
        self.response: Response[Any] | None = None
        self.timeline: list[StatusChange] = []
        self.error: TaskError | None = None
        self._declared, self._values, self._index = declared, dict(values), index
        self._started_at = started_at
        self._poller = poller
        self._base_url = poller.base_url if poller else ""
        self._poll_url = str(values.get("$url", self._base_url))
        # A task of unknown age may have ended long ago, and one may have said so: they are looked up at once.
        self._is_due = resumed or started_at is None
        self._result: Any = None
        self._has_result = False
        self._retry_after: float | None = None
        if poller:
            age = max(0.0, poller.polling.time() - started_at) if started_at else 0.0
            self._began = poller.polling.clock() - age

    def __repr__(self) -> str:
        state = self.status or self.state
        return (
            f"<{type(self).__name__} {self._declared.operation} {self.id!r}: {state}>"
        )

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
        content = {
            "operation": self._declared.operation,
            "id": self.id,
            "values": self._values,
            "poll": self._index,
            "started_at": self._started_at,
            "base_url": self._base_url,
        }
        text = json.dumps(content, separators=(",", ":")).encode()
        return _PREFIX + urlsafe_b64encode(text).decode().rstrip("=")

    def result(self) -> R_co:
        """The result of a task that has been waited for, without I/O. Raises the TaskError with which the wait ended."""
        if self._has_result:
            result: R_co = self._result
            return result
        if self.error is not None:
            raise self.error
        raise self._make_error(LookupFailedError, "it has not been waited for")

    @property
    def poller(self) -> Poller:
        """What the client gave the task. Raises ConfigurationError after it was pickled."""
        if self._poller is None:
            raise ConfigurationError(
                "a task that was pickled has no client: resume it by its resume_token"
            )
        return self._poller

    @property
    def _is_fresh(self) -> bool:
        return self._started_at is not None and self.elapsed < _FRESH

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

    def _look(self, timeout: float) -> Flow[_Failure | None]:
        """One lookup. The task has the state that it tells."""
        target = self._declared.poll[self._index]
        try:
            send = self._make_send(target, timeout)
            self._poll_url = (send.base_url or self._base_url) + send.call.path
            response: Response[Any] = yield send
        except APIError as error:
            cause: BaseException | None = error
            names = [type(cause).__name__]
            while cause is not None and len(names) < 10:
                cause = cause.__cause__ or cause.__context__
                names.append(type(cause).__name__)
            is_network = isinstance(error, (ConnectError, TransportError))
            remains = isinstance(error, ConnectError) and {
                *_PERMANENT_CAUSES
            }.intersection(names)
            is_transient = is_network or isinstance(error, DecodingError)
            return _Failure(error, is_permanent=bool(remains) or not is_transient)
        return self.update(ResponseReader(response), target)

    def begin(self, reply: ResponseReader, target: Target | None) -> None:
        """Takes what the starting response says; without a target, the task has ended with it."""
        self._retry_after = _find_retry_after(reply, self._declared)
        state, _ = self._declared.find_state(reply, target)
        if state == "pending" or target is None:
            self.update(reply, target)
        else:  # the end is what a lookup says
            self._is_due = state is not None

    def update(self, reply: ResponseReader, target: Target | None) -> _Failure | None:
        """Takes the state of the task from a response; see `LongRunning.find_state`."""
        response, declared = reply.response, self._declared
        retry_after = _find_retry_after(reply, declared)
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
            text = f"the response is about another task: {_quote(other, 60)}"
            foreign = response.make_error(text)
            return _Failure(foreign, is_foreign=True, retry_after=retry_after)
        if state is None:
            return _read_rejection(reply, retry_after)
        self._retry_after = retry_after
        self.response, changed = response, status != self.status or not self.timeline
        self.state, self.status = state, status
        self.progress = _to_number(reply.find(declared.progress))
        if state == "pending":
            moved = target.url if target else ""
            # A service may move the task to another URL.
            if moved.startswith("$response.header.") and (url := reply.find((moved,))):
                self._values[moved] = urljoin(self._poll_url, url)
        if changed or self.timeline[-1].state is None:
            self._note(StatusChange(self.poller.polling.time(), status, state))
        return None

    def _note(self, entry: StatusChange) -> None:
        if len(self.timeline) >= _LONGEST_TIMELINE:
            del self.timeline[1]  # the first has the time of the start
        self.timeline.append(entry)

    def _note_failure(self, failure: _Failure) -> None:
        if not self.timeline or self.timeline[-1].status != failure.text:
            self._note(StatusChange(self.poller.polling.time(), failure.text))

    def refresh_flow(self) -> Flow[None]:
        """One lookup. Raises LookupFailedError."""
        failure = yield from self._look(self.poller.timeout)
        if failure:
            self._note_failure(failure)
            raise self._make_lookup_error(failure)

    def cancel_flow(self) -> Flow[None]:
        """Raises ConfigurationError if nothing cancels the task, and APIError as `Client.send` does."""
        target = self._declared.cancel
        if target is None:
            raise ConfigurationError(
                f"the document has no operation that cancels {self._declared.operation}"
            )
        response: Response[Any] = yield self._make_send(target, self.poller.timeout)
        if response.error is not None:
            raise response.error

    def wait_flow(
        self, timeout: float | None, interval: float | None = None
    ) -> Flow[R_co]:
        """Polls until the task has ended, and gets its result. Raises TaskError."""
        # `not >=` instead of `<`: NaN is wrong as well.
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout must be seconds >= 0, or None, not {timeout!r}")
        if interval is not None and not 0 < interval <= 86400:
            raise ValueError(
                f"interval must be seconds > 0, at most a day, not {interval!r}"
            )
        deadline = self.poller.polling.clock() + (
            math.inf if timeout is None else timeout
        )
        self.error = None
        try:
            if not self.ended:
                yield from self._poll(deadline, timeout or 0.0, interval)
            self._check_succeeded()
            if not self._has_result:
                self._result = yield from self._get_result(deadline, timeout or 0.0)
                self._has_result = True
        except TaskError as error:
            self.error = error
            raise
        result: R_co = self._result
        return result

    def _poll(
        self, deadline: float, timeout: float, interval: float | None
    ) -> Flow[None]:
        """Returns when the task has ended."""
        polling, declared = self.poller.polling, self._declared
        clock = polling.clock
        margin = min(_LAST_MARGIN, timeout / 10) if timeout else 0.0
        failures = rejections = foreign = 0  # in a row
        missing: list[float] = (
            []
        )  # times of the responses in a row that there is no such task
        delay = 0.0
        if not self._is_due:
            delay = max(
                interval or polling.first_delay(declared, self.elapsed),
                self._retry_after or 0.0,
            )
        is_shared = is_last = False
        while True:
            remaining = deadline - clock()
            if delay >= remaining:
                # Once more shortly before the deadline, instead of sleeping through it.
                delay, is_last = max(0.0, remaining - margin), True
            if delay > 0:
                yield Sleep(delay, is_shared)
            left = max(_LEAST_TIMEOUT, deadline - clock())
            before = self.status
            failure = yield from self._look(min(self.poller.timeout, left))
            is_shared = False
            if failure is None:
                failures = rejections = foreign = 0
                missing.clear()
                changed = self.status != before
                if self.ended:
                    yield self._make_event("end", changed=changed)
                    return
                delay = (
                    self._retry_after
                    or interval
                    or polling.next_delay(declared, self.elapsed)
                )
                yield self._make_event("status", changed=changed, next_poll=delay)
            else:
                failures += 1
                rejections = rejections + 1 if failure.is_rejection else 0
                foreign = foreign + 1 if failure.is_foreign else 0
                self._note_failure(failure)
                is_final = failure.is_permanent or rejections >= _MOST_REJECTIONS
                if not failure.is_missing:
                    missing.clear()
                elif missing or self._is_fresh:
                    missing.append(clock())
                    is_long = missing[-1] - missing[0] >= _LEAST_MISSING_TIME
                    is_final = is_long and len(missing) >= _LEAST_MISSING
                if is_final or foreign >= _MOST_FOREIGN:
                    yield self._make_event("end", error=failure.text)
                    raise self._make_lookup_error(failure, is_confirmed=True)
                delay = max(polling.backoff(failures), failure.retry_after or 0.0)
                is_shared = failure.status_code == 429
                yield self._make_event(
                    "lookup_failed", error=failure.text, next_poll=delay
                )
            if is_last or clock() >= deadline:
                raise self._make_timeout_error(timeout)

    def _get_result(self, deadline: float, timeout: float) -> Flow[R_co]:
        """The result, as the declaration says. Raises TaskResultError."""
        assert self.response is not None
        declared, reply = self._declared, ResponseReader(self.response)
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
            raise self._make_error(
                TaskResultError, f"succeeded, but without its result: {error}", error
            ) from error

    def _can_fetch(self, target: Target, reply: ResponseReader) -> bool:
        """Not where a URL is nowhere, or the one that was polled: the last response has the result then."""
        if not target.url:
            return True
        values = [self._find(e, reply) for e in target.expressions]
        polled = [self._values.get(e) for e in target.expressions]
        is_polled = target.url == self._declared.poll[self._index].url
        return None not in values and not (is_polled and values == polled)

    def _fetch(
        self, target: Target, reply: ResponseReader, deadline: float, timeout: float
    ) -> Flow[Response[Any]]:
        polling = self.poller.polling
        failures = rejections = 0
        while True:
            left = max(_LEAST_TIMEOUT, deadline - polling.clock())
            send = self._make_send(target, min(self.poller.timeout, left), reply)
            try:
                response: Response[Any] = yield send
            except (ConnectError, TransportError) as error:
                failure = _Failure(error)
            else:
                if response.error is None:
                    return response
                answer = ResponseReader(response)
                retry_after = _find_retry_after(answer, self._declared)
                failure = _read_rejection(answer, retry_after)
            failures += 1
            rejections = rejections + 1 if failure.is_rejection else 0
            if failure.is_permanent or rejections >= _MOST_REJECTIONS:
                raise failure.error
            delay = max(polling.backoff(failures), failure.retry_after or 0.0)
            if polling.clock() + delay >= deadline:
                raise self._make_timeout_error(timeout)
            yield self._make_event("lookup_failed", error=failure.text, next_poll=delay)
            yield Sleep(delay, failure.status_code == 429)

    def _make_event(
        self,
        kind: Literal["status", "lookup_failed", "end"],
        *,
        changed: bool = False,
        error: str = "",
        next_poll: float | None = None,
    ) -> TaskEvent:
        return TaskEvent(
            kind=kind,
            task_id=self.id,
            state=self.state,
            status=self.status,
            changed=changed,
            progress=self.progress,
            elapsed=self.elapsed,
            error=error,
            next_poll=next_poll,
        )

    def _check_succeeded(self) -> None:
        if self.state == "succeeded":
            return
        details = None
        if self.response is not None:
            details = ResponseReader(self.response).find(self._declared.error)
        error: TaskFailedError
        if self.state == "cancelled":
            error = self._make_error(TaskCancelledError, "was cancelled")
        else:
            reason = find_message(details) or "the service gives no reason"
            error = self._make_error(TaskFailedError, f"failed: {reason}")
        error.details = details
        raise error

    def _make_lookup_error(
        self, failure: _Failure, *, is_confirmed: bool = False
    ) -> TaskError:
        """The error of a lookup; `is_confirmed`: others have failed in the same way."""
        kind, text = LookupFailedError, f"the lookup failed: {failure.error}"
        if failure.is_missing and failure.is_permanent:
            if self._is_fresh and not is_confirmed:
                text = "the service does not know it yet"
            else:
                kind, text = TaskNotFoundError, "the service does not know it"
        return self._make_error(kind, text, failure.error)

    def _make_timeout_error(self, timeout: float) -> TaskError:
        state = "no lookup has succeeded"
        if self.response is not None:
            state = f"its last status was {_quote(self.status, 60) or 'none'}"
        if self.timeline and self.timeline[-1].state is None:
            state += f"; the last lookup failed: {self.timeline[-1].status}"
        text = f"stopped waiting after {timeout:.0f} s; {state}"
        return self._make_error(WaitTimeoutError, text)

    def _make_error(
        self, kind: type[E], message: str, reason: APIError | None = None
    ) -> E:
        # No text may suggest to start the task again: it exists, and may be billed.
        goes_on = issubclass(kind, (WaitTimeoutError, LookupFailedError))
        exists = not issubclass(kind, TaskNotFoundError)
        advice = ". Wait for it again by its resume_token" * (goes_on and exists)
        return kind.of(
            f"task {_quote(self.id, 200)}: {message}{advice}",
            task=self,
            task_id=self.id,
            resume_token=self.resume_token,
            reason=reason,
            request=getattr(reason, "request", ""),
        )


def read_token(token: str) -> dict[str, Any]:
    """What a resume token has. Raises ConfigurationError for one that is damaged."""
    encoded = token.strip()[len(_PREFIX) :]
    try:
        data: Any = json.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        content = cast("dict[str, Any]", data)
        is_whole = all(
            isinstance(content[name], str) for name in ("operation", "id", "base_url")
        )
        is_whole = is_whole and isinstance(content["values"], dict)
        is_whole = is_whole and isinstance(content["poll"], int)
        is_whole = is_whole and isinstance(
            content["started_at"], (int, float, type(None))
        )
    except (ValueError, LookupError, TypeError, RecursionError):
        is_whole, content = False, {}
    if not is_whole:
        raise ConfigurationError(
            "the resume token is damaged, or of an unsupported version"
        )
    return content


def is_token(text: str) -> bool:
    """Whether a text is a resume token, and no id."""
    return text.strip().startswith(_PREFIX)


def _read_rejection(reply: ResponseReader, retry_after: float | None) -> _Failure:
    """What a response means that does not tell the state of a task."""
    response = reply.response
    error, status_code = response.error, response.status_code
    if error is None:
        return _Failure(
            response.make_error("has no status of the task"), retry_after=retry_after
        )
    is_rejection = status_code in _PERMANENT_STATUSES
    # Any proxy may send a bare 404: it counts at once if the service itself says it, in JSON.
    is_permanent = is_rejection and isinstance(reply.body, (dict, list))
    return _Failure(
        error,
        is_permanent=is_permanent,
        is_rejection=is_rejection,
        is_missing=status_code in (404, 410),
        retry_after=retry_after,
    )


def _find_retry_after(reply: ResponseReader, declared: LongRunning) -> float | None:
    value = _to_number(reply.find(declared.retry_after))
    if value is not None:
        return min(max(0.0, value), 1e9)
    return HTTPStatusError.of("", headers=reply.response.headers).retry_after


def _to_number(value: Any) -> float | None:
    """30, "30" and "30%" as a number; None for anything else."""
    text = value.strip().removesuffix("%") if isinstance(value, str) else value
    if isinstance(text, bool) or not isinstance(text, (int, float, str)):
        return None
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _quote(text: str, limit: int) -> str:
    """Text of the service in one line."""
    return spell(" ".join(text.split()))[:limit]
