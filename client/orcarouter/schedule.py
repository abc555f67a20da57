"""When to look at a task again."""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Callable
from threading import Lock

from attrs import field, frozen

__all__ = ["Backoff", "Durations", "Schedule", "progress_of"]

_UNKNOWN_FIRST = 5.0  # API reference, section 10.3
_SEEN_ENOUGH = 3
_AT_MOST = 0.95  # what an unfinished task shows at most


@frozen(kw_only=True)
class Schedule:
    """When a running task is looked at next. Times are seconds.

    A task whose usual duration is known is first looked at after half of it, any other after five seconds; from then on
    after a twentieth of the time that has passed, within bounds. The server's own hint, where it gives one, wins.
    """

    expected: float | None = None
    """The usual time from submission to end."""
    interval: float | None = None
    """Look this often instead."""
    least: float = 3.0
    most: float = 20.0
    share: float = 0.05
    random: Callable[[], float] = field(default=random.random, repr=False, eq=False)
    """Gives numbers from 0 to 1: intervals vary by a tenth, so that many clients do not look all at once."""

    def first(self, elapsed: float) -> float:
        """How long until the first look, `elapsed` after the submission: none when it is due already."""
        if self.interval is not None:
            return max(0.0, self.interval - elapsed)
        half = _UNKNOWN_FIRST if self.expected is None else self.expected / 2
        return max(0.0, half - elapsed) * (0.9 + 0.2 * self.random())

    def delay(self, elapsed: float) -> float:
        """How long until the next look, `elapsed` after the submission."""
        if self.interval is not None:
            return self.interval
        usual = min(self.most, max(self.least, self.share * elapsed))
        return max(self.first(elapsed), usual * (0.9 + 0.2 * self.random()))


@frozen(kw_only=True)
class Backoff:
    """How long to pause after a lookup that failed. Times are seconds."""

    first: float = 1.0
    most: float = 30.0
    random: Callable[[], float] = field(default=random.random, repr=False, eq=False)

    def delay(self, failures: int) -> float:
        """The pause after this many failures in a row: it doubles, with a fifth of jitter."""
        grown = self.first * 2.0 ** min(failures - 1, 30)
        return min(self.most, grown) * (0.8 + 0.4 * self.random())


class Durations:
    """How long tasks of each model take: the capability table's word, until this client has seen some itself."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = {}
        self._lock = Lock()

    def saw(self, model: str, seconds: float) -> None:
        """Remember how long a task took from submission to end."""
        if model and seconds > 0:
            with self._lock:
                self._seen.setdefault(model, deque(maxlen=50)).append(seconds)

    def expected(self, model: str) -> float | None:
        """The usual time from submission to end; None where nothing is known."""
        with self._lock:
            seen = list(self._seen.get(model, ()))
        if len(seen) >= _SEEN_ENOUGH:
            return statistics.median(seen)
        # Late: the table is large, and an explicit interval does without it.
        from orcarouter.capabilities import expected_seconds

        bounds = expected_seconds(model)
        # Durations are spread evenly on a logarithmic scale rather than a linear one.
        return math.sqrt(max(1, bounds[0]) * bounds[1]) if bounds else None


def progress_of(elapsed: float, expected: float | None, percent: int | None) -> float:
    """How far a running task probably is, from 0 to 0.95.

    By time where the usual duration is known: nine tenths when it is over, then ever more slowly. Otherwise the
    service's own figure, which is a rough marker (API reference, section 5.1).
    """
    if expected is None or expected <= 0:
        return min(_AT_MOST, (percent or 0) / 100)
    share = max(0.0, elapsed) / expected
    return 0.9 * share if share <= 1 else min(_AT_MOST, _AT_MOST - 0.05 / share)
