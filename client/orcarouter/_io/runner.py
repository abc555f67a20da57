"""The two runners, which perform the effects of a flow: one blocking, one for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from concurrent.futures import Future, wait
from contextlib import aclosing, closing
from contextvars import copy_context
from threading import Thread
from typing import Any, TypeVar

from attrs import evolve

from orcarouter._io.clock import Clock
from orcarouter._io.effects import (
    Effect,
    Emit,
    Event,
    Flow,
    HTTPResponse,
    SendRequest,
    Sleep,
)
from orcarouter._io.network import own_errors
from orcarouter_api import AsyncClient, Call, Client, Retries
from orcarouter_api._runtime.response import Responses
from orcarouter_api._runtime.transports import CheckedConnections, WholeTimeout
from orcarouter_api.errors import TimeoutError as ResponseTimeoutError
from orcarouter_api.errors import TransportError

__all__ = ["AsyncRunner", "EventCallback", "Runner"]

T = TypeVar("T")
EventCallback = Callable[[Event], object]

_GRACE = 1.0  # seconds in which a request ends by itself at its time limit
_MAX_BODY_BYTES = 16 * 2**20  # of a response that is not a file


class Runner:
    """Runs flows with blocking calls. Safe to use from several threads."""

    def __init__(
        self,
        client: Client,
        connections: CheckedConnections,
        clock: Clock,
        on_event: EventCallback | None = None,
    ) -> None:
        """`on_event` is called with every event of every flow."""
        self._client = client
        self._connections = connections
        self.clock = clock
        self.on_event = on_event
        self.downloader = client.with_options(
            retries=Retries(
                initial_backoff=1.0, max_backoff=30.0, clock=clock.monotonic, sleep=clock.sleep
            )
        )

    def run(self, flow: Flow[T], on_event: EventCallback | None = None) -> T:
        """Run a flow to its end and return its result; `on_event` is called with its events."""
        with closing(self.events(flow)) as events:
            while True:
                try:
                    event = next(events)
                except StopIteration as end:
                    result: T = end.value
                    return result
                if on_event is not None:
                    on_event(event)

    def events(self, flow: Flow[T]) -> Generator[Event, None, T]:
        """Run a flow, yielding its events as they happen."""
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Emit):
                    if self.on_event is not None:
                        self.on_event(effect.event)
                    yield effect.event
                try:
                    result = self.perform(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # the flow's return value
        finally:
            flow.close()

    def perform(self, effect: Effect) -> Any:
        """Perform one effect and return its result."""
        match effect:
            case SendRequest():
                return self._send(effect)
            case Sleep():
                return self.clock.sleep(effect.seconds)
            case Emit():
                return None

    def close(self) -> None:
        """Close the connections, unless they are those of the caller's `http_client`."""
        if self._connections.http_client is None:
            for http in self._connections.find_open():
                http.close()

    def _send(self, request: SendRequest) -> HTTPResponse:
        if not request.interrupt_timeout and self._connections.http_client is None:
            return self._send_and_read(request)
        # In a thread of its own, because Ctrl-C breaks the connection that the main thread reads,
        # and because an HTTP client of the caller's does not know the time limit.
        future: Future[HTTPResponse] = Future()
        context = copy_context()

        def send() -> None:
            try:
                future.set_result(context.run(self._send_and_read, request))
            except BaseException as error:
                future.set_exception(error)

        thread = Thread(target=send, name="orcarouter-request", daemon=True)
        end = time.monotonic() + request.total_timeout + _GRACE
        try:
            # An interrupt may come while `start` returns: then the request is on its way, too.
            thread.start()
            # In short steps, because on Windows Ctrl-C does not end a wait.
            while not wait([future], timeout=0.5).done and time.monotonic() < end:
                pass
        except BaseException:
            wait([future], timeout=request.interrupt_timeout)
            raise
        if not future.done():
            raise _timeout_error(request)
        return future.result()

    def _send_and_read(self, request: SendRequest) -> HTTPResponse:
        body = _BoundedBody(request, self.clock)
        call = _accept_any_status(request.call)
        timeout = WholeTimeout(request.timeout, request.total_timeout)
        with own_errors(), self._client.stream(call, timeout=timeout) as stream:
            body.begin(stream.status_code, stream.headers)
            for chunk in stream:
                body.append(chunk)
            return body.response


