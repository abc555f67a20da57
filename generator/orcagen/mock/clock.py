"""The clock of a mock server: real time, or virtual time that a test advances."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Protocol


class Clock(Protocol):
    """What the server needs of a clock."""

    def time(self) -> float:
        """Unix time in seconds."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Waits while sending a response (`delay` and `trickle_interval` of a fault)."""
        ...


class RealClock:
    """The clock of the system."""

    def time(self) -> float:
        """Unix time in seconds."""
        return time.time()

    async def asleep(self, seconds: float) -> None:
        """Sleeps that many seconds."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that stands still until it is advanced, by the test or by a client that sleeps with it. Thread-safe.

    A generated client gets it as `Polling(sleep=clock.sleep, clock=clock.time, time=clock.time)`; for an AsyncClient `sleep` is
    `clock.asleep`. Waiting for an hour then takes milliseconds. If several waiters sleep at once, their times add up: time passes
    faster than each of them asked for.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        """`start` is a Unix time in seconds."""
        self._time = start
        self._lock = threading.Lock()

    def time(self) -> float:
        """Unix time in seconds."""
        return self._time

    monotonic = time

    def advance(self, seconds: float) -> None:
        """Advances the clock. Raises ValueError if `seconds` is negative."""
        if seconds < 0:
            raise ValueError(f"a clock cannot go back: {seconds} s")
        with self._lock:
            self._time += seconds

    sleep = advance

    async def asleep(self, seconds: float) -> None:
        """Advances the clock instead of sleeping. Raises ValueError if `seconds` is negative."""
        self.advance(seconds)
        await asyncio.sleep(0)  # lets others run, as sleeping would
