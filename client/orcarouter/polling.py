"""The wait for a task, and a single lookup: flows without I/O.

Two policies, kept apart. *Not done yet* is answered by the schedule. *The lookup failed* is answered by a pause and
another lookup, until the deadline: an outage costs time and never the task. What ends a wait early is the service
saying, in its own words, that the key or the task is not good.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

from attrs import define, evolve, field, frozen

from orcarouter.clock import Clock
from orcarouter.errors import (
    LookupFailed,
    OrcaRouterError,
    RateLimited,
    Refused,
    TaskError,
    TaskFailed,
    TaskNotFound,
    Unreachable,
    WaitTimeout,
)
from orcarouter.redaction import brief
from orcarouter.refusals import envelope, parsed, refusal, retry_after
from orcarouter.schedule import Backoff, Schedule, progress_of
from orcarouter.steps import Event, Exchange, Flow, Reply, Report, Sleep
from orcarouter.tasks import STATES, Moment, Snapshot, Unreadable, read_snapshot
from orcarouter_api.api import video
from orcarouter_api.errors import ConnectionFailed, TransportError

__all__ = ["Trouble", "Watch", "exchange", "look", "wait"]

log = logging.getLogger("orcarouter")

_FINAL = frozenset({400, 401, 402, 403, 404, 410, 422})  # to a lookup; all else may pass
_BELIEVED = 3  # times in a row that a refusal comes in words not the service's own before it counts
_LAST_LOOK = 2.0  # seconds before the deadline at which a task is looked at a last time
_LEAST = 1.0  # seconds that a request gets at least
_MOMENTS = 200  # entries of a timeline


@frozen
class Trouble:
    """A lookup that gave no state."""

    error: OrcaRouterError
    final: bool
    """Whether asking again is pointless."""
    pause: float | None = None
    """What the service asks to wait before the next request, in seconds."""
    missing: bool = False
    """Whether the service says that there is no such task."""


@define(kw_only=True)
class Watch:
    """What is known of a task that is being waited for. Times are seconds."""

    task_id: str
    clock: Clock
    schedule: Schedule
    backoff: Backoff = field(factory=Backoff)
    model: str = ""
    submitted_at: float | None = None
    """Unix time; None when it is not known."""
    request_timeout: float = 60.0
    snapshot: Snapshot | None = None
    timeline: list[Moment] = field(factory=list)
    took: float | None = None
    """From submission to end, by the service's own clock; None where it does not say."""
    hint: float | None = None
    """When the service, at the last look, asked to be looked at again."""
    _start: float = field(init=False, default=0.0)
    _progress: float = field(init=False, default=0.0)
    _warned: set[str] = field(init=False, factory=set)

    def __attrs_post_init__(self) -> None:
        self._start = self.clock.monotonic()
        if self.submitted_at is not None:
            self._start -= max(0.0, self.clock.unix() - self.submitted_at)

    @property
    def elapsed(self) -> float:
        """Since the submission where its time is known, else since the wait began."""
        return self.clock.monotonic() - self._start

    def saw(self, snapshot: Snapshot) -> bool:
        """Take up a state; True when the status word is a new one."""
        changed = self.snapshot is None or self.snapshot.status != snapshot.status
        previous = self.snapshot.status if self.snapshot is not None else None
        self.snapshot = snapshot
        if changed or (self.timeline and self.timeline[-1].state is None):
            self._note(Moment(self.clock.unix(), brief(snapshot.status, 60), snapshot.state))
        if changed:
            word = brief(snapshot.status, 60)
            log.info(
                "task %s: %s%s",
                self.task_id,
                word,
                f" (was {brief(previous, 60)})" if previous else "",
            )
            if snapshot.status.strip().casefold() not in STATES and word not in self._warned:
                self._warned.add(word)
                log.warning("task %s: unknown status %r; waiting on", self.task_id, word)
        return changed

    def failed(self, trouble: Trouble) -> None:
        """Take up a lookup that failed."""
        error = trouble.error
        # Without the request id, which is another one each time.
        text = f"HTTP {error.status}" if isinstance(error, Refused) else str(error)
        if not self.timeline or self.timeline[-1].status != text:
            self._note(Moment(self.clock.unix(), text))
            log.warning("task %s: lookup failed: %s", self.task_id, text)

    def _note(self, moment: Moment) -> None:
        if len(self.timeline) >= _MOMENTS:
            del self.timeline[1]  # the first says when it began
        self.timeline.append(moment)

    def event(
        self,
        kind: Literal["status", "trouble", "end"],
        *,
        changed: bool = False,
        trouble: str = "",
        next_look: float | None = None,
    ) -> Event:
        """What to tell about it now."""
        snapshot = self.snapshot
        if snapshot is not None and snapshot.state == "succeeded":
            self._progress = 1.0
        elif snapshot is not None:
            now = progress_of(self.elapsed, self.schedule.expected, snapshot.progress)
            self._progress = max(self._progress, now)
        return Event(
            kind=kind,
            task_id=self.task_id,
            snapshot=snapshot,
            changed=changed,
            elapsed=self.elapsed,
            progress=self._progress,
            trouble=trouble,
            next_look=next_look,
        )

    def error(
        self, kind: type[TaskError], message: str, reason: OrcaRouterError | None = None
    ) -> TaskError:
        """An error about the task, with all that is known of it."""
        advice = _ADVICE[kind]
        return kind(
            f"task {self.task_id}: {message}. {advice}",
            task_id=self.task_id,
            snapshot=self.snapshot,
            timeline=self.timeline,
            reason=reason,
            advice=advice,
        )


