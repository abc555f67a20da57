"""Spans of waits for tasks, where opentelemetry-api is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, frozen

from .polling import Flow, Send, Sleep

if TYPE_CHECKING:
    from .base_task import BaseTask

V = TypeVar("V")

PACKAGE = __name__.partition("._runtime")[0]


@frozen(kw_only=True)
class SpanDetails:
    """What a span says: the names of the tracer and of the span, its attributes, and what its events' begin with."""

    name: str
    attributes: Mapping[str, Any] = field(factory=dict[str, Any])
    prefix: str = "task."
    tracer: str = PACKAGE


def _load_trace() -> Any:
    """The module `trace` of opentelemetry-api; None if it is not installed."""
    api: Any = None
    if not TYPE_CHECKING:  # which would report that it is not installed
        try:
            from opentelemetry import trace as api
        except ModuleNotFoundError:
            pass
    return api


def trace_flow(flow: Flow[V], task: BaseTask[Any], details: SpanDetails) -> Flow[V]:
    """Runs a wait inside a span, from the start of the task if its time is known to its end.

    Changes of the status and failed lookups are events of the span; an exception sets its status.
    """
    trace = _load_trace()
    if trace is None:
        return (yield from flow)
    started_at, prefix = task.started_at, details.prefix
    span = trace.get_tracer(details.tracer).start_span(
        details.name,
        start_time=None if started_at is None else int(started_at * 1e9),  # nanoseconds
        attributes=dict(details.attributes),
    )
    # Not `yield from`: events of the inner flow are added to the span on their way out.
    try:
        step = next(flow)
        while True:
            if not isinstance(step, (Send, Sleep)):
                if step.error:
                    text = task.quote(step.error, 300)
                    span.add_event("lookup failed", {f"{prefix}error": text})
                elif step.changed:
                    status = task.quote(task.status, 60)
                    span.add_event("status", {f"{prefix}status": status})
            try:
                result = yield step
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        value: V = end.value
        return value
    except task.ERRORS as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(trace.StatusCode.ERROR, task.quote(str(error), 300))
        raise
    finally:
        flow.close()
        span.end()
