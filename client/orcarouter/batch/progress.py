"""The progress of a batch as a whole, with its rate and an honest estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from orcarouter.batch.records import STATES

__all__ = ["Progress", "format_duration"]

_OPEN = ("pending", "submitting", "running", "succeeded")
_MIN_ENDED = 3  # jobs that have to end before anything is said about the others


@frozen(kw_only=True)
class Progress:
    """Where a batch stands. Times are seconds."""

    counts: Mapping[str, int]
    """The number of jobs in each state that occurs."""
    tasks: float = 0
    """Tasks that exist, or may exist."""
    credits: float = 0.0
    """What counts for the limit of credits."""
    cost: float = 0.0
    """Charges that the service has reported."""
    elapsed: float = 0.0
    """Time since this run began."""
    ended: int = 0
    """Jobs that ended in this run, in any process."""
    since_first_end: float = 0.0
    pause_reason: str = ""
    """Why all requests are paused; empty if they are not."""

    @property
    def total(self) -> int:
        """The number of jobs."""
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Jobs that have not ended."""
        return sum(self.counts.get(state, 0) for state in _OPEN)

    @property
    def per_minute(self) -> float | None:
        """Jobs that end in a minute of this run; None before enough have ended."""
        if self.ended < _MIN_ENDED or not self.elapsed:
            return None
        return 60 * self.ended / self.elapsed

    @property
    def remaining(self) -> tuple[float, float] | None:
        """The least and the most that the open jobs may take; None before enough have ended.

        The first tasks end late, and what follows comes faster. So the time of the run so far is too
        much, and the time since the first end too little.
        """
        if self.ended < _MIN_ENDED:
            return None
        low = self.open * self.since_first_end / (self.ended - 1)
        high = self.open * self.elapsed / self.ended
        return min(low, high), max(low, high)

    def to_dict(self) -> dict[str, Any]:
        """The fields as they are printed."""
        remaining = self.remaining
        return {
            "total": self.total,
            "open": self.open,
            "states": {state: self.counts[state] for state in STATES if self.counts.get(state)},
            "tasks": self.tasks,
            "credits": self.credits,
            "cost": self.cost,
            "per_minute": self.per_minute,
            "remaining_seconds": None if remaining is None else [round(each) for each in remaining],
        }

    def __str__(self) -> str:
        parts = [f"{self.total - self.open} of {self.total} ended"]
        parts += [
            f"{self.counts[state]} {state.replace('_', ' ')}"
            for state in STATES
            if self.counts.get(state)
        ]
        if self.pause_reason:
            parts.append(f"paused: {self.pause_reason}")
        if self.open and self.per_minute is not None:
            parts.append(f"{self.per_minute:.3g} a minute")
        if self.open and self.remaining is not None:
            low, high = map(format_duration, self.remaining)
            parts.append(f"about {low if low == high else f'{low} to {high}'} left")
        return ", ".join(parts)


def format_duration(seconds: float) -> str:
    """A duration as people say it: no more digits than an estimate has."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{round(minutes)} min"
    return f"{minutes / 60:.1f} h"
