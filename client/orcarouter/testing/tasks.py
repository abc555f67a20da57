"""Tasks and how they get through their states as time passes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

__all__ = ["Fate", "Snapshot", "Stage", "Task", "TaskStore"]

Stage = Literal["submitted", "queued", "running", "succeeded", "failed", "expired"]

_ALPHABET = string.ascii_letters + string.digits


@attrs.frozen
class Fate:
    """What becomes of a task: times in seconds, and how it ends.

    `failure` is the reason for which it fails. `expires` makes the provider drop it without the gateway noticing:
    it then shows as running for ever.
    """

    queued: float
    running: float
    failure: str | None = None
    expires: bool = False


@attrs.frozen
class Snapshot:
    """A task at one moment. Times are Unix seconds, 0 when not reached; `progress` is 0 to 100."""

    stage: Stage
    progress: int
    submitted_at: float
    started_at: float
    finished_at: float
    now: float

    @property
    def finished(self) -> bool:
        """Whether the state is final."""
        return self.stage in ("succeeded", "failed")


@attrs.frozen
class Task:
    """An accepted, and so charged, submission."""

    id: str
    body: Mapping[str, Any]
    submitted_at: float
    fate: Fate

    @property
    def model(self) -> str:
        """The model as it was sent."""
        return str(self.body["model"])

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The `metadata` of the submission."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    @property
    def seconds(self) -> str:
        """The length of the video that was asked for."""
        return str(
            self.body.get("duration")
            or self.body.get("seconds")
            or self.metadata.get("duration")
            or ("6" if self.model.startswith("minimax/") else "5")
        )

    def at(self, now: float) -> Snapshot:
        """The task's state at Unix time `now`."""
        elapsed = now - self.submitted_at
        started = self.submitted_at + self.fate.queued
        finished = started + self.fate.running
        if now < started:
            early = elapsed < self.fate.queued / 2
            return self._snapshot("submitted" if early else "queued", 10 if early else 20, now)
        if self.fate.expires and now >= finished:
            # The gateway maps the provider's `expired` to "running, 30 %" and never ends the task.
            return self._snapshot("expired", 30, now, started)
        if now < finished:
            return self._snapshot(
                "running", 30 + int(69 * (now - started) / self.fate.running), now, started
            )
        return self._snapshot(
            "failed" if self.fate.failure is not None else "succeeded", 100, now, started, finished
        )

    def _snapshot(
        self, stage: Stage, progress: int, now: float, started: float = 0.0, finished: float = 0.0
    ) -> Snapshot:
        return Snapshot(stage, progress, self.submitted_at, started, finished, now)


class TaskStore(Mapping[str, Task]):
    """The accepted tasks by id, oldest first: its length is what an account would have paid for."""

    def __init__(self) -> None:
        """Starts empty."""
        self._tasks: dict[str, Task] = {}
        self._forgotten: set[str] = set()

    def accept(self, body: Mapping[str, Any], now: float, fate: Fate) -> Task:
        """Make a task of a submission."""
        task_id = "task_" + "".join(secrets.choice(_ALPHABET) for _ in range(32))
        task = Task(task_id, body, now, fate)
        self._tasks[task.id] = task
        return task

    def find(self, task_id: str) -> Task | None:
        """The task as a lookup sees it: None when it is unknown or forgotten."""
        return None if task_id in self._forgotten else self._tasks.get(task_id)

    def forget(self, task_id: str) -> None:
        """Answer lookups of a task as if it had never been. It stays in this mapping: it was charged."""
        self._forgotten.add(task_id)

    def __getitem__(self, task_id: str) -> Task:
        return self._tasks[task_id]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._tasks))

    def __len__(self) -> int:
        return len(self._tasks)
