"""The two drivers: they perform the steps of a flow, one blocking, one in asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import aclosing, closing
from threading import Lock
from typing import Any, TypeVar

from attrs import fields, frozen

from orcarouter.clock import Clock
from orcarouter.steps import Blocking, Event, Exchange, Flow, Reply, Report, Sleep, Step, Transfer
from orcarouter_api import AsyncClient, Call, Client
from orcarouter_api.errors import TransportError

__all__ = ["AsyncDriver", "Driver"]

T = TypeVar("T")

_LARGEST = 16 * 2**20  # bytes of an answer that is no file
Hook = Callable[[Event], object]


class Driver:
    """Performs the steps of flows, blocking."""

    def __init__(self, api: Client, clock: Clock, hook: Hook | None = None) -> None:
        """`hook` is told every event."""
        self._api = api
        self.clock = clock
        self.hook = hook
        self._bare: Client | None = None
        self._lock = Lock()

    def run(self, flow: Flow[T], hook: Hook | None = None) -> T:
        """What the flow gives; `hook` is told its events."""
        with closing(self.events(flow)) as steps:
            while True:
                try:
                    event = next(steps)
                except StopIteration as done:
                    result: T = done.value
                    return result
                if hook is not None:
                    hook(event)

    def events(self, flow: Flow[T]) -> Generator[Event, None, T]:
        """The events of the flow as they happen."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Report):
                    if self.hook is not None:
                        self.hook(step.event)
                    yield step.event
                try:
                    result = self.perform(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]  # what the flow returned
        finally:
            flow.close()

    def perform(self, step: Step) -> Any:
        """Do one step and give its result."""
        match step:
            case Exchange():
                return self._exchange(step)
            case Sleep():
                return self.clock.sleep(step.seconds)
            case Blocking():
                return step.function()
            case Transfer():
                return self._transfer(step)
            case Report():
                return None

    def close(self) -> None:
        """Close the connections that this driver opened itself."""
        if self._bare is not None:
            self._bare.close()

    def _exchange(self, step: Exchange) -> Reply:
        body = _Body(step, self.clock)
        with self._api.stream(_unjudged(step.call), timeout=step.timeout) as answer:
            for piece in answer:
                body.take(piece)
            return Reply(answer.status, _lower(answer.headers), body.content)

    def _transfer(self, step: Transfer) -> None:
        client = self._api if step.origin is None else self._to(step.origin)
        with client.stream(step.call, timeout=step.timeout) as answer:
            if step.sink.begin(answer.status, _lower(answer.headers)):
                for piece in answer:
                    step.sink.take(piece)
                    step.after()

    def _to(self, origin: str) -> Client:
        # A client of its own, which never had a key.
        with self._lock:
            if self._bare is None:
                self._bare = Client(origin)
        return self._bare.with_options(origin)


class AsyncDriver:
    """Performs the steps of flows in asyncio."""

    def __init__(self, api: AsyncClient, clock: Clock, hook: Hook | None = None) -> None:
        """`hook` is told every event."""
        self._api = api
        self.clock = clock
        self.hook = hook
        self._bare: AsyncClient | None = None

    async def run(self, flow: Flow[T], hook: Hook | None = None) -> T:
        """What the flow gives; `hook` is told its events."""
        results: list[T] = []
        async with aclosing(self.events(flow, results.append)) as steps:
            async for event in steps:
                if hook is not None:
                    hook(event)
        return results[0]

    async def events(
        self, flow: Flow[T], done: Callable[[T], object] | None = None
    ) -> AsyncGenerator[Event, None]:
        """The events of the flow as they happen; `done` is given what it returns."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Report):
                    if self.hook is not None:
                        self.hook(step.event)
                    yield step.event
                try:
                    result = await self.perform(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            if done is not None:
                done(end.value)
        finally:
            flow.close()

    async def perform(self, step: Step) -> Any:
        """Do one step and give its result."""
        match step:
            case Exchange():
                return await self._exchange(step)
            case Sleep():
                return await self.clock.pause(step.seconds)
            case Blocking():
                return await asyncio.to_thread(step.function)
            case Transfer():
                return await self._transfer(step)
            case Report():
                return None

    async def aclose(self) -> None:
        """Close the connections that this driver opened itself."""
        if self._bare is not None:
            await self._bare.aclose()

    async def _exchange(self, step: Exchange) -> Reply:
        body = _Body(step, self.clock)
        try:
            async with (
                asyncio.timeout(step.total),
                self._api.stream(_unjudged(step.call), timeout=step.timeout) as answer,
            ):
                async for piece in answer:
                    body.take(piece)
                return Reply(answer.status, _lower(answer.headers), body.content)
        except TimeoutError as error:
            raise _too_slow(step) from error

    async def _transfer(self, step: Transfer) -> None:
        client = self._api if step.origin is None else self._to(step.origin)
        async with client.stream(step.call, timeout=step.timeout) as answer:
            if await asyncio.to_thread(step.sink.begin, answer.status, _lower(answer.headers)):
                async for piece in answer:
                    await asyncio.to_thread(step.sink.take, piece)
                    step.after()

    def _to(self, origin: str) -> AsyncClient:
        # A client of its own, which never had a key.
        if self._bare is None:
            self._bare = AsyncClient(origin)
        return self._bare.with_options(origin)


@frozen
class _Unjudged(Call[Any]):
    """A call whose answer is taken as it comes, whatever its status."""

    def succeeds(self, status: int) -> bool:
        return True


def _unjudged(call: Call[Any]) -> _Unjudged:
    return _Unjudged(**{each.name: getattr(call, each.name) for each in fields(Call)})


class _Body:
    """The body of an answer, as long as it is small and comes within the time for all of it.

    The HTTP library limits each read only: a server that trickles would hold a request for ever.
    """

    def __init__(self, step: Exchange, clock: Clock) -> None:
        self._step = step
        self._clock = clock
        self._end = clock.monotonic() + step.total
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> None:
        if self._clock.monotonic() > self._end:
            raise _too_slow(self._step)
        self._size += len(piece)
        if self._size > _LARGEST:
            raise _broken(self._step, f"is larger than {_LARGEST} bytes")
        self._pieces.append(piece)

    @property
    def content(self) -> bytes:
        return b"".join(self._pieces)


def _too_slow(step: Exchange) -> TransportError:
    error = _broken(step, f"took longer than {step.total:.0f} s")
    error.timeout = True
    return error


def _broken(step: Exchange, how: str) -> TransportError:
    request = f"{step.call.method} {step.call.path}"
    error = TransportError(f"the answer to {request} {how}")
    error.request = request
    return error


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
