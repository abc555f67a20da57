"""When to poll a task again: schedule, backoff, usual durations and estimated progress."""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Callable

from attrs import field, frozen

__all__ = ["Backoff", "DurationEstimates", "PollSchedule", "estimate_progress"]

_DEFAULT_FIRST_POLL = 5.0  # seconds; API reference, section 10.3
_MIN_SAMPLES = 3  # observed durations that outweigh the capability table
_MAX_RUNNING_PROGRESS = 0.95  # 1.0 is reserved for success


@frozen(kw_only=True)
class PollSchedule:
    """When a running task is polled. Times are seconds.

    A task whose usual duration is known is first polled after half of it, any other after five
    seconds; from then on every twentieth of the elapsed time, within bounds. A Retry-After of the
    service takes precedence.
    """

    expected: float | None = None
    """The usual time from submission to end; None if unknown."""
    interval: float | None = None
    """A fixed polling interval, which replaces all of the above."""
    min_interval: float = 3.0
    max_interval: float = 20.0
    fraction: float = 0.05
    """The interval between two polls as a fraction of the elapsed time."""
    random: Callable[[], float] = field(default=random.random, repr=False, eq=False)
    """Returns numbers from 0 to 1: delays vary by 10 %, so that many clients do not poll in step."""

    def first_delay(self, elapsed: float) -> float:
        """Time until the first poll, `elapsed` after the submission; 0 if it is overdue."""
        if self.interval is not None:
            return max(0.0, self.interval - elapsed)
        due = _DEFAULT_FIRST_POLL if self.expected is None else self.expected / 2
        return max(0.0, due - elapsed) * self._jitter()

    def next_delay(self, elapsed: float) -> float:
        """Time until the next poll, `elapsed` after the submission."""
        if self.interval is not None:
            return self.interval
        delay = min(self.max_interval, max(self.min_interval, self.fraction * elapsed))
        # A resumed task may be polled before its first poll is due.
        return max(self.first_delay(elapsed), delay * self._jitter())

    def _jitter(self) -> float:
        return 0.9 + 0.2 * self.random()


@frozen(kw_only=True)
class Backoff:
    """Exponential backoff with 20 % jitter. Times are seconds."""

    initial: float = 1.0
    """Delay after the first failure."""
    max: float = 30.0
    """Upper bound of the delay, before jitter."""
    random: Callable[[], float] = field(default=random.random, repr=False, eq=False)

    def delay(self, failures: int) -> float:
        """Delay after this many consecutive failures, from 1: it doubles each time."""
        # The exponent is bounded because a float overflows at 2**1024.
        delay = self.initial * 2.0 ** min(failures - 1, 30)
        return min(self.max, delay) * (0.8 + 0.4 * self.random())


class DurationEstimates:
    """How long tasks of each model take: the capability table's range until enough are observed."""

    def __init__(self) -> None:
        # Without a lock, which another thread could hold at the time of a fork.
        self._observed: dict[str, deque[float]] = {}

    def record(self, model: str, seconds: float) -> None:
        """Add the time that a task took from submission to end."""
        if model and seconds > 0:
            self._observed.setdefault(model, deque(maxlen=50)).append(seconds)

    def expected(self, model: str) -> float | None:
        """The usual seconds from submission to end; None if unknown."""
        observed = list(self._observed.get(model, ()))
        if len(observed) >= _MIN_SAMPLES:
            return statistics.median(observed)
        # Imported here because the table is large, and an explicit interval never needs it.
        from orcarouter.capabilities import expected_seconds

        bounds = expected_seconds(model)
        # Geometric mean: durations are spread evenly on a logarithmic scale.
        return math.sqrt(max(1, bounds[0]) * bounds[1]) if bounds else None


def estimate_progress(elapsed: float, expected: float | None, percent: int | None) -> float:
    """Estimated progress of a running task, from 0 to 0.95.

    Based on time if the usual duration is known: 0.9 when it has elapsed, then ever more slowly.
    Otherwise the service's percentage, which is only a rough marker (API reference, section 5.1).
    """
    if expected is None or expected <= 0:
        return min(_MAX_RUNNING_PROGRESS, (percent or 0) / 100)
    ratio = max(0.0, elapsed) / expected
    if ratio <= 1:
        return 0.9 * ratio
    return min(_MAX_RUNNING_PROGRESS, _MAX_RUNNING_PROGRESS - 0.05 / ratio)
