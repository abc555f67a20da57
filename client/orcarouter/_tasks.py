"""Tasks of the service, for the generated client: how its responses are read, and which errors and events callers get.

Waiting, deadlines, backoff and many tasks at once are the generated client's. References C1 to C16 are the rows of section
14.1 of the API reference.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any, Literal, cast

from attrs import evolve

from orcarouter._events import Event
from orcarouter._network import translate_error
from orcarouter._redaction import one_line
from orcarouter._responses import (
    definitely_not_accepted,
    get_request_id,
    make_rejection_error,
    parse_error,
    parse_retry_after,
)
from orcarouter._tokens import ResumeToken
from orcarouter.errors import (
    APIConnectionError,
    LookupFailedError,
    OrcaRouterError,
    OutputFileError,
    RateLimitError,
    TaskError,
    TaskFailedError,
    TaskNotFoundError,
    WaitTimeoutError,
)
from orcarouter.task import (
    TASK_STATES,
    ForeignTaskError,
    InvalidTaskError,
    Snapshot,
    State,
    StatusChange,
    parse_snapshot,
)
from orcarouter_api import AsyncTask, Response, Task
from orcarouter_api._runtime import task_errors
from orcarouter_api._runtime.base_task import BaseTask
from orcarouter_api._runtime.damaged_json import read_json
from orcarouter_api._runtime.durations import Durations
from orcarouter_api._runtime.long_running import ResponseReader, Target, TaskCall
from orcarouter_api._runtime.lookups import Failure
from orcarouter_api._runtime.polling import Flow
from orcarouter_api._runtime.task_spans import SpanDetails
from orcarouter_api.api import video

__all__ = [
    "DECLARED",
    "MODEL",
    "AsyncServiceTask",
    "BaseServiceTask",
    "ServiceTask",
    "find_task_id",
    "find_usual_duration",
]

log = logging.getLogger("orcarouter")

DECLARED = video.LONG_RUNNING["submit_video_task"]
MODEL = "$request.body#/model"
"""What a task knows of the request, beside the id."""
_ID = "$response.body#/id"
# By precedence (C12). The `id` of an error object is that of the error.
_PLACES = ("task_id", "data/task_id", "error/task_id", "id", "data/id")
_MAX_ID_LENGTH = 512

# Rejections of a lookup that repeating it will not change. Any other status may be temporary.
_PERMANENT_STATUSES = frozenset({400, 401, 402, 403, 404, 410, 422})

# No sentence may suggest a new submission: the task exists and may be billed.
_ADVICE: Mapping[type[TaskError], str] = {
    TaskFailedError: "According to the service, credit held for a failed task is returned",
    TaskNotFoundError: "Check the id and the account; the record of an old task may have expired",
    WaitTimeoutError: "The task continues: wait for it again by its id; do not submit it again",
    LookupFailedError: (
        "The task is not affected: wait for it again by its id; do not submit it again"
    ),
    OutputFileError: "The task is not affected: download it to another file by its id",
}
_ERRORS: Mapping[type[task_errors.TaskError], type[TaskError]] = {
    task_errors.TaskFailedError: TaskFailedError,
    task_errors.TaskNotFoundError: TaskNotFoundError,
    task_errors.WaitTimeoutError: WaitTimeoutError,
    task_errors.LookupFailedError: LookupFailedError,
}
_STATES: Mapping[State, Literal["pending", "succeeded", "failed"]] = {
    "running": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
}


class BaseServiceTask(BaseTask[Snapshot]):
    """What both kinds of tasks share."""

    ERRORS = (TaskError,)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.model = str(self._values.get(MODEL, ""))
        self.snapshot: Snapshot | None = None
        self._seen: Snapshot | None = None  # without what this client knows
        self._warned: set[str] = set()

    # What responses say

    @classmethod
    def find_values(
        cls, call: TaskCall[Any, Any], reply: ResponseReader, url: str
    ) -> dict[str, Any]:
        """Only the id is needed (C12): anything else in the response to a submission may be odd."""
        task_id = find_task_id(reply)
        return {_ID: task_id, MODEL: call.values.get(MODEL, "")} if task_id else {}

    @classmethod
    def find_rejection(cls, reply: ResponseReader) -> Exception | None:
        """See `definitely_not_accepted`."""
        if definitely_not_accepted(reply.response):
            return make_rejection_error(reply.response, "the submission")
        return None

    def read_start(self, reply: ResponseReader, target: Target | None) -> None:
        """The task is running whatever the status: only a lookup can end it."""
        log.info("task %s: submitted to %s", self.id, self.model)
        body = read_json(reply.response.content)
        if not isinstance(body, Mapping):
            body = {"task_id": self.id}
        try:
            snapshot = parse_snapshot(body, self.id)
        except InvalidTaskError:
            snapshot = parse_snapshot({"task_id": self.id, "status": "queued"}, self.id)
        # By this machine's clock, because delays of the wait are measured with it.
        self._store(
            reply.response,
            Snapshot(
                task_id=self.id,
                state="running",
                status=snapshot.status,
                model=self.model or snapshot.model,
                progress=snapshot.progress,
                submitted_at=self.started_at,
                raw=body,
            ),
        )

    def read_response(self, reply: ResponseReader, target: Target | None) -> Failure | None:
        """See `BaseTask.read_response`; there are two shapes of tasks, and two of errors."""
        response, body = reply.response, read_json(reply.response.content)
        self.retry_after = retry_after = parse_retry_after(response)
        error = parse_error(response.status_code, body)
        if response.status_code // 100 == 2:
            # A usable task takes precedence over an error beside it (C6).
            try:
                snapshot = parse_snapshot(body, self.id, model=self.model)
            except ForeignTaskError as foreign:
                problem = APIConnectionError(str(foreign))
                return Failure(error=problem, is_foreign=True, retry_after=retry_after)
            except InvalidTaskError:
                if error is None:
                    content_type = response.headers.get("content-type", "")
                    media_type = content_type.partition(";")[0] or "no content"
                    problem = APIConnectionError(
                        f"the response is not a task ({one_line(media_type, 60)})"
                    )
                    return Failure(error=problem, retry_after=retry_after)
            else:
                self._store(response, snapshot)
                return None
        rejection = make_rejection_error(response, "the lookup")
        status_code = response.status_code
        # The id is unknown only if the service says so: any proxy may send a bare 404.
        is_missing = status_code in (404, 410)
        if error is not None and (is_missing or error.code == "task_not_exist"):
            return Failure(
                error=rejection,
                summary=f"HTTP {status_code}",
                is_permanent=True,
                is_missing=True,
                is_rejection=status_code in _PERMANENT_STATUSES,
            )
        if status_code >= 500:
            text = f"HTTP {status_code}" + (f": {one_line(error.message)}" if error else "")
            return Failure(error=APIConnectionError(text), retry_after=retry_after)
        is_rejection = status_code in _PERMANENT_STATUSES
        return Failure(
            error=rejection,
            summary=f"HTTP {status_code}",
            is_permanent=is_rejection and error is not None,
            is_rejection=is_rejection,
            is_missing=is_missing,
            is_rate_limit=isinstance(rejection, RateLimitError),
            retry_after=retry_after,
        )

    def read_error(self, error: Exception) -> Failure | None:
        """See `BaseTask.read_error`."""
        failure = super().read_error(error)
        return failure and evolve(failure, error=translate_error(error))

    def _store(self, response: Response[Any], snapshot: Snapshot) -> None:
        self._seen = snapshot
        if snapshot.submitted_at is None:
            snapshot = evolve(snapshot, submitted_at=self.started_at)
        previous, self.snapshot = self.snapshot, snapshot
        self.progress = snapshot.progress
        self.take(response, _STATES[snapshot.state], snapshot.status)
        if previous is not None and previous.status == snapshot.status:
            return
        status = one_line(snapshot.status, 60)
        suffix = f" (was {one_line(previous.status, 60)})" if previous else ""
        log.info("task %s: %s%s", self.id, status, suffix)
        is_unknown = snapshot.status.strip().casefold() not in TASK_STATES
        if is_unknown and status not in self._warned:
            self._warned.add(status)
            log.warning("task %s: unknown status %r; treated as running", self.id, status)

    def add_to_timeline(self, status: str, state: Any) -> None:
        """See `BaseTask.add_to_timeline`."""
        if state is None:
            log.warning("task %s: lookup failed: %s", self.id, status)
        super().add_to_timeline(one_line(status, 60) if state else status, state)

    # Waits

    def describe_span(self) -> SpanDetails:
        """See `BaseTask.describe_span`."""
        return SpanDetails(
            tracer="orcarouter",
            name="orcarouter.video_task",
            attributes={"orcarouter.task_id": self.id, "orcarouter.model": self.model},
            prefix="orcarouter.",
        )

    @property
    def usual_duration(self) -> float | None:
        """That of the model."""
        return find_usual_duration(self.poller.durations, self.model)

    def find_duration(self) -> tuple[str, float] | None:
        """By the service's clock."""
        seen = cast("Snapshot", self._seen)
        if seen.submitted_at is None or seen.finished_at is None:
            return None
        return self.model, seen.finished_at - seen.submitted_at

    def fetch_result(self, deadline: float, timeout: float) -> Flow[Snapshot]:
        """The last state."""
        yield from ()
        return self.last_snapshot

    def describe_failure(self) -> str:
        """The reason that the service gives, with its code."""
        snapshot = self.last_snapshot
        reason = one_line(snapshot.failure or "") or "the service gives no reason"
        code = f" ({one_line(snapshot.failure_code, 60)})" if snapshot.failure_code else ""
        return f"{reason}{code}"

    # What callers see

    @property
    def resume_token(self) -> str:
        """See `ResumeToken`."""
        model, submitted_at = self.model, self.started_at
        if self.snapshot is not None:
            model = model or self.snapshot.model
            submitted_at = self.snapshot.submitted_at if submitted_at is None else submitted_at
        base_url = self.poller.base_url
        return str(
            ResumeToken(task_id=self.id, model=model, submitted_at=submitted_at, base_url=base_url)
        )

    @property
    def last_snapshot(self) -> Snapshot:
        """The state that the last lookup told."""
        return cast("Snapshot", self.snapshot)

    @property
    def changes(self) -> tuple[StatusChange, ...]:
        """The timeline."""
        names = {"pending": "running", "cancelled": "failed"}
        return tuple(
            StatusChange(
                each.at, each.status, cast("State", names.get(each.state or "", each.state))
            )
            for each in self.timeline
        )

    def quote(self, text: str, limit: int) -> str:
        """In one line, without secrets."""
        return one_line(text, limit)

    def make_event(self, kind: Any, **details: Any) -> Event:
        """See `Event`."""
        event = super().make_event(kind if kind != "retry" else "status", **details)
        return Event(
            kind=kind,
            task_id=self.id,
            snapshot=self.snapshot,
            changed=event.changed,
            elapsed=event.elapsed,
            progress=event.estimate,
            error=event.error,
            next_poll_in=event.next_poll,
        )

    def make_error(
        self, kind: type[Any], message: str, reason: Exception | None = None
    ) -> TaskError:
        """An error of this package, of the kind that corresponds."""
        error_class = _ERRORS.get(kind, kind)
        advice = _ADVICE[error_class]
        error: TaskError = error_class(
            f"task {self.id}: {message}. {advice}",
            task_id=self.id,
            snapshot=self.snapshot,
            timeline=self.changes,
            reason=reason if isinstance(reason, OrcaRouterError) else None,
            advice=advice,
        )
        return error