_ADVICE: Mapping[type[TaskError], str] = {
    TaskFailed: "The service is said to give back the credit that it held for a failed task",
    TaskNotFound: "Check the id and the account; if it was a task, its record has expired",
    WaitTimeout: "Nothing has ended: wait for it again, by its id; do not submit it again",
    LookupFailed: "The task is not affected: wait for it again, by its id; do not submit it again",
}


def exchange(request: Exchange) -> Flow[Reply]:
    """Sends a call that may be sent twice: once more at once when an idle connection turned out to be closed."""
    try:
        reply: Reply = yield request
    except TransportError as error:
        if error.timeout:
            raise
        reply = yield request
    return reply


def look(watch: Watch, timeout: float | None = None) -> Flow[Snapshot | Trouble]:
    """Looks once, on the path that the reference names (C1); `timeout` shortens the request's own, in seconds."""
    seconds = watch.request_timeout
    if timeout is not None:
        seconds = min(seconds, max(_LEAST, timeout))
    call = video.get_video_task(watch.task_id)
    try:
        reply = yield from exchange(Exchange(call, seconds, seconds))
    except (ConnectionFailed, TransportError) as error:
        return Trouble(Unreachable(brief(str(error))), final=False)
    return _judged(watch, reply)


def _judged(watch: Watch, reply: Reply) -> Snapshot | Trouble:
    body = parsed(reply.content)
    watch.hint = retry_after(reply)
    if 200 <= reply.status < 300:
        try:
            snapshot = read_snapshot(body, watch.task_id, model=watch.model)
        except Unreadable:
            if envelope(reply.status, body) is None:
                kind = reply.header("content-type").partition(";")[0] or "no content"
                text = f"an answer that says nothing about the task ({brief(kind, 60)})"
                return Trouble(Unreachable(text), final=False, pause=watch.hint)
        else:
            if snapshot.submitted_at is None:
                return evolve(snapshot, submitted_at=watch.submitted_at)
            if snapshot.finished_at is not None:
                watch.took = snapshot.finished_at - snapshot.submitted_at
            return snapshot
    found = envelope(reply.status, body)
    refused = refusal(reply, "the lookup")
    if found is not None and (reply.status in (404, 410) or found.code == "task_not_exist"):
        return Trouble(refused, final=True, missing=True)
    if reply.status >= 500:
        text = f"HTTP {reply.status}" + (f": {brief(found.message)}" if found else "")
        return Trouble(Unreachable(text), final=False, pause=watch.hint)
    return Trouble(refused, final=reply.status in _FINAL and found is not None, pause=watch.hint)


