"""The emulator's clock: real time, or virtual time that the test advances."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Protocol

__all__ = ["Clock", "RealClock", "VirtualClock"]


class Clock(Protocol):
    """The methods of a clock that the emulator needs."""

    def time(self) -> float:
        """Unix time in seconds."""
        ...

    async def asleep(self, seconds: float) -> None:
        """Wait while sending a response (`delay` and `trickle_interval` of a fault)."""
        ...


class RealClock:
    """The system clock."""

    def time(self) -> float:
        """Unix time in seconds."""
        return time.time()

    async def asleep(self, seconds: float) -> None:
        """Sleep for that many seconds."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """A clock that stands still until it is advanced. Thread-safe.

    It also implements the clock of a client (`OrcaRouter(..., clock=server.clock)`): whenever the client sleeps, the
    clock advances by that time, so that waiting for an hour takes milliseconds. If several waiters sleep at once, their
    times add up: time then passes faster than each of them asked for.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        """`start` is the initial Unix time in seconds."""
        self._time = start
        self._lock = threading.Lock()

    def time(self) -> float:
        """Unix time in seconds."""
        return self._time

    monotonic = time

    def advance(self, seconds: float) -> None:
        """Advance the clock.

        Raises ValueError if `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"a clock cannot go back: {seconds} s")
        with self._lock:
            self._time += seconds

    sleep = advance

    async def asleep(self, seconds: float) -> None:
        """Advance the clock instead of sleeping.

        Raises ValueError if `seconds` is negative.
        """
        self.advance(seconds)
        await asyncio.sleep(0)  # lets other tasks run, as a real sleep would
