"""How long tasks take, and the progress of one that runs."""

from __future__ import annotations

import statistics
from collections import deque

_MIN_COUNT = 3  # durations that outweigh a declared one
_MAX_COUNT = 50  # that count
_FURTHEST = 0.95  # 1 means that a task has succeeded


class Durations:
    """What a client has seen of the durations of tasks, by their kind."""

    def __init__(self) -> None:
        # Without a lock, which another thread could hold at the time of a fork.
        self._seen: dict[str, deque[float]] = {}

    def record(self, kind: str, seconds: float) -> None:
        """Add the time that a task took from its start to its end."""
        if kind and seconds > 0:
            self._seen.setdefault(kind, deque(maxlen=_MAX_COUNT)).append(seconds)

    def usual(self, kind: str) -> float | None:
        """The median of the latest ones; None for less than three."""
        seen = list(self._seen.get(kind, ()))
        return statistics.median(seen) if len(seen) >= _MIN_COUNT else None


def estimate_progress(
    elapsed: float, usual: float | None, progress: float | None
) -> float:
    """The estimated progress of a task that has not ended, from 0 to 0.95.

    If the usual duration is known, 0.9 when it has elapsed, and then ever more slowly; else what the service says: a
    percentage, or a fraction below 1.
    """
    if usual is None or usual <= 0:
        told = progress or 0.0
        return min(_FURTHEST, max(0.0, told if told < 1 else told / 100))
    ratio = max(0.0, elapsed) / usual
    if ratio <= 1:
        return 0.9 * ratio
    return min(_FURTHEST, _FURTHEST - 0.05 / ratio)
