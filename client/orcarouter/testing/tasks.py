"""Emulated tasks, and their states as time passes."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any, Literal

import attrs

__all__ = ["Stage", "Task", "TaskState"]

Stage = Literal["submitted", "queued", "running", "succeeded", "failed", "expired"]
"""`expired`: the provider has dropped the task, which the gateway does not notice."""

_ID_ALPHABET = string.ascii_letters + string.digits


@attrs.frozen
class TaskState:
    """A task at one point in time. Times are Unix time in seconds, 0 if not reached."""

    stage: Stage
    progress: int
    """Percent, 0 to 100."""
    observed_at: float
    """The point in time."""
    started_at: float = 0.0
    finished_at: float = 0.0


@attrs.frozen
class Task:
    """A submission that was accepted, and would have been charged."""

    body: Mapping[str, Any]
    """The JSON body of the submission."""
    submitted_at: float
    """Unix time in seconds."""
    queued: float
    """Seconds before it starts to run."""
    running: float
    """Seconds that it runs."""
    fail_reason: str | None = None
    """Why it fails; None if it succeeds."""
    never_ends: bool = False
    """Whether the provider drops it and the gateway does not notice: it is then reported as running indefinitely."""
    id: str = attrs.field(
        factory=lambda: "task_" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(32))
    )

    @property
    def model(self) -> str:
        """The `model` of the submission."""
        return str(self.body["model"])

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The `metadata` of the submission; empty if it has none."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}

    @property
    def seconds(self) -> str:
        """The requested length of the video, as the service reports it: a string of seconds."""
        return str(
            self.body.get("duration")
            or self.body.get("seconds")
            or self.metadata.get("duration")
            or ("6" if self.model.startswith("minimax/") else "5")
        )

    def state_at(self, time: float) -> TaskState:
        """The state of the task at a Unix time."""
        started = self.submitted_at + self.queued
        finished = started + self.running
        if time < started:
            # The first half of the time in the queue counts as submitted.
            is_early = time - self.submitted_at < self.queued / 2
            return TaskState("submitted", 10, time) if is_early else TaskState("queued", 20, time)
        if self.never_ends and time >= finished:
            # The gateway maps the provider's `expired` to "running, 30 %" and never ends the task.
            return TaskState("expired", 30, time, started)
        if time < finished:
            progress = 30 + int(69 * (time - started) / self.running)
            return TaskState("running", progress, time, started)
        stage: Stage = "succeeded" if self.fail_reason is None else "failed"
        return TaskState(stage, 100, time, started, finished)