class ServiceTask(BaseServiceTask, Task[Snapshot]):
    """A task of the service."""


class AsyncServiceTask(BaseServiceTask, AsyncTask[Snapshot]):
    """A task of the service, for asyncio."""


def find_task_id(reply: ResponseReader) -> str:
    """The task id that a response names, however damaged it is; empty if it names none.

    An `id` that is that of the request does not count.
    """
    for place in _PLACES:
        value = reply.find((f"$response.body#/{place}",))
        # U+FFFD stands for a byte that is not UTF-8: the id is not the service's.
        if not isinstance(value, str) or not value.isprintable() or "\ufffd" in value:
            continue
        task_id = value.strip() if len(value) <= _MAX_ID_LENGTH else ""
        if task_id and task_id != get_request_id(reply.response):
            return task_id
    return ""


def find_usual_duration(durations: Durations, model: str) -> float | None:
    """The usual seconds from submission to end: the capability table's until enough are observed; None if unknown."""
    if (seen := durations.usual(model)) is not None:
        return seen
    # Imported here because the table is large, and an explicit interval never needs it.
    from orcarouter.capabilities import expected_seconds

    bounds = expected_seconds(model)
    # Geometric mean: durations are spread evenly on a logarithmic scale.
    return math.sqrt(max(1, bounds[0]) * bounds[1]) if bounds else None
