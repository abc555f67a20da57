"""Starting tasks. One that costs something is sent again only if it is certain that it started nothing, and an id that has arrived is not
lost, whatever else happens."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from concurrent.futures import Future, wait
from contextvars import copy_context
from datetime import datetime, timezone
from functools import partial
from threading import Thread
from typing import Any, NoReturn, TypeAlias, TypeVar

from attrs import define, frozen

from .base_task import BaseTask
from .call import Call
from .client import BaseAsyncClient, BaseSyncClient
from .durations import Durations
from .errors import (
    APIError,
    ConnectError,
    DecodingError,
    RateLimitError,
    TimeoutError,
    TransportError,
)
from .http import Limit, Timeout
from .long_running import LongRunning, ResponseReader, Target, TaskCall
from .once import OnceClient
from .polling import Poller, Polling, Send
from .response import Response, convert_response
from .retries import Attempts, Retries
from .task_errors import AmbiguousStartError, name_task

TaskT = TypeVar("TaskT", bound=BaseTask[Any])
_Flow: TypeAlias = Generator[Any, Any, Any]

INTERRUPT_TIMEOUT = 5.0
_GRACE = 1.0  # seconds in which a request ends by itself at its time limit
_LOGGER = logging.getLogger(__name__.partition("._runtime")[0])


@frozen
class TimeLimits:
    """A timeout of requests: `each` limits connecting, and every piece that is sent or received, `total` all of it. Both are
    seconds."""

    each: float
    total: float

    def as_dict(self) -> dict[str, float | None]:
        """Those of a request that begins now, as the HTTP library has them."""
        limit = Limit(self.each)
        limit.end = time.monotonic() + self.total
        return {"connect": self.each, "pool": self.each, "read": limit, "write": limit}


def find_total(timeout: Timeout) -> float:
    """The seconds for a whole request: of the library's timeouts, the longest."""
    if isinstance(timeout, (int, float)):
        return timeout
    if isinstance(timeout, TimeLimits):
        return timeout.total
    return max((t for t in timeout.as_dict().values() if t is not None), default=60.0)