def look_or_raise(watch: Watch) -> Flow[Snapshot]:
    """Looks once.

    Raises TaskNotFound, LookupFailed.
    """
    seen = yield from look(watch)
    if isinstance(seen, Trouble):
        watch.failed(seen)
        raise _ended_by(watch, seen)
    watch.saw(seen)
    return seen


def _ended_by(watch: Watch, trouble: Trouble) -> TaskError:
    if trouble.missing:
        return watch.error(TaskNotFound, "the service knows no such task", trouble.error)
    return watch.error(LookupFailed, str(trouble.error), trouble.error)


def wait(watch: Watch, timeout: float | None) -> Flow[Snapshot]:
    """Waits until the task has ended; gives its last state.

    `timeout` is in seconds from now, None for ever. Raises TaskFailed, TaskNotFound, LookupFailed, WaitTimeout.
    """
    clock = watch.clock
    deadline = float("inf") if timeout is None else clock.monotonic() + timeout
    reserve = _LAST_LOOK if timeout is None else min(_LAST_LOOK, timeout / 10)
    failures = refusals = 0
    if watch.snapshot is not None and watch.snapshot.ended:
        return _result(watch, watch.snapshot)
    delay = 0.0 if watch.submitted_at is None else watch.schedule.first(watch.elapsed)
    shared = last = False
    while True:
        remaining = deadline - clock.monotonic()
        if delay >= remaining:
            delay, last = max(0.0, remaining - reserve), True
        if delay > 0:
            yield Sleep(delay, shared)
        seen = yield from look(watch, deadline - clock.monotonic())
        shared = False
        if isinstance(seen, Snapshot):
            failures = refusals = 0
            changed = watch.saw(seen)
            if seen.ended:
                yield Report(watch.event("end", changed=changed))
                return _result(watch, seen)
            delay = watch.hint or watch.schedule.delay(watch.elapsed)
            yield Report(watch.event("status", changed=changed, next_look=delay))
        else:
            failures += 1
            refusals = refusals + 1 if _refuses(seen) else 0
            watch.failed(seen)
            if seen.final or refusals >= _BELIEVED:
                yield Report(watch.event("end", trouble=str(seen.error)))
                raise _ended_by(watch, seen)
            delay = max(watch.backoff.delay(failures), seen.pause or 0.0)
            shared = isinstance(seen.error, RateLimited)
            yield Report(watch.event("trouble", trouble=str(seen.error), next_look=delay))
        if last or clock.monotonic() >= deadline:
            raise _too_late(watch, timeout or 0.0)


def _refuses(trouble: Trouble) -> bool:
    return isinstance(trouble.error, Refused) and trouble.error.status in _FINAL


def _result(watch: Watch, snapshot: Snapshot) -> Snapshot:
    if snapshot.state == "failed":
        why = brief(snapshot.failure or "") or "the service gives no reason"
        code = f" ({brief(snapshot.failure_code, 60)})" if snapshot.failure_code else ""
        raise watch.error(TaskFailed, f"failed: {why}{code}")
    return snapshot


def _too_late(watch: Watch, timeout: float) -> TaskError:
    snapshot = watch.snapshot
    state = "its state was never told"
    if snapshot is not None:
        unknown = snapshot.status.strip().casefold() not in STATES
        state = f"it was {'in the unknown state ' if unknown else ''}{brief(snapshot.status, 60)}"
    if watch.timeline and watch.timeline[-1].state is None:
        state += f", and the last lookup failed: {watch.timeline[-1].status}"
    return watch.error(WaitTimeout, f"stopped waiting after {timeout:.0f} s; {state}")