class AsyncRunner:
    """Runs flows in asyncio; otherwise like `Runner`."""

    def __init__(
        self,
        client: AsyncClient,
        connections: CheckedConnections,
        clock: Clock,
        on_event: EventCallback | None = None,
    ) -> None:
        """`on_event` is called with every event of every flow."""
        self._client = client
        self._connections = connections
        self.clock = clock
        self.on_event = on_event
        self.downloader = client.with_options(
            retries=Retries(
                initial_backoff=1.0, max_backoff=30.0, clock=clock.monotonic, sleep=clock.asleep
            )
        )

    async def run(self, flow: Flow[T], on_event: EventCallback | None = None) -> T:
        """Run a flow to its end and return its result; `on_event` is called with its events."""
        results: list[T] = []
        async with aclosing(self.events(flow, results.append)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
        return results[0]

    async def events(
        self, flow: Flow[T], on_result: Callable[[T], object] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Run a flow, yielding its events as they happen.

        `on_result` is called with the flow's return value: async generators cannot return one.
        """
        try:
            effect = next(flow)
            while True:
                if isinstance(effect, Emit):
                    if self.on_event is not None:
                        self.on_event(effect.event)
                    yield effect.event
                try:
                    result = await self.perform(effect)
                except BaseException as error:
                    effect = flow.throw(error)
                else:
                    effect = flow.send(result)
        except StopIteration as end:
            if on_result is not None:
                on_result(end.value)
        finally:
            flow.close()

    async def perform(self, effect: Effect) -> Any:
        """Perform one effect and return its result."""
        match effect:
            case SendRequest():
                return await self._send(effect)
            case Sleep():
                return await self.clock.asleep(effect.seconds)
            case Emit():
                return None

    async def aclose(self) -> None:
        """Close the connections, unless they are those of the caller's `http_client`."""
        if self._connections.http_client is None:
            for http in self._connections.find_open():
                await http.aclose()

    async def _send(self, request: SendRequest) -> HTTPResponse:
        if not request.interrupt_timeout:
            return await self._send_and_read(request)
        sending = asyncio.ensure_future(self._send_and_read(request))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait([sending], timeout=request.interrupt_timeout)
            raise
        finally:
            if not sending.done():
                sending.cancel()
            elif not sending.cancelled():
                sending.exception()  # asyncio logs an exception that is never retrieved

    async def _send_and_read(self, request: SendRequest) -> HTTPResponse:
        body = _BoundedBody(request, self.clock)
        call = _accept_any_status(request.call)
        try:
            with own_errors():
                async with (
                    asyncio.timeout(request.total_timeout),
                    self._client.stream(call, timeout=request.timeout) as stream,
                ):
                    body.begin(stream.status_code, stream.headers)
                    async for chunk in stream:
                        body.append(chunk)
                    return body.response
        except TimeoutError as error:
            raise _timeout_error(request) from error


class _AnyStatus(Responses):
    """Responses of which every status is a success, so that none is raised as an error."""

    def is_success(self, status_code: int) -> bool:
        return True


def _accept_any_status(call: Call[T]) -> Call[T]:
    return evolve(call, responses=_AnyStatus(call.responses))


class _BoundedBody:
    """A response body of bounded size that arrives within the request's total timeout.

    httpx limits the time of each read only: a server that sends a byte now and then could hold a
    request indefinitely.
    """

    def __init__(self, request: SendRequest, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._deadline = clock.monotonic() + request.total_timeout
        self._size = 0

    def begin(self, status_code: int, headers: Mapping[str, str]) -> None:
        buffer = self._request.buffer
        buffer.headers, buffer.status_code = _lower_names(headers), status_code
        # The request may be sent a second time.
        buffer.content.clear()

    def append(self, chunk: bytes) -> None:
        # Kept in any case: what arrives too late, or is too large, may have a task id.
        self._request.buffer.content.extend(chunk[: _MAX_BODY_BYTES - self._size])
        self._size += len(chunk)
        if self._clock.monotonic() > self._deadline:
            raise _timeout_error(self._request)
        if self._size > _MAX_BODY_BYTES:
            raise _transport_error(self._request, f"is larger than {_MAX_BODY_BYTES} bytes")

    @property
    def response(self) -> HTTPResponse:
        response = self._request.buffer.response
        assert response is not None  # its headers have arrived
        return response


def _timeout_error(request: SendRequest) -> TransportError:
    problem = f"took longer than {request.total_timeout:.0f} s"
    return _transport_error(request, problem, ResponseTimeoutError)


def _transport_error(
    request: SendRequest,
    problem: str,
    error_class: type[TransportError] = TransportError,
) -> TransportError:
    line = f"{request.call.method} {request.call.path}"
    error = error_class(f"the response to {line} {problem}")
    error.request = line
    return error


def _lower_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
