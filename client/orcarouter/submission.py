"""Submitting a task: a flow that never makes two tasks of one call.

The service knows no idempotency key. A submission is sent again only when it surely never arrived (no connection) or
was surely refused for now (429), and then a bounded number of times. After anything else that is not a plain yes or no
its outcome is unknown, and that is what it says.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from orcarouter.clock import Clock
from orcarouter.errors import RateLimited, SubmissionUnknown, Unreachable
from orcarouter.redaction import brief
from orcarouter.refusals import envelope, made_no_task, parsed, refusal
from orcarouter.schedule import Backoff
from orcarouter.steps import Exchange, Flow, Reply, Sleep
from orcarouter.tasks import Snapshot, read_snapshot
from orcarouter_api import Call
from orcarouter_api.errors import ConnectionFailed, TransportError

__all__ = ["Patience", "submit"]

log = logging.getLogger("orcarouter")


@frozen(kw_only=True)
class Patience:
    """How long a submission that surely made no task is tried. Times are seconds."""

    connections: int = 3
    """How often a connection is tried."""
    limited: float = 120.0
    """How long to keep trying while the service answers 429."""
    timeout: float = 60.0
    """For each of connecting, sending, and waiting for more of the answer."""
    total: float = 300.0
    """For the whole of one exchange."""
    connecting: Backoff = field(factory=lambda: Backoff(first=0.5, most=4.0))
    """The pause after a connection that failed."""
    limiting: Backoff = field(factory=lambda: Backoff(first=2.0, most=60.0))
    """The pause after a 429, unless its Retry-After asks for a longer one (C11)."""


def submit(call: Call[Any], model: str, clock: Clock, patience: Patience) -> Flow[Snapshot]:
    """Sends a submission; gives the state of the new task.

    Raises Unreachable and Refused when no task was made, SubmissionUnknown when that is not known.
    """
    unconnected = limited = 0
    started = clock.monotonic()
    while True:
        sent_at = clock.unix()
        try:
            reply: Reply = yield Exchange(call, patience.timeout, patience.total)
        except ConnectionFailed as error:
            unconnected += 1
            if unconnected >= patience.connections:
                raise Unreachable(f"{brief(str(error))}. Nothing was submitted") from error
            yield Sleep(patience.connecting.delay(unconnected))
            continue
        except TransportError as error:
            raise _unknown(call, model, sent_at, brief(str(error))) from error
        except GeneratorExit:
            # The driver was interrupted between sending and receiving.
            log.warning("a submission to %s was interrupted: its outcome is unknown", model)
            raise
        if 200 <= reply.status < 300 and (snapshot := _accepted(reply, model, sent_at)):
            log.info("task %s: submitted to %s", snapshot.task_id, model)
            return snapshot
        if not made_no_task(reply):
            raise _unknown(call, model, sent_at, _what_came(reply), reply)
        refused = refusal(reply, "the submission")
        if not isinstance(refused, RateLimited):
            raise refused
        limited += 1
        # Never earlier than the service asks; it may ask for nothing, time and again.
        pause = max(patience.limiting.delay(limited), refused.retry_after or 0.0)
        if clock.monotonic() - started + pause > patience.limited:
            raise refused
        log.warning("the service is busy; submitting again in %.0f s", pause)
        yield Sleep(pause, shared=True)


def _accepted(reply: Reply, model: str, sent_at: float) -> Snapshot | None:
    """The new task; None for an answer that names none. Only an id is needed (C12)."""
    body = parsed(reply.content)
    task_id = _task_id(body) or (_task_id(body.get("data")) if isinstance(body, Mapping) else "")
    if not task_id:
        return None
    if isinstance(body, Mapping) and not body.get("status"):
        body = {**body, "status": "queued"}
    snapshot = read_snapshot(body, task_id)
    # The time is this machine's: the wait counts from it. A submission never ends a task.
    return Snapshot(
        task_id=task_id,
        state="running",
        status=snapshot.status,
        model=model or snapshot.model,
        progress=snapshot.progress,
        submitted_at=sent_at,
        raw=snapshot.raw,
    )


def _task_id(body: Any) -> str:
    if isinstance(body, Mapping):
        for key in ("task_id", "id"):
            value = body.get(key)
            if isinstance(value, str) and value.isprintable() and value.strip():
                return value.strip()
    return ""


def _what_came(reply: Reply) -> str:
    if 200 <= reply.status < 300:
        text = brief(reply.content[:400].decode("utf-8", "replace"), 120)
        return f"the answer {reply.status} names no task: {text!r}"
    found = envelope(reply.status, parsed(reply.content))
    text = f": {brief(found.message)}" if found and found.message else ""
    return f"the answer was HTTP {reply.status}{text}"


def _unknown(
    call: Call[Any], model: str, sent_at: float, why: str, reply: Reply | None = None
) -> SubmissionUnknown:
    content = call.body.content if call.body is not None else b""
    digest = hashlib.sha256(content).hexdigest()
    when = datetime.fromtimestamp(sent_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return SubmissionUnknown(
        f"a submission to {model} of {when} may or may not have been accepted: {why}. "
        "Look for it in the console of the service before you submit it again: a second task costs again",
        model=model,
        submitted_at=sent_at,
        digest=digest,
        status=reply.status if reply is not None else None,
        request_id=reply.request_id if reply is not None else None,
    )