class Received:
    """What has arrived of a response, also if its end never arrives. The client reads it instead of the response."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self.pieces: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    def iter_bytes(self) -> Iterator[bytes]:
        for piece in self._response.iter_bytes():
            self.pieces.append(piece)
            yield piece

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        async for piece in self._response.aiter_bytes():
            self.pieces.append(piece)
            yield piece


@define(eq=False)
class _Start:
    """A billable call that is sent, perhaps several times.

    Attributes:
        sent_at: The Unix time of the last time.
        is_open: Whether it was sent, and the outcome is not known yet.
        received: What has arrived of the response.
    """

    call: TaskCall[Any, Any]
    kind: type[BaseTask[Any]]
    interrupt_timeout: float
    sent_at: float = 0.0
    is_open: bool = False
    received: Received | None = None


@frozen
class _Sent:
    """The end of an attempt: the response as far as it has arrived, and why it is not whole. `error` is that which `Attempts`
    looks at: none where the call may have started something."""

    reply: ResponseReader | None
    failure: APIError | None
    rejection: Exception | None = None

    @property
    def error(self) -> APIError | None:
        return self.reply.response.error if self.reply and self.rejection else None


class _StartAttempts(Attempts):
    """The attempts of a billable call, of which only those without effect are repeated."""

    def __init__(self, retries: Retries, call: Any, *options: Any) -> None:
        super().__init__(retries, call, *options)
        self._files: list[tuple[Any, int]] | None
        self._files = call.body.find_files() if call.body else []

    def _may_repeat(self, error: APIError) -> bool:
        if isinstance(error, RateLimitError):
            return self._files is not None and 429 in self._retries.status_codes
        return isinstance(error, ConnectError) and super()._may_repeat(error)


class Starter(OnceClient):
    """What both clients share."""

    _send_once: Callable[[Send], Any]
    _send_apart: Callable[..., Any]

    def __init__(self, base_url: str | None, options: Mapping[str, object]) -> None:
        super().__init__(base_url, options)
        self._durations = Durations()  # of copies as well

    @property
    def _polling(self) -> Polling:
        polling: Polling = self._options.get("polling") or Polling()
        return polling

    def _make_poller(self, declared: LongRunning) -> Poller:
        return Poller(
            send=self._send_once,
            polling=self._polling,
            timeout=find_total(self._timeout),
            base_url=self.locate(Call("GET", "/", server=declared.server)),
            durations=self._durations,
            is_traced=self._is_observed,
        )

    def _begin(
        self, kind: type[TaskT], call: TaskCall[Any, Any], response: Response[Any]
    ) -> TaskT:
        """The task of a response. Raises the response's error, and DecodingError if it does not say how to go on."""
        if response.error is not None:
            raise response.error
        reply = ResponseReader(response, is_start=True)
        result = self._find_task(kind, call, reply, self._polling.time())
        if result is None:
            raise self._describe_missing(call, response)
        task, target = result
        task.read_start(reply, target)
        return task

    def _describe_missing(
        self, call: TaskCall[Any, Any], response: Response[Any]
    ) -> DecodingError:
        missing = ", ".join(call.long_running.poll[-1].expressions)
        return response.make_error(
            f"says nothing about how to poll the task: it has no {missing}"
        )

    def _find_task(
        self,
        kind: type[TaskT],
        call: TaskCall[Any, Any],
        reply: ResponseReader,
        started_at: float,
        *,
        is_whole: bool = True,
    ) -> tuple[TaskT, Target | None] | None:
        """The task that a starting response names, and how it is polled if it has not ended; None if it names none.

        If it is not a success, or not whole, that is one by which the task can be polled.
        """
        declared = call.long_running
        poller = self._make_poller(declared)
        query = f"?{call.query}" if call.query else ""
        url = f"{poller.base_url}{call.path}{query}"
        values = kind.find_values(call, reply, url)
        if not values:
            return None
        is_success = reply.response.error is None
        # The Location of a redirect is where the request should have gone.
        status_code = reply.response.status_code
        is_redirect = status_code // 100 == 3 and status_code != 303
        place = "$response.body" if is_redirect else "$response"
        polls = [
            i
            for i, target in enumerate(declared.poll)
            if all(e in values for e in target.expressions)
            and (is_success or any(e.startswith(place) for e in target.expressions))
        ]
        index = polls[0] if polls else 0
        target = declared.poll[index] if polls else None
        if target is None:
            state, _ = declared.find_state(reply, target)
            if state in (None, "pending") or not (is_success and is_whole):
                return None
        places = declared.id or tuple(declared.poll[index].expressions)
        id_ = next((str(values[e]) for e in places if e in values), url)
        if not is_success and id_ == reply.response.request_id:
            return None
        task = kind(
            poller, declared, values, id_=id_, index=index, started_at=started_at
        )
        return task, target

    # Billable calls

    def _copy_for_start(self) -> Any:
        other = self._copy_for_once()
        other._retries, other._attempts = self._retries, _StartAttempts
        return other

    def _attempt(
        self, start: _Start, call: TaskCall[Any, Any], timeout: Timeout | None
    ) -> _Flow:
        """Send the call once. Returns a `_Sent`; raises ConnectError."""
        start.sent_at, start.received = self._polling.time(), None
        start.is_open = True
        failure: APIError | None = None
        try:
            response = yield partial(self._send_apart, start, call, timeout)
        except ConnectError:
            start.is_open = False
            raise
        except (TransportError, DecodingError) as error:
            failure, response = error, self._read_received(start)
        start.is_open = False
        if response is None:
            return _Sent(None, failure)
        reply = ResponseReader(response, is_start=True)
        rejection = None if failure else start.kind.find_rejection(reply)
        if rejection and self._find_task(start.kind, call, reply, start.sent_at):
            rejection = None
        return _Sent(reply, failure, rejection)

    def _receive(
        self, start: _Start, call: TaskCall[Any, Any], timeout: Timeout | None
    ) -> _Flow:
        start.received = Received((yield from self._flow(call, timeout)))
        content = yield partial(self._read, call, start.received)
        return convert_response(call, start.received, content, self._strict)

    def _read_received(self, start: _Start) -> Response[Any] | None:
        """The response as far as it has arrived; None before its headers."""
        received = start.received
        if received is None:
            return None
        content = b"".join(received.pieces)
        return convert_response(start.call, received, content, self._strict)

    def _conclude(self, start: _Start, sent: _Sent) -> Any:
        """The task of a billable call. Raises AmbiguousStartError, and the error of a call that certainly started nothing."""
        reply, failure = sent.reply, sent.failure
        if reply is None:
            self._fail(start, None, failure, None)
        if sent.rejection is not None:
            raise sent.rejection
        response = reply.response
        result = self._find_task(
            start.kind, start.call, reply, start.sent_at, is_whole=failure is None
        )
        if result is None or response.error is not None:
            task = result[0] if result else None
            self._fail(start, response, failure or response.error, task)
        task, target = result
        task.read_start(reply, target)
        if failure is not None:
            _LOGGER.warning("task %s was started, but: %s", task.id, failure)
        return task

    def _fail(
        self,
        start: _Start,
        response: Response[Any] | None,
        reason: APIError | None,
        task: BaseTask[Any] | None,
    ) -> NoReturn:
        if reason is None and response is not None:
            reason = self._describe_missing(start.call, response)
        when = datetime.fromtimestamp(start.sent_at, timezone.utc)
        advice = "Look for the task before you start it again"
        if task is not None:
            advice = f"The response names the task {task.id}: resume it by this id"
        raise AmbiguousStartError.of(
            f"the outcome of {start.call.request}, sent at {when:%Y-%m-%d %H:%M:%S} UTC, is unknown: {reason}. {advice}:"
            " another one may be billed as well",
            request=start.call.request,
            sent_at=start.sent_at,
            digest=start.call.digest,
            reason=reason,
            status_code=response.status_code if response else 0,
            request_id=response.request_id if response else None,
            task=task,
            task_id=task.id if task else "",
            resume_token=task.resume_token if task else "",
        ) from reason

    def _name(self, start: _Start, error: BaseException) -> None:
        """Gives an exception that ends a start the task that the response names, if that has arrived.

        It is logged as well, because asyncio replaces the exception of a task that is cancelled.
        """
        if hasattr(error, "task_id"):
            return
        response = self._read_received(start)
        result: Any = None
        if response is not None:
            reply = ResponseReader(response, is_start=True)
            result = self._find_task(
                start.kind, start.call, reply, start.sent_at, is_whole=False
            )
        if result is not None:
            name_task(error, result[0], "exists")
            text = f"it has started the task {result[0].id}"
        elif isinstance(error, Exception) or not start.is_open:
            return
        else:
            text = "its outcome is unknown: a task may exist, and be billed"
            error.task_id = error.resume_token = ""  # type: ignore[attr-defined]
            error.add_note(f"{start.call.request} was interrupted; {text}")
        _LOGGER.warning("%s was interrupted; %s", start.call.request, text)


