"""What a ledger has and says: jobs with their states and files, limits, claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen

from orcarouter.errors import ConfigurationError

__all__ = ["STATES", "Claim", "Idle", "Job", "JobFile", "Limits", "NewJob", "State"]

State = Literal[
    "pending",
    "submitting",
    "running",
    "succeeded",
    "done",
    "failed",
    "rejected",
    "download_failed",
    "unknown",
    "missing",
    "stalled",
    "abandoned",
]

STATES: Mapping[State, str] = {
    "pending": "not submitted yet",
    "submitting": "being submitted",
    "running": "the service works on it",
    "succeeded": "finished; its files are being downloaded",
    "done": "its files are here, and verified",
    "failed": "ended without a video; held credit is returned",
    "rejected": "no task was created",
    "download_failed": "finished, but a file could not be downloaded",
    "unknown": "the answer was lost: a task may exist, and be billed",
    "missing": "the service does not know the task any more",
    "stalled": "still running after the time limit",
    "abandoned": "given up by a person",
}
"""What each state of a job means."""


@frozen(kw_only=True)
class Limits:
    """Limits of a batch, for all processes together. None: no limit."""

    in_flight: int | None = 20
    """Tasks that the service works on at the same time."""
    per_minute: int | None = None
    """Submissions within any minute."""
    tasks: int | None = None
    """Tasks in all, those included whose submission is unknown."""
    credits: float | None = None
    """Credits in all, in the units in which the service reports the charge of a task (`quota`). A job
    counts with what is expected of it until its charge is known."""

    def __attrs_post_init__(self) -> None:
        for name in ("in_flight", "per_minute", "tasks", "credits"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"the limit {name} must be > 0, not {value!r}")


@frozen(kw_only=True)
class NewJob:
    """A job to add to the ledger."""

    name: str
    request: str
    """The request as JSON text."""
    model: str
    prompt: str
    stem: str
    """Of the names of its files."""
    line: int | None = None
    credits: float | None = None


@frozen(kw_only=True)
class JobFile:
    """A file of a job."""

    kind: str
    """`video`, `last_frame` or `watermarked`."""
    path: str
    """Relative to the output folder."""
    size: int
    """Bytes."""
    sha256: str


@frozen(kw_only=True)
class Job:
    """A job as the ledger has it. Times are Unix seconds by the database's clock."""

    id: int
    batch: str
    name: str
    line: int | None
    model: str
    prompt: str
    request: str = field(repr=False)
    """The request as JSON text; local files are strings `file:PATH`."""
    credits: float | None
    """Credits that are expected of it."""
    stem: str
    state: State
    status: str
    """The service's word for the state of the task."""
    failures: int
    first_failed_at: float | None
    digest: str | None
    """SHA-256 of the body of the last submission; None before the first."""
    submission_id: int | None
    task_id: str | None
    token: str | None = field(repr=False)
    """The resume token of the task."""
    submitted_at: float | None
    ended_at: float | None
    seconds: float | None
    """Length of the video."""
    cost: float | None
    """The service's charge; None if it is not known."""
    error_type: str
    error: str
    files: tuple[JobFile, ...] = ()

    @property
    def video(self) -> JobFile | None:
        """The video, once it has been downloaded."""
        return next((file for file in self.files if file.kind == "video"), None)

    def to_dict(self) -> dict[str, Any]:
        """What `batch list` and `batch export` show."""
        names = (
            "batch name line state status model prompt task_id digest submitted_at ended_at"
            " seconds credits cost error_type error"
        )
        return {
            **{name: getattr(self, name) for name in names.split()},
            "files": [
                {"kind": f.kind, "path": f.path, "size": f.size, "sha256": f.sha256}
                for f in self.files
            ],
        }


@frozen(kw_only=True)
class Claim:
    """A job that this process alone works on until its lease ends."""

    job: Job
    is_submission: bool
    needs_probe: bool
    """Whether a free request is to succeed first: the last submissions had setbacks."""
    at: float
    """Unix time of the claim, by the database's clock."""


@frozen(kw_only=True)
class Idle:
    """There is nothing to do at the moment."""

    seconds: float | None
    """Time until there may be; None: when another job changes."""
    active: int
    """Jobs that are submitted, running, or being downloaded, by any process."""
    has_pending: bool
    """Whether there are jobs that are not submitted."""
    limit: str = ""
    """The limit that keeps pending jobs from ever being submitted; empty if none does."""
    pause_reason: str = ""
