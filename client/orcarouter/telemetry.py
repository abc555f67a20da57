"""One OpenTelemetry span for each wait for a task, if opentelemetry-api is installed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from orcarouter.errors import OrcaRouterError
from orcarouter.polling import Watch
from orcarouter.redaction import brief
from orcarouter.steps import Event, Flow, Report
from orcarouter.tasks import Snapshot

__all__ = ["traced"]


@cache
def _api() -> Any:
    try:
        return import_module("opentelemetry.trace")
    except ModuleNotFoundError:
        return None


def traced(flow: Flow[Snapshot], watch: Watch) -> Flow[Snapshot]:
    """The same flow under a span: from the submission, where its time is known, to the end of the wait.

    Changes of the status and failed lookups are events of the span; an error is its status.
    """
    api = _api()
    if api is None:
        return (yield from flow)
    started = None if watch.submitted_at is None else int(watch.submitted_at * 1e9)
    span = api.get_tracer("orcarouter").start_span(
        "orcarouter.video_task",
        start_time=started,
        attributes={"orcarouter.task_id": watch.task_id, "orcarouter.model": watch.model},
    )
    try:
        step = next(flow)
        while True:
            if isinstance(step, Report):
                _tell(span, step.event)
            try:
                result = yield step
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as done:
        snapshot: Snapshot = done.value
        return snapshot
    except OrcaRouterError as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(api.StatusCode.ERROR, brief(str(error)))
        raise
    finally:
        flow.close()
        span.end()


def _tell(span: Any, event: Event) -> None:
    if event.trouble:
        span.add_event("lookup failed", {"orcarouter.trouble": brief(event.trouble)})
    elif event.changed and event.snapshot is not None:
        span.add_event("status", {"orcarouter.status": brief(event.snapshot.status, 60)})
