"""What the blocking and the asyncio client share: everything but the driver."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from attrs import evolve, field, frozen

from orcarouter.clock import Clock
from orcarouter.errors import ConfigurationError, RequestInvalid
from orcarouter.media import with_files_inlined
from orcarouter.polling import Watch, wait
from orcarouter.schedule import Backoff, Durations, Schedule
from orcarouter.steps import Flow
from orcarouter.submission import Patience, submit
from orcarouter.tasks import Snapshot
from orcarouter.telemetry import traced
from orcarouter.tokens import ResumeToken
from orcarouter.urls import is_local, origin
from orcarouter_api.api import video

if TYPE_CHECKING:
    from orcarouter_api.models import VideoRequest

__all__ = ["CheckMode", "Core", "Request"]

log = logging.getLogger("orcarouter")

LONGEST_INTERVAL = 86_400.0

CheckMode = Literal["strict", "warn", "off"]
Request: TypeAlias = "VideoRequest | Mapping[str, Any]"


@frozen(kw_only=True)
class Core:
    """The settings of a client, and the flows that they make. Times are seconds."""

    base_url: str
    clock: Clock
    request_timeout: float
    patience: Patience
    allow_private: bool | None = None
    """Whether files may come from addresses that are not public; None: if the API itself is on this machine."""
    durations: Durations = field(factory=Durations)
    lookup_backoff: Backoff = field(factory=Backoff)

    @property
    def private_files(self) -> bool:
        return is_local(self.base_url) if self.allow_private is None else self.allow_private

    def body(self, request: Request | None, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON body of a submission: a request, fields instead of it or on top of it, files inlined.

        Raises RequestInvalid.
        """
        if request is None:
            given: Mapping[str, Any] = {}
        else:
            given = request if isinstance(request, Mapping) else request.to_dict()
        plain = {key: _plain(value) for key, value in {**given, **fields}.items()}
        inlined: dict[str, Any] = with_files_inlined(plain)
        return inlined

    def submission(self, body: dict[str, Any], check: CheckMode) -> Flow[Snapshot]:
        """The flow that submits a body.

        Raises RequestInvalid for one that the check refuses, or that JSON cannot write.
        """
        self.approve(body, check)
        try:
            call = video.submit_video_task(body=cast("Any", body))
        except (TypeError, ValueError) as error:
            raise RequestInvalid(f"the request was not sent: it is no JSON: {error}") from error
        return submit(call, str(body.get("model") or ""), self.clock, self.patience)

    def approve(self, body: Mapping[str, Any], check: CheckMode) -> None:
        """Hold a body against the capability map.

        Raises RequestInvalid when `check` is `strict` and there are errors.
        """
        if check not in ("strict", "warn", "off"):
            raise ValueError(f"check is strict, warn or off, not {check!r}")
        if check == "off":
            return
        from orcarouter.capabilities import check as look_up

        findings = look_up(body)
        if findings.errors and check == "strict":
            listed = "; ".join(str(found) for found in findings.errors)
            raise RequestInvalid(f"the request was not sent: {listed}", findings)
        for found in findings:
            log.log(logging.INFO if found.level == "note" else logging.WARNING, "check: %s", found)

    def watch(self, token: ResumeToken, snapshot: Snapshot | None = None) -> Watch:
        """What is known of a task before anything is asked.

        Raises ConfigurationError for a task of another service.
        """
        if token.base_url and origin(token.base_url) != origin(self.base_url):
            raise ConfigurationError(
                f"the task was submitted to {origin(token.base_url)}, this client speaks to {origin(self.base_url)}"
            )
        watch = Watch(
            task_id=token.task_id,
            clock=self.clock,
            schedule=Schedule(),
            backoff=self.lookup_backoff,
            model=token.model,
            submitted_at=token.submitted_at,
            request_timeout=self.request_timeout,
        )
        if snapshot is not None:
            watch.saw(snapshot)
        return watch

    def token(self, watch: Watch) -> str:
        """The resume token of a task."""
        submitted_at = watch.submitted_at
        if submitted_at is None and watch.snapshot is not None:
            submitted_at = watch.snapshot.submitted_at
        token = ResumeToken(
            task_id=watch.task_id,
            model=watch.model or (watch.snapshot.model if watch.snapshot is not None else ""),
            submitted_at=submitted_at,
            base_url=self.base_url,
        )
        return str(token)

    def waiting(
        self, watch: Watch, timeout: float | None, interval: float | None
    ) -> Flow[Snapshot]:
        """The flow that waits for a task, and learns from it how long its model takes."""
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout is a number of seconds from 0, or None, not {timeout!r}")
        if interval is not None and not 0 < interval <= LONGEST_INTERVAL:
            raise ValueError(
                f"interval is a number of seconds, more than 0 and at most a day, not {interval!r}"
            )
        expected = self.durations.expected(watch.model) if interval is None else None
        watch.schedule = evolve(watch.schedule, expected=expected, interval=interval)
        return self._learning(watch, timeout)

    def _learning(self, watch: Watch, timeout: float | None) -> Flow[Snapshot]:
        if watch.snapshot is not None and watch.snapshot.ended:
            return (
                yield from wait(watch, timeout)
            )  # known already: nothing to trace, nothing to learn
        snapshot = yield from traced(wait(watch, timeout), watch)
        if watch.took is not None:
            self.durations.saw(watch.model, watch.took)
        return snapshot


def _plain(value: Any) -> Any:
    """A model of the generated client as the JSON object that it stands for."""
    return value.to_dict() if hasattr(value, "to_dict") else value
