"""Makes the flows of a client from its settings; shared by the blocking and the asyncio client."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from attrs import evolve, field, frozen

from orcarouter._flows.polling import TaskTracker, wait
from orcarouter._flows.schedule import Backoff, DurationEstimates, PollSchedule
from orcarouter._flows.submission import RetryPolicy, make_digest, submit
from orcarouter._flows.tokens import ResumeToken
from orcarouter._flows.tracing import trace_wait
from orcarouter._http.urls import get_origin
from orcarouter._io.clock import Clock
from orcarouter._io.effects import Flow
from orcarouter._io.media import make_body
from orcarouter.errors import ConfigurationError, InvalidRequestError
from orcarouter.task import Snapshot
from orcarouter_api import Call
from orcarouter_api.api import video

if TYPE_CHECKING:
    from orcarouter.capabilities import ValidationResult
    from orcarouter.request_methods import RequestLike

__all__ = ["CheckMode", "FlowFactory", "PreparedRequest"]

log = logging.getLogger("orcarouter")

_OPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("api_key", "base_url", "timeout", "retry_policy"), "the client"),
    **dict.fromkeys(("allow_private", "on_event", "http_client", "clock"), "the client"),
    **dict.fromkeys(("proxy", "ca_bundle", "client_cert"), "the client"),
    **dict.fromkeys(("interval", "max_concurrency"), "a wait"),
    **dict.fromkeys(("path", "file", "on_progress"), "download"),
}
"""Keyword arguments that are mistaken for fields of a request, and where they belong. In a request
they would be sent and paid for without any effect."""

MAX_INTERVAL = 86_400.0  # seconds

CheckMode = Literal["strict", "warn", "off"]


@frozen(kw_only=True)
class PreparedRequest:
    """A request that has not been sent: `videos.prepare`. `videos.create` takes it as a request."""

    body: dict[str, Any] = field(repr=False)
    """The JSON body as it is sent, with local files as data URIs."""
    violations: ValidationResult
    """What the capability map says about it."""
    digest: str
    """SHA-256 of the body as it is sent, in hexadecimal: that of `AmbiguousSubmissionError`."""

    def to_dict(self) -> dict[str, Any]:
        """The body."""
        return self.body


@frozen(kw_only=True)
class FlowFactory:
    """A client's settings, and the flows that follow from them. Times are seconds."""

    base_url: str
    clock: Clock
    request_timeout: float
    retry_policy: RetryPolicy
    durations: DurationEstimates = field(factory=DurationEstimates)
    lookup_backoff: Backoff = field(factory=Backoff)

    def build_body(self, request: RequestLike | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON body of a submission: the request, updated by `fields`, with files inlined.

        Raises InvalidRequestError if a local file cannot be used, TypeError if a field is an option
        of the client or of a wait.
        """
        if misplaced := sorted(fields.keys() & _OPTIONS.keys()):
            places = "; ".join(f"{name} is an argument of {_OPTIONS[name]}" for name in misplaced)
            raise TypeError(f"not a field of a request: {places}")
        return make_body(request, fields)

    def submit(self, body: dict[str, Any], check: CheckMode) -> Flow[Snapshot]:
        """The flow that submits a body.

        Raises InvalidRequestError, before anything is sent, if validation fails or the body cannot
        be encoded as JSON.
        """
        self.validate(body, check)
        call = _make_call(body)
        return submit(call, str(body.get("model") or ""), self.clock, self.retry_policy)

    def prepare(self, body: dict[str, Any]) -> PreparedRequest:
        """A body with its violations and its digest; sends nothing.

        Raises InvalidRequestError if the body cannot be encoded as JSON.
        """
        from orcarouter.capabilities import check

        return PreparedRequest(
            body=body, violations=check(body), digest=make_digest(_make_call(body))
        )

    def validate(self, body: Mapping[str, Any], check: CheckMode) -> None:
        """Validate a body against the capability map, and log what is not raised.

        Raises InvalidRequestError if `check` is `strict` and there are errors.
        """
        if check not in ("strict", "warn", "off"):
            raise ValueError(f"check must be strict, warn or off, not {check!r}")
        if check == "off":
            return
        # Imported here because the capability table is large.
        from orcarouter.capabilities import check as validate

        result = validate(body)
        if result.errors and check == "strict":
            messages = "; ".join(str(violation) for violation in result.errors)
            raise InvalidRequestError(f"the request was not sent: {messages}", result)
        for violation in result:
            level = logging.INFO if violation.level == "note" else logging.WARNING
            log.log(level, "check: %s", violation)

    def track(self, token: ResumeToken, snapshot: Snapshot | None = None) -> TaskTracker:
        """A tracker for a task; sends nothing.

        Raises ConfigurationError if the task belongs to another service.
        """
        # The key must not go to the wrong service, and the id would mean nothing there.
        if token.base_url and get_origin(token.base_url) != get_origin(self.base_url):
            raise ConfigurationError(
                f"the task was submitted to {get_origin(token.base_url)}, "
                f"but this client uses {get_origin(self.base_url)}"
            )
        tracker = TaskTracker(
            task_id=token.task_id,
            clock=self.clock,
            schedule=PollSchedule(),
            backoff=self.lookup_backoff,
            model=token.model,
            submitted_at=token.submitted_at,
            request_timeout=self.request_timeout,
        )
        if snapshot is not None:
            tracker.update(snapshot)
        return tracker

    def track_submitted(self, snapshot: Snapshot) -> TaskTracker:
        """A tracker for a task that was just submitted."""
        token = ResumeToken(
            task_id=snapshot.task_id, model=snapshot.model, submitted_at=snapshot.submitted_at
        )
        return self.track(token, snapshot)

    def make_resume_token(self, tracker: TaskTracker) -> str:
        """The resume token of a task."""
        model, submitted_at = tracker.model, tracker.submitted_at
        if tracker.snapshot is not None:
            model = model or tracker.snapshot.model
            if submitted_at is None:
                submitted_at = tracker.snapshot.submitted_at
        token = ResumeToken(
            task_id=tracker.task_id,
            model=model,
            submitted_at=submitted_at,
            base_url=self.base_url,
        )
        return str(token)

    def wait(
        self, tracker: TaskTracker, timeout: float | None, interval: float | None
    ) -> Flow[Snapshot]:
        """The flow that waits for a task, and records how long it took for later schedules.

        Raises ValueError if `timeout` is negative or `interval` is not in (0, 86400].
        """
        # `not >=` instead of `<`: NaN is invalid as well.
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout must be a number of seconds >= 0, or None, not {timeout!r}")
        if interval is not None and not 0 < interval <= MAX_INTERVAL:
            raise ValueError(
                f"interval must be a number of seconds > 0, at most a day, not {interval!r}"
            )
        expected = self.durations.expected(tracker.model) if interval is None else None
        tracker.schedule = evolve(tracker.schedule, expected=expected, interval=interval)
        return self._trace_and_record(tracker, timeout)

    def _trace_and_record(self, tracker: TaskTracker, timeout: float | None) -> Flow[Snapshot]:
        if tracker.snapshot is not None and tracker.snapshot.ended:
            # Nothing is sent: no span, and the duration has been recorded before.
            return (yield from wait(tracker, timeout))
        snapshot = yield from trace_wait(wait(tracker, timeout), tracker)
        if tracker.duration is not None:
            self.durations.record(tracker.model, tracker.duration)
        return snapshot


def _make_call(body: dict[str, Any]) -> Call[Any]:
    try:
        return video.submit_video_task(body=cast("Any", body))
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(
            f"the request was not sent: it cannot be encoded as JSON: {error}"
        ) from error
