"""The tasks that were started, for assertions in tests; bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

MAX_TASKS = 10_000
_MAX_BYTES = 256 << 20  # of the requests that started them, together
_T = TypeVar("_T")


class TaskStore(Mapping[str, _T]):
    """The started tasks by id, oldest first: those that would have been charged.

    Only the last 10,000 are kept, and fewer if their requests have more than 256 MiB together; `accepted` counts all. The
    server does not know the others any more, as with records that have expired.
    """

    def __init__(self) -> None:
        """Starts empty."""
        self.accepted = 0
        self._tasks: dict[str, _T] = {}
        self._sizes: dict[str, int] = {}
        self._total = 0
        self._unknown: set[str] = set()

    def add(self, task_id: str, task: _T, size: int) -> None:
        """Adds a task, whose request has a body of `size` bytes."""
        self._total += size - self._sizes.get(task_id, 0)
        self._tasks[task_id] = task
        self._sizes[task_id] = size
        self.accepted += 1
        while len(self._tasks) > MAX_TASKS or (self._total > _MAX_BYTES and len(self._tasks) > 1):
            oldest = next(iter(self._tasks))
            del self._tasks[oldest]
            self._total -= self._sizes.pop(oldest)
            self._unknown.discard(oldest)

    def find(self, task_id: str) -> _T | None:
        """The task that a lookup finds; None if it does not exist or was made unknown."""
        return None if task_id in self._unknown else self._tasks.get(task_id)

    def make_unknown(self, task_id: str) -> None:
        """Lookups of a task fail as if it had never existed. It stays in this mapping, because it was charged."""
        if task_id in self._tasks:
            self._unknown.add(task_id)

    def __getitem__(self, task_id: str) -> _T:
        return self._tasks[task_id]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._tasks))

    def __len__(self) -> int:
        return len(self._tasks)
