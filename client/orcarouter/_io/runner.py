"""The two runners, which perform the effects of a flow: one blocking, one for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from concurrent.futures import Future, wait
from contextlib import aclosing, closing
from contextvars import copy_context
from threading import Lock, Thread
from typing import Any, TypeVar

from attrs import evolve

from orcarouter._io.clock import Clock
from orcarouter._io.effects import (
    Effect,
    Emit,
    Event,
    Flow,
    HTTPResponse,
    RunInThread,
    SendRequest,
    Sleep,
    StreamTo,
)
from orcarouter_api import AsyncClient, Call, Client
from orcarouter_api._runtime.response import Responses
from orcarouter_api.errors import TimeoutError as ResponseTimeoutError
from orcarouter_api.errors import TransportError

__all__ = ["AsyncRunner", "EventCallback", "Runner"]

T = TypeVar("T")
EventCallback = Callable[[Event], object]

_MAX_BODY_BYTES = 16 * 2**20  # of a response that is not a file


class Runner:
    """Runs flows with blocking calls. Safe to use from several threads."""

    def __init__(self, client: Client, clock: Clock, on_event: EventCallback | None = None) -> None:
        """`on_event` is called with every event of every flow."""
        self._client = client
        self.clock = clock
        self.on_event = on_event
        self._anonymous_client: Client | None = None
        self._lock = Lock()

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
            case RunInThread():
                return effect.function()  # this thread may block
            case StreamTo():
                return self._stream(effect)
            case Emit():
                return None

    def close(self) -> None:
        """Close the connections that this runner opened itself."""
        if self._anonymous_client is not None:
            self._anonymous_client.close()

    def _send(self, request: SendRequest) -> HTTPResponse:
        if not request.interrupt_timeout:
            return self._send_and_read(request)
        # In a thread of its own, because Ctrl-C breaks the connection that the main thread reads.
        future: Future[HTTPResponse] = Future()
        context = copy_context()

        def send() -> None:
            try:
                future.set_result(context.run(self._send_and_read, request))
            except BaseException as error:
                future.set_exception(error)

        Thread(target=send, name="orcarouter-submission", daemon=True).start()
        try:
            # In short steps, because on Windows Ctrl-C does not end a wait.
            while not wait([future], timeout=0.5).done:
                pass
        except BaseException:
            wait([future], timeout=request.interrupt_timeout)
            raise
        return future.result()

    def _send_and_read(self, request: SendRequest) -> HTTPResponse:
        body = _BoundedBody(request, self.clock)
        call = _accept_any_status(request.call)
        with self._client.stream(call, timeout=request.timeout) as stream:
            body.begin(stream.status_code, stream.headers)
            for chunk in stream:
                body.append(chunk)
            return body.response

    def _stream(self, transfer: StreamTo) -> None:
        client = self._client if transfer.origin is None else self._client_for(transfer.origin)
        with client.stream(transfer.call, timeout=transfer.timeout) as stream:
            if transfer.sink.begin(stream.status_code, _lower_names(stream.headers)):
                for chunk in stream:
                    transfer.sink.write(chunk)
                    transfer.after_chunk()

    def _client_for(self, origin: str) -> Client:
        # Files are on hosts of others. A separate client, which never had the key, cannot leak it. Each copy of it has
        # cookies of its own.
        with self._lock:
            if self._anonymous_client is None:
                self._anonymous_client = Client(origin)
        return self._anonymous_client.with_options(origin)


class AsyncRunner:
    """Runs flows in asyncio; otherwise like `Runner`."""

    def __init__(
        self, client: AsyncClient, clock: Clock, on_event: EventCallback | None = None
    ) -> None:
        """`on_event` is called with every event of every flow."""
        self._client = client
        self.clock = clock
        self.on_event = on_event
        self._anonymous_client: AsyncClient | None = None

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
            case RunInThread():
                return await asyncio.to_thread(effect.function)
            case StreamTo():
                return await self._stream(effect)
            case Emit():
                return None

    async def aclose(self) -> None:
        """Close the connections that this runner opened itself."""
        if self._anonymous_client is not None:
            await self._anonymous_client.aclose()

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

    async def _stream(self, transfer: StreamTo) -> None:
        client = self._client if transfer.origin is None else self._client_for(transfer.origin)
        sink = transfer.sink
        async with client.stream(transfer.call, timeout=transfer.timeout) as stream:
            headers = _lower_names(stream.headers)
            if await asyncio.to_thread(sink.begin, stream.status_code, headers):
                async for chunk in stream:
                    await asyncio.to_thread(sink.write, chunk)
                    transfer.after_chunk()

    def _client_for(self, origin: str) -> AsyncClient:
        # As in `Runner`: a client that never had the key.
        if self._anonymous_client is None:
            self._anonymous_client = AsyncClient(origin)
        return self._anonymous_client.with_options(origin)


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
    request: SendRequest, problem: str, error_class: type[TransportError] = TransportError
) -> TransportError:
    line = f"{request.call.method} {request.call.path}"
    error = error_class(f"the response to {line} {problem}")
    error.request = line
    return error


def _lower_names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