class StartClient(Starter, BaseSyncClient):
    """A client that starts tasks."""

    def _start(
        self,
        kind: type[TaskT],
        call: TaskCall[Any, Any],
        timeout: Timeout | None,
        interrupt_timeout: float,
    ) -> TaskT:
        if not call.long_running.billable:
            return self._begin(kind, call, self.send_raw(call, timeout=timeout))
        start = _Start(call, kind, interrupt_timeout)
        client = self._copy_for_start()
        try:
            sent = client._run(call, timeout, partial(client._attempt, start))
            task: TaskT = self._conclude(start, sent)
        except BaseException as error:
            self._name(start, error)
            raise
        return task

    def _send_apart(
        self, start: _Start, call: TaskCall[Any, Any], timeout: Timeout | None
    ) -> Response[Any]:
        """Send in a thread of its own: Ctrl-C breaks the connection that the main thread reads."""
        client = self._copy_for_once()
        send = partial(client._run, call, timeout, partial(client._receive, start))
        if not start.interrupt_timeout:
            response: Response[Any] = send()
            return response
        future: Future[Response[Any]] = Future()
        context = copy_context()

        def work() -> None:
            try:
                future.set_result(context.run(send))
            except BaseException as error:
                future.set_exception(error)

        limits = self._timeout if timeout is None else timeout
        # The library's own timeouts limit no whole request.
        is_limited = isinstance(limits, (int, float, TimeLimits))
        total = find_total(limits) if is_limited else math.inf
        end = time.monotonic() + total + _GRACE
        thread = Thread(target=work, name="task-start", daemon=True)
        try:
            # An interrupt may come while `start` returns: then the request is on its way, too.
            thread.start()
            # In short steps, because on Windows Ctrl-C does not end a wait.
            while not wait([future], timeout=0.5).done and time.monotonic() < end:
                pass
        except BaseException:
            wait([future], timeout=start.interrupt_timeout)
            raise
        if not future.done():  # an HTTP client of the caller's may know no time limit
            raise TimeoutError.of(
                f"no complete response for {call.request} within {total:.0f} s",
                request=call.request,
            )
        return future.result()


class AsyncStartClient(Starter, BaseAsyncClient):
    """`StartClient` for asyncio."""

    async def _start(
        self,
        kind: type[TaskT],
        call: TaskCall[Any, Any],
        timeout: Timeout | None,
        interrupt_timeout: float,
    ) -> TaskT:
        if not call.long_running.billable:
            return self._begin(kind, call, await self.send_raw(call, timeout=timeout))
        start = _Start(call, kind, interrupt_timeout)
        client = self._copy_for_start()
        try:
            sent = await client._run(call, timeout, partial(client._attempt, start))
            task: TaskT = self._conclude(start, sent)
        except BaseException as error:
            self._name(start, error)
            raise
        return task

    async def _send_apart(
        self, start: _Start, call: TaskCall[Any, Any], timeout: Timeout | None
    ) -> Response[Any]:
        """Send in a task of its own, which a cancellation of the caller does not cancel."""
        import asyncio

        client = self._copy_for_once()
        sending = client._run(call, timeout, partial(client._receive, start))
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # the event loop of another library
            response: Response[Any] = await sending
            return response
        task = asyncio.ensure_future(sending)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=start.interrupt_timeout)
            raise
        finally:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()  # asyncio logs an exception that is never retrieved
