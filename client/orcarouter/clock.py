"""The time, which tests replace."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What a client asks of time. All values are seconds."""

    def monotonic(self) -> float:
        """A time that never goes back; deadlines are held against it."""
        ...

    def unix(self) -> float:
        """Unix time; for records only."""
        ...

    def sleep(self, seconds: float) -> None: ...

    async def pause(self, seconds: float) -> None:
        """Sleep in asyncio."""
        ...


class SystemClock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        """A time that never goes back."""
        return time.monotonic()

    def unix(self) -> float:
        """Unix time."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def pause(self, seconds: float) -> None:
        """Sleep in asyncio."""
        await asyncio.sleep(seconds)
