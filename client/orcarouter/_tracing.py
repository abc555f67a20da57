"""An OpenTelemetry span for each wait, if opentelemetry-api is installed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from orcarouter._flows.polling import TaskTracker
from orcarouter._http.redaction import one_line
from orcarouter._io.effects import Emit, Event, Flow
from orcarouter.errors import OrcaRouterError
from orcarouter.task import Snapshot

__all__ = ["trace_wait"]


@cache
def _import_opentelemetry() -> Any:
    try:
        return import_module("opentelemetry.trace")
    except ModuleNotFoundError:
        return None


def trace_wait(flow: Flow[Snapshot], tracker: TaskTracker) -> Flow[Snapshot]:
    """Run a wait's flow inside a span, from the submission if its time is known to its end.

    Status changes and failed lookups are events of the span; an exception sets its status.
    """
    trace = _import_opentelemetry()
    if trace is None:
        return (yield from flow)
    submitted_at = tracker.submitted_at
    span = trace.get_tracer("orcarouter").start_span(
        "orcarouter.video_task",
        start_time=None if submitted_at is None else int(submitted_at * 1e9),  # nanoseconds
        attributes={"orcarouter.task_id": tracker.task_id, "orcarouter.model": tracker.model},
    )
    # Not `yield from`: events of the inner flow are added to the span on their way out.
    try:
        effect = next(flow)
        while True:
            if isinstance(effect, Emit):
                _add_event(span, effect.event)
            try:
                result = yield effect
            except Exception as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as end:
        snapshot: Snapshot = end.value
        return snapshot
    except OrcaRouterError as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(trace.StatusCode.ERROR, one_line(str(error)))
        raise
    finally:
        flow.close()
        span.end()


def _add_event(span: Any, event: Event) -> None:
    if event.error:
        span.add_event("lookup failed", {"orcarouter.error": one_line(event.error)})
    elif event.changed and event.snapshot is not None:
        span.add_event("status", {"orcarouter.status": one_line(event.snapshot.status, 60)})
