"""The emulator's time: real, or moved by the test."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Protocol

__all__ = ["Clock", "RealClock", "VirtualClock"]


class Clock(Protocol):
    """What the emulator asks of a clock."""

    def now(self) -> float:
        """Unix time in seconds."""
        ...

    async def pause(self, seconds: float) -> None:
        """Let `seconds` pass inside an answer (`delay` and `drip`)."""
        ...


class RealClock:
    """The time of day."""

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)


class VirtualClock:
    """Time that stands still until it is moved. Safe to use from several threads.

    It is a clock for a client as well (`OrcaRouter(..., clock=server.clock)`): each of the client's pauses then moves
    the service on, and a wait of an hour takes milliseconds. Pauses of several waiters at once add up, which only makes
    the time pass faster than theirs.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        """`start` is the Unix time in seconds that it shows at first."""
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Unix time in seconds."""
        return self._now

    time = monotonic = now  # the names of `orcarouter.Clock`

    def advance(self, seconds: float) -> None:
        """Move the time forward.

        Raises ValueError when `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"time only moves forward, not by {seconds} s")
        with self._lock:
            self._now += seconds

    sleep = advance

    async def pause(self, seconds: float) -> None:
        """Move the time forward instead of sleeping.

        Raises ValueError when `seconds` is negative.
        """
        self.advance(seconds)
        await asyncio.sleep(0)  # others run, as they would during a real pause

    asleep = pause
