"""When tasks are looked up, and what a wait for one does and tells. Nothing here does I/O."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Literal, TypeAlias, TypeVar

from attrs import frozen

from .call import Request
from .durations import Durations
from .long_running import LongRunning, State

V = TypeVar("V")


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

    def first_delay(
        self, declared: LongRunning, elapsed: float, usual: float | None = None
    ) -> float:
        """Until the first lookup of a task that was started `elapsed` seconds ago and usually takes `usual` seconds."""
        first = self.interval
        # What is declared about the first lookup comes before a declared duration, not before one that was seen.
        is_seen = usual != declared.duration
        if first is None and usual and (is_seen or declared.first_delay is None):
            first = usual / 2 * self._vary()
        if first is None:
            first = declared.first_delay
        if first is None:
            first = declared.interval or self.min_interval * self._vary()
        return max(0.0, first - elapsed)

    def next_delay(
        self, declared: LongRunning, elapsed: float, usual: float | None = None
    ) -> float:
        """Between two lookups."""
        if fixed := self.interval or declared.interval:
            return fixed
        delay = min(self.max_interval, max(self.min_interval, self.fraction * elapsed))
        # The first lookup of a task of another process may be before it is due.
        first = self.first_delay(declared, elapsed, usual)
        return max(first, delay * self._vary())

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
    until the next lookup. `changed`: the status differs from that of the last lookup. `estimate` is the estimated progress,
    from 0 to 1, from its usual duration, else from `progress`; it never decreases.
    """

    kind: Literal["status", "lookup_failed", "end"]
    task_id: str
    state: State
    status: str
    changed: bool = False
    progress: float | None = None
    estimate: float = 0.0
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


@frozen(kw_only=True)
class Poller:
    """What a client gives its tasks. `send` is a coroutine function of an asynchronous client."""

    send: Callable[[Send], Any]
    polling: Polling
    timeout: float
    base_url: str
    durations: Durations
    is_traced: bool = False
